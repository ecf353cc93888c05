# cli

cli-error = Error:
cli-token-as-argument = A token is not taken from the command line, where other users of this machine can read it. Use DUYET_TOKEN_FILE, DUYET_TOKEN, or give it on stdin: duyet login < token-file
cli-token-unreadable = The access token has characters that no token has.
cli-token-file = Cannot read the token file { $path }: { $error }
cli-no-token = There is no access token. Run duyet login, or set DUYET_TOKEN_FILE or DUYET_TOKEN.
cli-no-home = There is no home directory to keep the login in.
cli-login-ask = Access token for { $addr }:
cli-login-empty = No access token was given. Give it on stdin: duyet login < token-file
cli-login-done = Logged in at { $addr }, kept in { $path }.
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
cli-already = { $id }: was “{ $status }” already ({ $actor }, { $at })
cli-not-tried =
    { $count ->
        [one] { $count } comment was not tried.
       *[other] { $count } comments were not tried.
    }
cli-one-revision = Use --revision with one comment only.
cli-article-changed = { $article }: { $mode } (revision { $revision })
cli-queue-empty = There are no comments.
cli-author-unknown = Nobody with the author key { $author } has written here.
cli-article-by-id = An article is named by its id, not by its title.
cli-close-new = With --new, an article is closed before its first comment.
cli-nearest = Perhaps one of these is meant: { $nearest }
cli-queue-none-yet = Nothing found so far: the search is not over.
cli-queue-count =
    { $total ->
        [1001] Showing { $shown } of more than 1000 comments.
       *[other] Showing { $shown } of { $total } comments.
    }
cli-next-page = Next page: add --page-token { $token }
cli-audit-empty = There are no audit entries.
cli-actor-unknown = Nobody named { $actor } has done anything here.
cli-audit-unknown = The audit knows no such batch or ban.
cli-age-minutes = { $count } min
cli-age-hours = { $count } h
cli-age-days = { $count } d
cli-column-id = Id
cli-column-age = Age
cli-column-author = Author
cli-column-text = Text
cli-column-score = Score
cli-column-rules = Rules
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
cli-fact-history = Before
cli-fact-same-text = Same text
cli-fact-score = Spam score
cli-fact-title = Title
cli-status-revision = { $status } (revision { $revision })
cli-reviewed = reviewed
cli-not-reviewed = not reviewed yet
cli-history = { $author }: { $approved } approved, { $refused } rejected, { $spam } spam, { $pending } pending
cli-held = Why it was held
cli-decisions = Decisions
cli-overrule = To decide otherwise all the same, add --revision { $revision }.
cli-past-time = That time has passed. Choose one to come.
cli-left = { $time } left
cli-overdue = { $time } overdue
cli-unknown = unknown
cli-reports =
    { $total ->
        [one] { $total } reader, { $open } since the last look
       *[other] { $total } readers, { $open } since the last look
    }
cli-no-reason = no reason
cli-claim = { $actor }, until { $at }
cli-takedown = { $kind }, due { $due }
cli-answered = Answers
cli-report-notes = Readers say
cli-notes = Notes
cli-siblings = Comments with the same text
cli-as-one = Decide them as one: duyet bulk spam --campaign { $id }
cli-author-comments = Other comments of this author
cli-undone = { $id }: back to “{ $status }”
cli-undone-ban = Ban { $id }: reverted
cli-undone-already = { $id }: nothing changed
cli-undo-conflict = { $actor } moved it to “{ $status }” since; that stays.
cli-undo-perhaps-batch = If this is the id of a whole batch, add --batch.
cli-undo-nothing = There was nothing to revert.
cli-undo-count = Reverted { $count } of { $total }.
cli-undo-batch = To revert the batch: duyet undo --batch { $batch }
cli-bulk-all = There is no filter. If you really mean all that needs a look, add --all.
cli-bulk-yes = There is nobody to ask. Add --yes to go on, or --dry-run to look first.
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
       *[other] Would send back to the queue
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
       *[other] Send back to the queue
    } { $count ->
        [one] this { $count } comment
       *[other] these { $count } comments
    } ({ $parts }{ LENGTH($more) ->
        [0] { "" }
       *[other] ; { $more }
    })? [y/N]
