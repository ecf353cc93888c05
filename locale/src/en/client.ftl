# commands

cli-error = Error:
cli-token-as-argument = The client does not accept a token on the command line, where other users of this machine can read it. Use DUYET_TOKEN_FILE or DUYET_TOKEN, or pass it on stdin: duyet login < token-file
cli-token-unreadable = The access token contains characters that are not valid in a token.
cli-token-file = Cannot read the token file { $path }: { $error }
cli-no-token = There is no access token. Run duyet login, or set DUYET_TOKEN_FILE or DUYET_TOKEN.
cli-no-home = The client found no home directory to store the login in.
cli-login-ask = Access token for { $addr }:
cli-login-empty = No access token was given. Pass it on stdin: duyet login < token-file
cli-login-done = Logged in at { $addr }; the login is stored in { $path }.
cli-login-elsewhere = The stored login belongs to another server and is not sent to { $addr }. Run duyet login --addr { $addr }.
cli-login-not-written = Cannot write the login file { $path }: { $error }
cli-login-not-read = Cannot read the login file { $path }: { $error }
cli-token-file-not-private = Others can read the token file { $path }. Run chmod 600 { $path }.
cli-login-not-private = Others can read the login file { $path }. Run chmod 600 { $path } and try again.
cli-unreachable = Cannot reach the server at { $addr }. Is it running?
cli-too-slow =
    { $seconds ->
        [one] The server at { $addr } did not answer within { $seconds } second.
       *[other] The server at { $addr } did not answer within { $seconds } seconds.
    }
cli-bad-address = The address { $addr } is not valid. For example: http://127.0.0.1:50051
cli-no-tls = TLS cannot be set up: { $error }
cli-conflict = { $actor } moved this comment to “{ $status }” at { $at }. Your decision was not applied.
cli-decided = { $id }: { $status }
cli-already = { $id }: was already “{ $status }” ({ $actor }, { $at })
cli-not-tried =
    { $count ->
        [one] { $count } comment was not processed.
       *[other] { $count } comments were not processed.
    }
cli-one-revision = Use --revision with one comment only.
cli-article-changed = { $article }: { $mode } (revision { $revision })
cli-queue-empty = No comments match.
cli-author-unknown = No comments exist by an author with the key { $author }.
cli-article-by-id = Name an article by its id, not by its title.
cli-close-new = To close an article before its first comment, add --new.
cli-nearest = Did you mean one of these? { $nearest }
cli-queue-none-yet = No match so far: part of the queue has not been searched yet.
cli-queue-count =
    { $total ->
        [1001] Showing { $shown } of more than 1,000 comments.
       *[other] Showing { $shown } of { $total } comments.
    }
cli-next-page = Next page: add --page-token { $token }
cli-audit-empty = No audit entries match.
cli-actor-unknown = The audit log has no entries by { $actor }.
cli-audit-unknown = The audit log has no such batch or ban.
cli-age-minutes = { $count } min
cli-age-hours = { $count } h
cli-age-days = { $count } d
cli-column-id = Id
cli-column-age = Age
cli-column-author = Author
cli-column-text = Text
cli-column-score = Score
cli-column-rules = Findings
cli-column-at = At
cli-column-actor = Who
cli-column-change = What
cli-column-about = About
cli-column-why = Why
cli-fact-id = Comment
cli-fact-status = Status
cli-fact-article = Article
cli-fact-sent = Sent
cli-fact-author = Author
cli-fact-history = History
cli-fact-same-text = Same text
cli-fact-score = Spam score
cli-fact-title = Title
cli-status-revision = { $status } (revision { $revision })
cli-reviewed = reviewed
cli-not-reviewed = not reviewed yet
cli-history = { $author }: { $approved } approved, { $refused } rejected, { $spam } spam, { $pending } pending
cli-held = Why it was held
cli-decisions = Decisions
cli-overrule = To decide differently, add --revision { $revision }.
cli-past-time = This time is in the past. Choose a time in the future.
cli-left = { $time } left
cli-overdue = { $time } overdue
cli-unknown = unknown
cli-reports =
    { $total ->
        [one] { $total } report, { $open } since the last review
       *[other] { $total } reports, { $open } since the last review
    }
