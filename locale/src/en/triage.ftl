# triage

triage-no-terminal = duyet triage needs a terminal. In scripts, use duyet queue, approve, reject, spam.
triage-too-small = The window is too small: { $columns } columns and { $rows } lines are needed.
triage-summary =
    { $decided } comments in { $time } ({ $rate } per minute): { $approved } approved, { $rejected } rejected, { $spam } spam. Colleagues were first: { $conflicts }.
triage-summary-minutes = { $minutes } min
triage-summary-seconds = { $seconds } s
triage-unsent = { $count } not sent to the server.
triage-ended = The session cannot continue.

# triage: the status bar

triage-waiting = Waiting { $count }
triage-many-waiting = Waiting: over 1,000
triage-decided = You { $count } ({ $rate }/min)
triage-conflicts = Conflicts { $count }
triage-ready = Ready { $count }
triage-connected = connected
triage-sending = sending { $count }
triage-connection-lost = CONNECTION LOST
triage-connection-lost-unsent = CONNECTION LOST, { $count } unsent

# triage: a comment

triage-about = { $at } · score { $score } · { $status } (revision { $revision })
triage-due-authority = Takedown demanded by an authority: decide before { $at }
triage-late-authority = OVERDUE: takedown demanded by an authority, due { $at }
triage-due-complaint = Takedown demanded by a complaint: decide before { $at }
triage-late-complaint = OVERDUE: takedown demanded by a complaint, due { $at }
triage-reports = { $total } reports, { $open } not looked at ({ $counts })
triage-claim-lost = You no longer hold the claim on this comment: a colleague may be reviewing it
triage-history = This author: { $approved } approved, { $refused } rejected, { $spam } spam, { $pending } pending
triage-same-text = { $count } comments with the same text
triage-answers = ↳ in reply to { $text }
triage-noted-by = Note by { $actor }: { $text }
triage-held = Why it was held ({ $count })
triage-no-findings = There are no findings.
triage-content = Text
triage-content-part = Text, lines { $first }–{ $last } of { $total }

# triage: without a comment

triage-empty = No comments wait for review. New comments will appear automatically.
triage-empty-claimed = Colleagues have claimed the remaining comments. New comments will appear automatically.
triage-empty-loading = Fetching comments…
triage-empty-away = The connection to the server is lost. Reconnecting…

# triage: messages

triage-approved = Approved: { $author }
triage-rejected = Rejected: { $author }
triage-marked-spam = Marked as spam: { $author }
triage-skipped = Skipped; the comment will return later.
triage-nothing-else = There is no other comment.
triage-undone = Undone: { $author }
triage-ban-undone = The ban is reverted.
triage-ban-partly-undone = The ban is reverted, but { $count } comments stay as they are: they changed since.
triage-nothing-to-undo = This session has nothing left to undo.
triage-not-undone = Not undone: { $why }
triage-conflict = { $author }: { $actor } decided first, “{ $status }” at { $at }. Your decision was not applied.
triage-decision-failed = { $author }: the server did not accept the decision. { $why }
triage-lost = A colleague claimed or decided a comment that you held.
triage-end-unseen = You have not seen the end of this comment. Scroll with ↓ or PgDn, or press again to decide anyway.
triage-changed = A colleague changed this comment; the new state is shown. Read it again.
triage-just-changed = The comment has just changed. Read it, then press again.
triage-no-comment = There is no comment on the screen.
triage-unknown-key = This key does nothing here. Press ? for the keys.
triage-input-method = An input method seems to be on. Switch it off and press again.
triage-pasted = Pasted text is not accepted here.
triage-close-first = Press Esc to go back to the comment first.
triage-noted = Noted.
triage-note-empty = Type a note, or press Esc to cancel.
triage-note-failed = The server did not accept the note: { $why }
triage-banning = Banning: { $author }
triage-banned = Banned; { $count } comments were rejected or removed along with it.
triage-ban-failed = Not banned: { $why }
triage-ban-needs-reason = A ban needs a reason.
triage-away = Connection lost: { $why } You can go on; decisions will be sent later.
triage-back = Reconnected; sending { $count }.
triage-leaving = Releasing the claimed comments…

# triage: menus, forms and keys

triage-why-reject = Reason:
triage-ask-why = Reason:
triage-ask-note = Note:
triage-quit-unsent = { $count } not sent yet; the session ends when they are. Leaving now may lose them.
triage-ban-title = Ban the sender: { $author }
triage-ban-device = device
triage-ban-prefix = address range
triage-ban-text = this text
triage-ban-author = author
triage-ban-block = block
triage-ban-hold = hold
triage-ban-day = 1 day
triage-ban-week = 7 days
triage-ban-month = 30 days
triage-ban-no-reason = choose a reason
triage-ban-pending = reject pending comments
triage-ban-published = remove published comments
triage-key-approve = approve
triage-key-reject = reject
triage-key-spam = spam
triage-key-skip = skip
triage-key-undo = undo
triage-key-ban = ban
triage-key-history = history
triage-key-note = note
triage-key-quit = quit
triage-key-help = keys
triage-key-reason = reason
triage-key-confirm = confirm
triage-key-cancel = cancel
triage-key-scroll = scroll
triage-key-close = back
triage-key-leave = leave now
triage-key-stay = stay

# triage: panes

triage-part-article = Article
triage-part-held = Why it was held
triage-part-reports = Reports by readers
triage-part-decisions = Decisions
triage-part-notes = Notes
triage-part-answered = In reply to
triage-part-siblings = Comments with the same text
triage-part-author = Other comments by this author
triage-part-log = Log of this session
triage-part-keys = Keys
triage-log-empty = This session has no conflicts and no failures.
triage-help-approve = approve
triage-help-reject = reject, then choose the reason by its digit
triage-help-spam = mark as spam
triage-help-skip = skip; the comment returns later
triage-help-undo = undo the last decision; press again for the one before
triage-help-ban = ban the sender
triage-help-note = write a note for colleagues
triage-help-history = author's history, comments with the same text, decisions, notes
triage-help-log = conflicts and failures of this session
triage-help-address = show or hide the article's address
triage-help-lines = scroll by lines
triage-help-pages = scroll by pages
triage-help-back = one step back
triage-help-quit = quit
triage-help-redraw = redraw the screen
triage-help-input-method = Upper and lower case keys are the same. Switch Vietnamese input off for the review, and on for notes.