cli-bulk-dropped = Nothing was done.
cli-erase-yes = There is nobody to ask. Add --yes to erase, or use "duyet export" to look first.
cli-erase-ask = Erase { $comments ->
    [one] 1 comment
   *[other] { $comments } comments
} and { $reports ->
    [one] 1 report
   *[other] { $reports } reports
}? This cannot be reverted. [y/N]{" "}
cli-erasing = Erased { $comments } so far, { $remaining } to go. It goes on even if you stop waiting.
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
       *[other] Sent back to the queue
    }: { $changed }; unchanged: { $unchanged }, failed: { $failed }.
cli-bulk-again = More comments match: run it again, or raise --limit.
cli-banned =
    { $effect ->
        [HOLD] Comments from the { $subject } wait for a moderator until { $until }.
       *[other] The { $subject } is banned until { $until }.
    } Ban: { $id }
cli-ban-swept =
    { $count ->
        [one] Rejected or removed { $count } comment along with it.
       *[other] Rejected or removed { $count } comments along with it.
    }
cli-ban-more = Only the newest 500 comments were touched; more match. For the rest there is duyet bulk.
cli-ban-revoked = revoked by { $actor } at { $at }
cli-ban-ended = ended at { $at }
cli-unbanned = Ban { $id } ({ $subject }) is revoked.
cli-unbanned-already = Ban { $id } ({ $subject }) had ended before.
cli-bans-empty = There are no bans.
cli-article-closes = It closes by itself at { $at }.
cli-still-closed = The article stays closed by the site's policy. Choose a --mode, or see duyet site.
cli-approved-pending =
    { $count ->
        [one] { $article }: approved { $count } waiting comment, { $waiting } still wait.
       *[other] { $article }: approved { $count } waiting comments, { $waiting } still wait.
    }
cli-would-approve-pending =
    { $count ->
        [one] { $article }: would approve { $count } waiting comment, { $waiting } would still wait. Nothing was changed.
       *[other] { $article }: would approve { $count } waiting comments, { $waiting } would still wait. Nothing was changed.
    }
cli-approve-pending-more = One call approves 500 comments at most: run it again for the rest.
cli-mode-default = as the server is configured
cli-auto-close =
    { $count ->
        [0] never
        [one] after { $count } day
       *[other] after { $count } days
    }
cli-report-threshold =
    { $count ->
        [0] 3 reports bring a comment back into the queue (default)
        [one] { $count } report brings a comment back into the queue
       *[other] { $count } reports bring a comment back into the queue
    }
cli-lockdown = The site is locked down until { $at }: every new comment waits for a moderator.
cli-lockdown-harder = Every reader is asked for a harder challenge meanwhile.
cli-harder-challenges = harder challenges
cli-lockdown-lifted = The lockdown is over. Comments are taken: { $mode }.
cli-audit-until = until { $at }
cli-audit-lifted = lifted
cli-lockdown-by =
    until { $at } ({ $actor }{ LENGTH($note) ->
        [0] { "" }
       *[other] : { $note }
    })
cli-lockdown-none = none
cli-takedowns = { $count }, { $overdue } overdue
cli-noted = Noted on comment { $id }.
cli-escalated = { $id } must be decided by { $at } ({ $left }): { $kind }.
cli-revealed = This look is in the audit, entry { $id }.
cli-reverts = reverts { $id }
cli-watch-begun =
    { $total ->
        [1001] Watching the queue, more than 1000 comments wait. Ctrl-C ends it.
        [one] Watching the queue, { $total } comment waits. Ctrl-C ends it.
       *[other] Watching the queue, { $total } comments wait. Ctrl-C ends it.
    }