cli-no-reason = no reason given
cli-claim = { $actor }, until { $at }
cli-takedown = { $kind }, due { $due }
cli-answered = In reply to
cli-report-notes = Notes by readers
cli-notes = Notes
cli-siblings = Comments with the same text
cli-as-one = To decide this whole campaign: duyet bulk spam --campaign { $id }
cli-author-comments = Other comments by this author
cli-undone = { $id }: back to “{ $status }”
cli-undone-ban = Ban { $id }: reverted
cli-undone-already = { $id }: nothing changed
cli-undo-conflict = { $actor } moved it to “{ $status }” since then, so it stays as it is.
cli-undo-perhaps-batch = If this is the id of a whole batch, add --batch.
cli-undo-nothing = There is nothing to revert.
cli-undo-count = Reverted { $count } of { $total }.
cli-undo-batch = To revert the batch: duyet undo --batch { $batch }
cli-bulk-all = No filter is set. To decide all comments that need a look, add --all.
cli-bulk-yes = Input is not a terminal, so the client cannot ask. Add --yes to go on, or --dry-run to look first.
cli-bulk-rest =
    { $count ->
        [one] … and { $count } more comment.
       *[other] … and { $count } more comments.
    }
cli-bulk-more = and more beyond --limit
cli-bulk-would =
    { $action ->
        [APPROVE] Would approve
        [REJECT] Would reject
        [SPAM] Would mark as spam
       *[other] Would requeue
    } { $count ->
        [one] { $count } comment
       *[other] { $count } comments
    } ({ $parts }){ LENGTH($more) ->
        [0] .
       *[other] , { $more }.
    }
cli-bulk-ask =
    { $action ->
        [APPROVE] Approve
        [REJECT] Reject
        [SPAM] Mark as spam
       *[other] Requeue
    } { $count ->
        [one] this { $count } comment
       *[other] these { $count } comments
    } ({ $parts }{ LENGTH($more) ->
        [0] { "" }
       *[other] ; { $more }
    })? [y/N]
cli-bulk-dropped = Nothing was changed.
cli-erase-yes = Input is not a terminal, so the client cannot ask. Add --yes to erase, or use "duyet export" to look first.
cli-erase-ask = Erase { $comments ->
    [one] 1 comment
   *[other] { $comments } comments
} and { $reports ->
    [one] 1 report
   *[other] { $reports } reports
}? This cannot be reverted. [y/N]{" "}
cli-erasing = Erased { $comments } so far; { $remaining } remain. The erasure continues even if you stop waiting.
cli-erased = Erased for good: { $comments ->
    [one] 1 comment
   *[other] { $comments } comments
} and { $reports ->
    [one] 1 report
   *[other] { $reports } reports
}. Batch { $id }.
cli-bulk-done =
    { $action ->
        [APPROVE] Approved
        [REJECT] Rejected
        [SPAM] Marked as spam
       *[other] Requeued
    }: { $changed }; unchanged: { $unchanged }, failed: { $failed }.
cli-bulk-again = More comments match: run it again, or raise --limit.
cli-banned =
    { $effect ->
        [HOLD] Comments from the { $subject } are held for a moderator until { $until }.
       *[other] The { $subject } is banned until { $until }.
    } Ban: { $id }
cli-ban-swept =
    { $count ->
        [one] Rejected or removed { $count } comment along with it.
       *[other] Rejected or removed { $count } comments along with it.
    }
cli-ban-more = Only the newest 500 comments were changed; more match. Use duyet bulk for the rest.
cli-ban-revoked = revoked by { $actor } at { $at }
cli-ban-ended = ended at { $at }
cli-unbanned = Ban { $id } ({ $subject }) is revoked.
cli-unbanned-already = Ban { $id } ({ $subject }) had already ended.
cli-bans-empty = No bans match.
cli-article-closes = It closes automatically at { $at }.
cli-still-closed = The article stays closed by the site's policy. Choose a --mode, or see duyet site.
cli-approved-pending =
    { $count ->
        [one] { $article }: approved { $count } pending comment; { $waiting } still pending.
       *[other] { $article }: approved { $count } pending comments; { $waiting } still pending.
    }
