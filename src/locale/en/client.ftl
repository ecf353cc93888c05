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
cli-login-not-private = Others can read the login file { $path }. Run chmod 600 { $path } and try again.
cli-unreachable = Cannot reach the server at { $addr }. Is it running?
cli-too-slow =
    { $seconds ->
        [one] The server at { $addr } did not answer within { $seconds } second.
       *[other] The server at { $addr } did not answer within { $seconds } seconds.
    }
cli-bad-address = The address { $addr } is not valid. For example: http://127.0.0.1:50051
cli-no-tls = https is not supported yet ({ $addr }). Use http through a tunnel that you trust.
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
cli-queue-count =
    { $total ->
        [10001] Showing { $shown } of more than 10000 comments.
       *[other] Showing { $shown } of { $total } comments.
    }
cli-next-page = Next page: add --page-token { $token }
cli-audit-empty = There are no audit entries.
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
cli-standing = { $status } (revision { $revision })
cli-reviewed = reviewed
cli-not-reviewed = not reviewed yet
cli-history = { $author }: { $approved } approved, { $refused } refused, { $spam } spam, { $pending } pending
cli-held = Why it was held
cli-decisions = Decisions

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

help-usage = Usage
help-duyet = Moderates comments from the command line
help-login = Log in: read a token from stdin, try it and keep it
help-queue = List what waits for review
help-show = Show a comment and why it was held
help-approve = Publish comments
help-reject = Refuse comments; published ones are taken down
help-spam = Mark comments as spam
help-requeue = Send comments back to the queue
help-close = Close the comments of an article
help-open = Open the comments of an article again
help-audit = List who did what
help-completions = Print a shell's completion script
help-arg-help = Print this help
help-arg-version = Print the version
help-arg-json = Print data as JSON
help-arg-lang = Language, vi or en (variable DUYET_LANG)
help-arg-addr = Address of the server; by default that of the login, then http://127.0.0.1:50051
help-arg-id = The comment's id (UUID)
help-arg-ids = The comments' ids (UUID), one or more
help-arg-status = Only these statuses; pending by default
help-arg-article = The article's id
help-arg-query = With these words, with or without tone marks
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
help-arg-since = From: 2026-05-01, 2026-05-01T08:00:00+07:00, or 30m, 12h, 7d ago
help-arg-until = Before, written as for --since
help-arg-shell = The shell
cli-overrule = To decide otherwise all the same, add --revision { $revision }.