cli-watch-again = Trying to connect again…
cli-event-waiting = waits
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
cli-man-unknown = There is no command { $command }. For the commands: duyet --help
cli-man-not-written = Cannot write manual pages into { $path }: { $error }
cli-column-due = Due
cli-column-reports = Reports
cli-column-claim = Looked at by
cli-column-subject = Subject
cli-column-effect = Effect
cli-column-ends = Until
cli-column-entry = Entry
cli-column-decisions = Decisions
cli-column-per-hour = Per hour
cli-column-overturned = Overturned
cli-column-overturn-rate = Rate
cli-fact-takedown = Takedown
cli-fact-claim = Looked at by
cli-fact-reports = Reports
cli-fact-mode = Mode
cli-fact-effective-mode = In force
cli-fact-auto-close = Auto-close
cli-fact-report-threshold = Reports
cli-fact-lockdown = Lockdown
cli-fact-revision = Revision
cli-fact-since = Since
cli-fact-waiting = Waiting
cli-fact-age-p50 = Median wait
cli-fact-age-p95 = 95 % wait less
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
cli-usage-conflict = { $arg } and { $other } exclude each other.
cli-usage-no-value = Missing a value for { $arg }: { $expected }
cli-usage-value = “{ $value }” does not do for { $arg }: { $expected }
cli-usage-id = an id such as 01970000-0000-7000-8000-000000000001 is expected
cli-usage-suggested = Did you mean { $word }?
cli-usage-help = For more: --help
cli-stopped = Stopped, as you asked.

status-pending = pending
status-approved = approved
status-rejected = rejected
status-spam = spam
status-removed = removed
status-erased = erased
reason-off-topic = off topic
reason-insult = insult
reason-hate = hatred
reason-spam-ad = advertising
reason-personal-data = personal data
reason-false-info = false information
reason-illegal = against the law
reason-language = coarse language
reason-duplicate = duplicate
reason-expired = expired
reason-other = other
mode-pre = reviewed first
mode-post = published at once
mode-hybrid = by spam score
mode-closed = comments closed
mode-hidden = comments hidden
action-approve = approve
action-reject = reject
action-spam = mark as spam
action-requeue = back to the queue
action-update-article = change the article
action-revert = revert
action-expire = expired
action-escalate = demand a takedown
action-create-ban = ban
action-revoke-ban = revoke a ban
action-update-site = change the site
action-lockdown = lock the site down
action-reveal-sender = reveal the sender
action-erase = erased on request
action-withdraw = withdrawn by the reader
action-purge = kept long enough
action-put-term = list a term
action-delete-term = take a term off the list
action-stand-down-term = put a term on trial
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
help-login = Log in: read a token from stdin, try it and keep it
help-queue = List what waits for review
help-show = Show a comment: why it was held, who reported it, what else its author wrote
help-approve = Publish comments
help-reject = Reject comments; published ones are taken down
help-spam = Mark comments as spam
help-requeue = Send comments back to the queue
help-close = Close the comments of an article, now or at a time
help-open = Open the comments of an article again
help-audit = List who did what
help-completions = Print a shell's completion script
help-watch = Follow the queue, one line per event
help-bulk = Decide everything that a filter finds
help-undo = Revert your last decision, one decision, or a whole batch
help-note = Leave colleagues a note on a comment
help-escalate = Record a demand to take a comment down, with its due time
help-ban = Ban the sender or the text of a comment
help-unban = Revoke a ban
help-bans = List bans
help-reveal = Show the keyed hashes of a comment's sender; admins only, and audited
help-export = Print everything that one person wrote, one JSON object per line; admins only
help-erase = Empty everything that one person wrote, for good; admins only, and audited
help-arg-id-of-person = A comment of theirs: without a known device it stands for itself alone
help-arg-author-of-person = The author key
help-arg-yes-erase = Do not ask
help-approve-pending = Approve what waits on an article
help-site = Show or change how the whole site takes comments
help-lockdown = Hold every new comment of the site for a while, in emergencies
help-stats = Show how the queue and the moderators are doing
help-man = Print the manual page of duyet or of a command
help-arg-help = Print this help
help-arg-version = Print the version
help-arg-json = Print data as JSON
help-arg-lang = Language, vi or en (variable DUYET_LANG)
help-arg-addr = Address of the server; by default that of the login, then http://127.0.0.1:50051
help-arg-id = The comment's id (UUID)
help-arg-ids = The comments' ids (UUID), one or more
help-arg-status = Only these statuses; by default all that needs a look: pending, reported, demanded to be taken down
help-arg-article = The article's id
help-arg-query = With all of these words as they are written; "two words" in quotes are a phrase
help-arg-ignore-marks = Find the words of the query with any marks or none: vay finds vậy
help-arg-rule = Held by this rule, for example LINK
help-arg-author = By the author with this key
help-arg-min-score = Spam score from here
help-arg-max-score = Spam score up to here
help-arg-unreviewed = Only comments that nobody has looked at, also published ones
help-arg-order = Order
help-arg-limit = At most so many, 1 to 200
help-arg-page-token = Printed by the page before
help-arg-revision = The revision that you saw; by default the present one
help-arg-note = A note for the audit
help-arg-reason = Why
help-arg-mode = How comments are taken; by default as on the whole site
help-arg-comment = About this comment
help-arg-actor = By this person
help-arg-action = What was done
help-arg-since = From: 2026-05-01, 2026-05-01T08:00:00+07:00, or 30m, 12h, 7d, 2w ago
help-arg-until = Before, written as for --since
help-arg-shell = The shell
help-arg-reported = Only comments with open reports
help-arg-campaign = Only this comment and those that say the same, on any article
help-arg-claimed = Only comments that somebody looks at now
help-arg-unclaimed = Only comments that nobody looks at now
help-arg-verb = What to do with what matches
help-arg-most = Decide so many at most
help-arg-all = Allow no filter: all that needs a look
help-arg-dry-run = Only say what would be done, and change nothing
help-arg-yes = Do not ask
help-arg-reverted-entry = Id of the audit entry to revert; without it your last decision
help-arg-as-batch = The id is that of a whole batch
help-arg-text = The note, in quotes
help-arg-demand = Who demands it
help-arg-due = Must be decided by: 2026-12-01 or 2026-12-01T08:00:00+07:00; by default 24 h for an authority, 48 h for a complaint
help-arg-term = For how long from now: 30m, 12h, 7d, 2w
help-arg-end = Until: 2026-12-01 or 2026-12-01T08:00:00+07:00
help-arg-author-key = Ban the author with this key
help-arg-subject = What of the comment is banned; device by default
help-arg-effect = Deny submits, or hold them for a moderator
help-arg-reject-pending = Also reject what the subject has waiting
help-arg-remove-published = Also remove what the subject has on the page
help-arg-ban-id = The ban's id (UUID)
help-arg-ended = Also those that ended
help-arg-new-article = For an article that has no comments yet
help-arg-at = Close at: 2026-12-01 or 2026-12-01T08:00:00+07:00
help-arg-below = Only comments with a lower spam score
help-arg-site-mode = How articles that set no mode take comments; default is as the server is configured
help-arg-auto-close = Close articles so many days after their publication; 0 means never
help-arg-report-threshold = So many reports bring a comment back into the queue; 0 means 3
help-arg-harder-challenges = Ask every reader for a harder challenge, too: the site is under attack
help-arg-lift = End the lockdown
help-arg-batch = Of this batch
help-arg-ban = About this ban
help-arg-page = The command to explain; without it the whole program
help-arg-dir = Write all pages into this directory (duyet.1, duyet-queue.1…), for packaging