cli-would-approve-pending =
    { $count ->
        [one] { $article }: would approve { $count } pending comment; { $waiting } would stay pending. Nothing was changed.
       *[other] { $article }: would approve { $count } pending comments; { $waiting } would stay pending. Nothing was changed.
    }
cli-approve-pending-more = One call approves at most 500 comments: run the command again for the rest.
cli-mode-default = as the server is configured
cli-auto-close =
    { $count ->
        [0] never
        [one] after { $count } day
       *[other] after { $count } days
    }
cli-report-threshold =
    { $count ->
        [0] 3 reports return a comment to the queue (default)
        [one] { $count } report returns a comment to the queue
       *[other] { $count } reports return a comment to the queue
    }
cli-lockdown = The site is locked down until { $at }: every new comment waits for a moderator.
cli-lockdown-harder = Until then, every reader gets a harder challenge.
cli-harder-challenges = harder challenges
cli-lockdown-lifted = The lockdown is over. Mode in force: { $mode }.
cli-audit-until = until { $at }
cli-audit-lifted = lifted
cli-lockdown-by =
    until { $at } ({ $actor }{ LENGTH($note) ->
        [0] { "" }
       *[other] : { $note }
    })
cli-lockdown-none = none
cli-takedowns = { $count }, { $overdue } overdue
cli-noted = Added a note to comment { $id }.
cli-escalated = { $id } must be decided by { $at } ({ $left }): { $kind }.
cli-revealed = The audit log records this look-up in entry { $id }.
cli-reverts = reverts { $id }
cli-watch-begun =
    { $total ->
        [1001] Watching the queue; more than 1,000 comments wait for review. Press Ctrl-C to stop.
        [one] Watching the queue; { $total } comment waits for review. Press Ctrl-C to stop.
       *[other] Watching the queue; { $total } comments wait for review. Press Ctrl-C to stop.
    }
cli-watch-again = Reconnecting…
cli-event-waiting = pending
cli-event-left =
    { LENGTH($status) ->
        [0] left
       *[other] left ({ $status })
    }
cli-event-reports =
    { $count ->
        [one] { $count } report
       *[other] { $count } reports
    }
cli-man-unknown = There is no command { $command }. To list the commands: duyet --help
cli-man-not-written = Cannot write manual pages to { $path }: { $error }
cli-column-due = Due
cli-column-reports = Reports
cli-column-claim = Claimed by
cli-column-subject = Subject
cli-column-effect = Effect
cli-column-ends = Until
cli-column-entry = Entry
cli-column-decisions = Decisions
cli-column-per-hour = Per hour
cli-column-overturned = Overturned
cli-column-overturn-rate = Rate
cli-fact-takedown = Takedown
cli-fact-claim = Claimed by
cli-fact-reports = Reports
cli-fact-mode = Mode
cli-fact-effective-mode = Mode in force
cli-fact-auto-close = Auto-close
cli-fact-report-threshold = Report threshold
cli-fact-lockdown = Lockdown
cli-fact-revision = Revision
cli-fact-since = Since
cli-fact-waiting = Waiting
cli-fact-age-p50 = Median age
cli-fact-age-p95 = p95 age
cli-fact-takedowns = Takedowns
cli-fact-submitted = Submitted
cli-fact-learned = Spam score
cli-fact-device = Device
cli-fact-address = Address
cli-fact-ip-prefix = Address range
cli-fact-author-key = Author key
cli-fact-fingerprint = Text
cli-usage-missing = Missing: { $arg }.
cli-usage-unknown = There is no argument “{ $arg }”.
cli-usage-command = There is no command “{ $command }”.
cli-usage-twice = Use { $arg } only once.
cli-usage-conflict = { $arg } cannot be combined with { $other }.
cli-usage-no-value = { $arg } needs a value: { $expected }
cli-usage-value = “{ $value }” is not valid for { $arg }: { $expected }
cli-usage-id = an id such as 01970000-0000-7000-8000-000000000001 is expected
cli-usage-number = a number such as { $example } is expected
cli-usage-whole = a whole number is expected
cli-usage-range = a number from { $least } to { $most } is expected
cli-usage-least = a number of at least { $least } is expected
cli-usage-suggested = Did you mean { $word }?
cli-usage-help = For more information: --help
cli-stopped = Stopped on request.

