# triage

triage-no-terminal = duyet triage needs a terminal. In scripts, use duyet queue, approve, reject, spam.
triage-too-small = The window is too small: { $columns } columns and { $rows } lines are needed.
triage-summary =
    { $decided } comments in { $time } ({ $rate } per minute): { $approved } approved, { $rejected } rejected, { $spam } spam. Colleagues were first: { $conflicts }.
triage-summary-minutes = { $minutes } min
triage-summary-seconds = { $seconds } s
triage-unsent = { $count } not sent to the server.
triage-ended = This cannot go on.

# triage: the bar

triage-waiting = Waiting { $count }
triage-many-waiting = Waiting: over 1000
triage-decided = You { $count } ({ $rate }/min)
triage-conflicts = Conflicts { $count }
triage-ready = Ready { $count }
triage-connected = connected
triage-sending = sending { $count }
triage-connection-lost = CONNECTION LOST
triage-connection-lost-unsent = CONNECTION LOST, { $count } unsent

# triage: a comment

triage-about = { $at } · score { $score } · { $status } (revision { $revision })
triage-due-authority = An authority demands removal: decide before { $at }
triage-late-authority = OVERDUE: an authority demanded removal by { $at }
triage-due-complaint = A complaint demands removal: decide before { $at }
triage-late-complaint = OVERDUE: a complaint demanded removal by { $at }
triage-reports = Reported { $total } times, { $open } not looked at ({ $counts })
triage-claim-lost = You no longer hold this comment: a colleague may be at it
triage-history = This author: { $approved } approved, { $refused } rejected, { $spam } spam, { $pending } pending
triage-same-text = { $count } with the same text
triage-answers = ↳ answers { $text }
triage-noted-by = Note by { $actor }: { $text }
triage-held = Why it was held ({ $count })
triage-no-findings = Nothing suspicious was found.
triage-content = Text
triage-content-part = Text, lines { $first }–{ $last } of { $total }

# triage: without a comment

triage-empty = Nothing waits for review. New comments will appear by themselves.
triage-empty-claimed = Colleagues hold the rest. New comments will appear by themselves.
triage-empty-loading = Fetching comments…
triage-empty-away = The connection to the server is lost. Trying again…

# triage: messages

triage-approved = Approved: { $author }
triage-rejected = Rejected: { $author }
triage-marked-spam = Marked as spam: { $author }
triage-skipped = Skipped; it will come again.
triage-nothing-else = There is no other comment.
triage-undone = Undone: { $author }
triage-ban-undone = The ban is reverted.
triage-ban-partly-undone = The ban is reverted, but { $count } comments stay as they are: they were changed since.
triage-nothing-to-undo = Nothing of this session is left to undo.
triage-not-undone = Not undone: { $why }
triage-conflict = { $author }: { $actor } was first, “{ $status }” at { $at }. Your decision was not applied.
triage-decision-failed = { $author }: the server did not take the decision. { $why }
triage-lost = A colleague took or decided a comment that you held.
triage-end-unseen = The end of this comment was not on the screen. Read on with ↓ or PgDn, or press again to decide without it.
triage-changed = A colleague changed this comment: it is shown as it stands now. Read it again.
triage-just-changed = The comment has just changed. Read it, then press again.
triage-no-comment = There is no comment on the screen.
triage-unknown-key = This key does nothing here. Press ? for the keys.
triage-input-method = An input method seems to be on. Switch it off and press again.
triage-pasted = Pasted text is not taken here.
triage-close-first = Press Esc to go back to the comment first.
triage-noted = Noted.
triage-note-empty = Type something, or press Esc to cancel.
triage-note-failed = The server did not take the note: { $why }
triage-banning = Banning: { $author }
triage-banned = Banned; { $count } comments were rejected or removed with it.
triage-ban-failed = Not banned: { $why }
triage-ban-needs-reason = A ban needs a reason.
triage-away = Connection lost: { $why } Go on; decisions will be sent later.
triage-back = Connected again; sending { $count }.
triage-leaving = Giving back what is still held…

# triage: below

triage-why-reject = Why:
triage-ask-why = Why:
triage-ask-note = Note:
triage-quit-unsent = { $count } not sent yet; this ends as soon as they are. Leaving now may lose them.
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
triage-ban-pending = reject what waits
triage-ban-published = remove what is public
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

# triage: what is read

triage-part-article = Article
triage-part-held = Why it was held
triage-part-reports = Reports by readers
triage-part-decisions = Decisions
triage-part-notes = Notes
triage-part-answered = The comment answered
triage-part-siblings = Comments with the same text
triage-part-author = Other comments by this author
triage-part-log = Log of this session
triage-part-keys = Keys
triage-log-empty = No conflicts and no trouble in this session.
triage-help-approve = approve
triage-help-reject = reject, then choose the reason by its digit
triage-help-spam = mark as spam
triage-help-skip = skip; it comes again later
triage-help-undo = undo the last thing done; again for the one before
triage-help-ban = ban the sender
triage-help-note = write a note for colleagues
triage-help-history = the author's history, the same text elsewhere, decisions, notes
triage-help-log = conflicts and trouble of this session
triage-help-address = show or hide the article's address
triage-help-lines = scroll by lines
triage-help-pages = scroll by pages
triage-help-back = one step back
triage-help-quit = quit
triage-help-redraw = draw the screen again
triage-help-input-method = Capital letters mean what small ones do. Switch Vietnamese input off for the review, and on for notes.