# man

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
man-exit-done = Done.
man-exit-failed = It failed for another reason, or a question was answered with no.
man-exit-usage = The command line, or a value in it, is not valid.
man-exit-not-found = There is no such thing.
man-exit-denied = The access token is wrong or does not allow it.
man-exit-conflict = Somebody else was first.
man-exit-unavailable = Over a limit, or the server cannot be used now.
man-exit-worst = Of several comments, the greatest code is the command's.
man-env-addr = Address of the server, as --addr.
man-env-token = The access token, or a file that holds it. Without them the stored login is used.
man-env-cert = A certificate to show to the server, and its key, in PEM. SSL_CERT_FILE names the authorities to trust.
man-env-lang = Language, vi or en, in this order; --lang goes before them.
man-env-tz = Time zone in which times are shown.
man-env-columns = Width of tables; by default that of the terminal.
man-env-colour = No colour, or colour also where there is no terminal.
man-file-login = Address and token of the login, readable by its owner only.
man-example-login = Log in with the token in a file.
man-example-queue = Reported comments, most reports first.
man-example-json = Ids of all that waits, for scripts.
man-example-watch = Follow comments with a high spam score, one line of JSON per event.
man-example-reject = Reject a comment that shows personal data.
man-example-undo = Revert your last decision.
man-example-undo-batch = Revert a whole batch.
man-example-bulk = See which comments would be marked as spam.
man-example-bulk-author = Reject all that waits of one author.
man-example-ban = Hold comments from that address range for two days.
man-example-ban-author = Ban an author for seven days and reject what waits.
man-example-escalate = An authority demands a takedown within 24 hours.
man-example-open = Open an article again for seven days.
man-example-approve-pending = See how many comments with a low spam score would be approved.
man-example-site = Close articles after 14 days; five reports ask for another look.
man-example-lockdown = Hold every new comment for two hours.
man-example-stats = The last seven days in numbers.
man-example-man = Write all pages where man looks for them.