status-pending = pending
status-approved = approved
status-rejected = rejected
status-spam = spam
status-removed = removed
status-erased = erased
reason-off-topic = off topic
reason-insult = insult
reason-hate = hate
reason-spam-ad = advertising
reason-personal-data = personal data
reason-false-info = false information
reason-illegal = illegal
reason-language = coarse language
reason-duplicate = duplicate
reason-expired = expired
reason-other = other
mode-pre = reviewed before publication
mode-post = published at once
mode-hybrid = by spam score
mode-closed = comments closed
mode-hidden = comments hidden
action-approve = approve
action-reject = reject
action-spam = mark as spam
action-requeue = requeue
action-update-article = update article
action-revert = revert
action-expire = expire
action-escalate = record a takedown
action-create-ban = ban
action-revoke-ban = revoke ban
action-update-site = update site
action-lockdown = lockdown
action-reveal-sender = reveal sender
action-erase = erased on request
action-withdraw = withdrawn by the reader
action-purge = retention ended
action-put-term = put term
action-delete-term = delete term
action-stand-down-term = return term to trial
subject-device = device
subject-ip-prefix = address range
subject-fingerprint = text
subject-author = author
effect-block = block
effect-hold = hold
takedown-authority = demanded by an authority
takedown-complaint = complaint by a person concerned

help-usage = Usage
help-default = default
help-duyet = Moderates comments from the command line
help-login = Log in: read a token from stdin, check it and store it
help-queue = List the comments that wait for review
help-show = Show a comment: why it was held, who reported it, what else its author wrote
help-approve = Publish comments
help-reject = Reject comments; published ones are taken down
help-spam = Mark comments as spam
help-requeue = Return comments to the queue
help-close = Close the comments of an article, now or at a given time
help-open = Open the comments of an article again
help-audit = List the audit log: who did what
help-completions = Print a shell's completion script
help-watch = Follow the queue, one line per event
help-bulk = Decide every comment that matches a filter
help-undo = Revert your last decision, one decision, or a whole batch
help-note = Add a note for colleagues to a comment
help-escalate = Record a takedown demand with its due time
help-ban = Ban the sender or the text of a comment
help-unban = Revoke a ban
help-bans = List bans
help-reveal = Show the keyed hashes of a comment's sender; admins only, and audited
help-export = Print everything that one person wrote, one JSON object per line; admins only
help-erase = Erase everything that one person wrote, for good; admins only, and audited
help-arg-id-of-person = A comment by this person; without a known device it covers this comment alone
help-arg-author-of-person = The author key
help-arg-yes-erase = Do not ask for confirmation
help-approve-pending = Approve the pending comments of an article
help-site = Show or change the site's policy
help-lockdown = Hold every new comment of the site for a time, in an emergency
help-stats = Show figures about the queue and the moderators
help-man = Print the manual page of duyet or of a command
help-arg-help = Print this help
help-arg-version = Print the version
help-arg-json = Print data as JSON
help-arg-lang = Language, vi or en (variable DUYET_LANG)
help-arg-addr = Address of the server; by default that of the stored login, then http://127.0.0.1:50051
help-arg-id = The comment's id (UUID)
help-arg-ids = The comments' ids (UUID), one or more
help-arg-status = Only these statuses; by default all comments that need a look: pending, reported, or with a takedown
help-arg-article = The article's id
help-arg-query = Contains all of these words as written; "two words" in quotes are a phrase
help-arg-ignore-marks = Match the words of --query with or without tone marks: vay finds vậy
help-arg-rule = Only comments with this finding
help-arg-author = By the author with this key
help-arg-min-score = Spam score at least this
help-arg-max-score = Spam score at most this
help-arg-unreviewed = Only comments that no moderator has looked at, including published ones
help-arg-order = Order
help-arg-limit = Maximum number of rows, 1 to 200
help-arg-page-token = Page token that the page before printed
help-arg-revision = The revision that you saw; by default the current one
help-arg-note = A note for the audit log
help-arg-reason = Reason of the decision
help-arg-mode = How the article takes comments; by default as the whole site does
help-arg-comment = About this comment
help-arg-actor = By this moderator
help-arg-action = The action
help-arg-since = From: 2026-05-01, 2026-05-01T08:00:00+07:00, or 30m, 12h, 7d, 2w ago
help-arg-until = Before, written as for --since
help-arg-shell = The shell
help-arg-reported = Only comments with open reports
help-arg-campaign = Only this comment and near-identical ones, on any article
help-arg-claimed = Only comments that a moderator has claimed
help-arg-unclaimed = Only comments that no moderator has claimed
help-arg-verb = The decision for all matching comments
help-arg-most = Maximum number of comments to decide
help-arg-all = Allow an empty filter: all comments that need a look
help-arg-dry-run = Show what would be done, and change nothing
help-arg-yes = Do not ask for confirmation
help-arg-reverted-entry = Id of the audit entry to revert; by default your last decision
help-arg-as-batch = The id is the id of a whole batch
help-arg-text = The note, in quotes
help-arg-demand = Who demands the takedown
help-arg-due = Due time: 2026-12-01 or 2026-12-01T08:00:00+07:00; by default 24 h for an authority, 48 h for a complaint
help-arg-term = For how long from now: 30m, 12h, 7d, 2w
help-arg-end = Until: 2026-12-01 or 2026-12-01T08:00:00+07:00
help-arg-author-key = Ban the author with this key
help-arg-subject = What of the comment to ban; device by default
help-arg-effect = Block submits, or hold them for a moderator
help-arg-reject-pending = Also reject the subject's pending comments
help-arg-remove-published = Also remove the subject's published comments
help-arg-ban-id = The ban's id (UUID)
help-arg-ended = Include bans that have ended
help-arg-new-article = For an article that has no comments yet
help-arg-at = Close at: 2026-12-01 or 2026-12-01T08:00:00+07:00
help-arg-below = Only comments with a lower spam score
help-arg-site-mode = How articles without a mode of their own take comments; default follows the server's configuration
help-arg-auto-close = Close articles this number of days after their publication; 0 means never
help-arg-report-threshold = Number of reports that return a comment to the queue; 0 means 3
help-arg-harder-challenges = Give every reader a harder challenge, for a site under attack
help-arg-lift = End the lockdown
help-arg-batch = Of this batch
help-arg-ban = About this ban
help-arg-page = The command to describe; by default the whole program
help-arg-dir = Write all pages into this directory (duyet.1, duyet-queue.1…), for packaging

# manual pages

man-manual = Comment moderation
man-name = Name
man-synopsis = Synopsis
man-description = Description
man-commands = Commands
man-exit-status = Exit status
man-environment = Environment
man-files = Files
man-examples = Examples
man-see-also = See also
man-exit-done = Success.
man-exit-failed = Another failure, or a question was answered with no.
man-exit-usage = The command line, or a value in it, is not valid.
man-exit-not-found = Not found.
man-exit-denied = The access token is wrong or does not permit the call.
man-exit-conflict = Another moderator decided first.
man-exit-unavailable = A rate limit denied the call, or the server is unavailable.
man-exit-worst = A command about several comments exits with the greatest of their codes.
man-env-addr = Address of the server, like --addr.
man-env-token = The access token, or a file that contains it. Without them the client uses the stored login.
man-env-cert = A client certificate and its key, in PEM. SSL_CERT_FILE names the trusted certificate authorities.
man-env-lang = Language, vi or en, in this order; --lang overrides them.
man-env-tz = Time zone for the times shown.
man-env-columns = Width of tables; by default that of the terminal.
man-env-colour = No colour, or colour even where output is not a terminal.
man-file-login = Address and token of the login, readable only by its owner.
man-example-login = Log in with the token in a file.
man-example-queue = Reported comments, most reports first.
man-example-json = Ids of all comments in the queue, for scripts.
man-example-watch = Follow comments with a high spam score, one JSON line per event.
man-example-reject = Reject a comment that contains personal data.
man-example-undo = Revert your last decision.
man-example-undo-batch = Revert a whole batch.
man-example-bulk = See which comments would be marked as spam.
man-example-bulk-author = Reject all pending comments of one author.
man-example-ban = Hold comments from that address range for two days.
man-example-ban-author = Ban an author for seven days and reject their pending comments.
man-example-escalate = An authority demands a takedown within 24 hours.
man-example-open = Open an article again for seven days.
man-example-approve-pending = See how many comments with a low spam score would be approved.
man-example-site = Close articles after 14 days; five reports return a comment to the queue.
man-example-lockdown = Hold every new comment for two hours.
man-example-stats = Figures of the last seven days.
man-example-man = Write all pages to the directory where man finds them.