# triage's own

help-triage = Review on the full screen, one key per decision
help-arg-lease = Hold comments for you alone for so many minutes, 1 to 10

# the learned score

cli-learned = { $decisions } decisions ({ $spam } spam); published below { $low }, spam from { $high } on
cli-learned-few = { $decisions } of { $needed } decisions; nothing is marked as spam by score yet

# terms and rules

tier-exact = exact
tier-stripped = also without marks
tier-teencode = teencode
state-off = off
state-shadow = on trial
state-enforce = in force
verdict-publish = publish
verdict-hold = hold
verdict-spam = spam
cli-column-pattern = Term
cli-column-tier = Tier
cli-column-state = State
cli-column-weight = Weight
cli-column-verdict = By rules
cli-column-approved = Approved
cli-column-refused = Rejected
cli-column-spam = Spam
cli-fact-verdict = HYBRID would
cli-fact-judged-by = Judged by
cli-terms-empty = There are no terms.
cli-term-unknown = There is no term “{ $pattern }”.
cli-term-tiers = There are several terms “{ $pattern }”. Say which with --tier.
cli-term-changed = Term “{ $pattern }”: { $tier }, { $state }, weight { $weight } (revision { $revision })
cli-term-unchanged = Term “{ $pattern }” is so already: { $tier }, { $state }, weight { $weight } (revision { $revision })
cli-term-deleted = Term “{ $pattern }” is off the list.
cli-term-tried = Term “{ $pattern }” ({ $tier }) was tried, nothing was changed.
cli-term-collisions =
    { $count ->
        [0] It stands in none of { $sampled } approved comments.
       *[other] It stands in { $count } of { $sampled } approved comments, for example:
    }
cli-term-ask = Put it in force all the same? [y/N]
cli-term-yes = There is nobody to ask. Add --yes to go on, --dry-run to look first, or --state shadow to try it.
cli-file-not-read = Cannot read { $path }: { $error }
cli-assessed-by =
    { $decisions ->
        [0] rules alone
       *[other] { $decisions } decisions
    }
cli-findings = Findings:
cli-disagreements = Where rules and people disagree most:
cli-disagreement = { $verdict }, though { $status }
help-terms = List the newsroom's own terms
help-term = List, change or delete a term; admins only, but --dry-run
help-assess = Explain what a text would be judged
help-replay = Set rules and terms against past decisions
help-arg-words = Only terms with these words, or parts of words, marks and all
help-arg-pattern = The word or phrase, in quotes
help-arg-tier = How it is matched: exact with its marks (may mark as spam); stripped also without, where a comment has none (holds); teencode as written or with digits (only weighs). A new one is exact
help-arg-term-state = Whether it has effect: off, shadow (on trial) or enforce. A new one is on trial
help-arg-weight = What it adds to the score's logit while in force, 0 to 10. A new one has 1
help-arg-term-note = Why it is listed
help-arg-delete = Take it off the list
help-arg-file = A file with the text, or - for stdin
help-arg-signed = The author's name
help-arg-title = The title
help-arg-compared = So many past decisions, the last first, 1 to 10000
help-arg-with-pattern = As if this term were in force, too
man-example-term = See which approved comments a term would have met.
man-example-term-enforce = Put a term in force.
man-example-assess = Explain a text.
man-example-replay = How rules and terms do against the last 5,000 decisions.