# triage's own

help-triage = Review full-screen, one key per decision
help-arg-lease = Minutes for which comments are claimed for you, 1 to 10

# the learned score

cli-learned = { $decisions } decisions ({ $spam } spam); publishes below { $low }, marks spam from { $high }
cli-learned-few = { $decisions } of { $needed } decisions; the score marks no comment as spam yet

# terms and rules

tier-exact = exact
tier-stripped = also without marks
tier-teencode = teencode
state-off = off
state-shadow = on trial
state-enforce = in force
assessment-publish = publish
assessment-hold = hold
assessment-spam = spam
cli-column-pattern = Term
cli-column-tier = Tier
cli-column-state = State
cli-column-weight = Weight
cli-column-assessment = Assessment
cli-column-approved = Approved
cli-column-refused = Rejected
cli-column-spam = Spam
cli-fact-assessment = Assessment
cli-fact-judged-by = Based on
cli-terms-empty = No terms match.
cli-term-unknown = There is no term “{ $pattern }”.
cli-term-tiers = Several terms match “{ $pattern }”. Choose one with --tier.
cli-term-changed = Term “{ $pattern }”: { $tier }, { $state }, weight { $weight } (revision { $revision })
cli-term-unchanged = Term “{ $pattern }” is unchanged: { $tier }, { $state }, weight { $weight } (revision { $revision })
cli-term-deleted = Term “{ $pattern }” is deleted.
cli-term-tried = Term “{ $pattern }” ({ $tier }) was tried; nothing was changed.
cli-term-collisions =
    { $count ->
        [0] It occurs in none of { $sampled } approved comments.
       *[other] It occurs in { $count } of { $sampled } approved comments, for example:
    }
cli-term-ask = Put it in force anyway? [y/N]
cli-term-yes = Input is not a terminal, so the client cannot ask. Add --yes to go on, --dry-run to look first, or --state shadow to try the term.
cli-file-not-read = Cannot read { $path }: { $error }
cli-assessed-by =
    { $decisions ->
        [0] rules only
       *[other] rules and { $decisions } past decisions
    }
cli-findings = Findings:
cli-disagreements = Largest disagreements between assessment and moderators:
cli-disagreement = { $assessment }, but { $status }
help-terms = List the newsroom's own terms
help-term = List, change or delete a term; admins only, but --dry-run
help-assess = Assess a text and explain the score
help-replay = Compare rules and terms with past decisions
help-arg-words = Only terms that contain this text, tone marks included
help-arg-pattern = The word or phrase, in quotes
help-arg-tier = How it matches: exact requires the tone marks (can mark as spam); stripped also matches comments written without marks (holds); teencode also matches digits in place of letters (only adds weight). A new term is exact
help-arg-term-state = Whether it takes effect: off, shadow (on trial) or enforce. A new term is on trial
help-arg-weight = What it adds to the score's logit while in force, 0 to 10. A new term has 1
help-arg-term-note = Why it is listed
help-arg-delete = Delete the term
help-arg-file = A file with the text, or - for stdin
help-arg-signed = The author's name
help-arg-title = The title
help-arg-compared = Number of past decisions, the newest first, 1 to 10,000
help-arg-with-pattern = Act as if this term were in force
man-example-term = Show which approved comments a term would have matched.
man-example-term-enforce = Put a term in force.
man-example-assess = Explain a text.
man-example-replay = Compare rules and terms with the last 5,000 decisions.
