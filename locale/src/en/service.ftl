# errors

error-validation-failed = Some of the information is not valid. Please check it.
error-captcha-required = Please enter the verification code.
error-captcha-incorrect = The verification code is wrong. Please enter the new one.
error-captcha-expired = The verification code has expired. Please enter the new one.
error-captcha-used = This verification code was already used. Please enter the new one.
error-captcha-invalid = The verification code is not valid. Please enter the new one.
error-rate-limited =
    { $seconds ->
        [one] You are going too fast. Please try again in { $seconds } second.
       *[other] You are going too fast. Please try again in { $seconds } seconds.
    }
error-overloaded = The service is overloaded. Please try again in a few minutes.
error-storage-unavailable = The service is interrupted for the moment. Please try again in a few minutes.
error-article-closed = This article takes no comments.
error-missing-role =
    { $role ->
        [PORTAL] A news portal's token may not do this.
        [MODERATOR] A moderator's token may not do this.
        [ADMIN] An administrator's token may not do this.
        [METRICS] A monitoring token may not do this.
       *[other] The role { $role } may not do this.
    }
error-token-invalid = The access token is unknown, expired or revoked.
error-comment-not-found = There is no such comment.
error-article-not-found = There is no such article.
error-article-not-found-nearest = There is no such article. Perhaps one of these is meant: { $nearest }
error-stale-revision = { $actor } dealt with this comment before you. Please look at it again.
# When two people change the policy of one article.
error-stale-article = Somebody else has just changed this article. Please look at it again.
error-stale-site = Somebody else just changed the site's policy. Please look again.
error-stale-term = Somebody else just changed this term. Please look again.
error-invalid-transition =
    A comment cannot go from { $from ->
        [PENDING] pending
        [APPROVED] approved
        [REJECTED] rejected
        [SPAM] spam
        [REMOVED] removed
        [ERASED] erased
       *[other] { $from }
    } to { $to ->
        [PENDING] pending
        [APPROVED] approved
        [REJECTED] rejected
        [SPAM] spam
        [REMOVED] removed
        [ERASED] erased
       *[other] { $to }
    }.
error-request-id-reused = This request id was used for something else.
error-page-token-invalid = The page token does not fit this list. Please start from the first page.
error-deadline = The service took too long to answer. Please try again.
error-message-too-large = The message is too large.
error-message-malformed = The message cannot be read.
error-internal = Something went wrong on our side. Please try again later.
error-banned = You cannot comment here at the moment.
error-ban-not-found = There is no such ban.
error-term-not-found = There is no such term.
error-ban-subject-unknown = It is not known what to ban: the comment came without it, or too long ago.
error-audit-entry-not-found = There is nothing of that kind to revert.
error-revert-denied = Only an admin may revert a colleague's decision, or one older than 24 hours.
error-already-reverted = This was reverted before.
error-not-revertible = This cannot be reverted.

# problems

problem-required = This must not be empty.
problem-too-long = At most { $limit } characters; this has { $actual }.
problem-too-many-bytes = At most { $limit } bytes; this has { $actual }.
problem-too-many = At most { $limit } items.
problem-not-a-uuid = This must be a UUID.
problem-not-an-article-id = This must be 1 to 200 bytes without control characters.
problem-not-a-url = This must be an http or https address.
problem-unknown-value = This value is not supported.
problem-unknown-name = There is no such name. Perhaps one of these is meant: { $nearest }
problem-out-of-range = This value is out of range.
problem-not-for-callers = Only the service sets this value.
problem-repeated = Each may stand here only once.
problem-no-word = Needs a word: letters, digits or symbols such as emoji.

# findings

finding-link = Has a link or an e-mail address: “{ $excerpt }”.
finding-phone-number = Has a phone number: “{ $excerpt }”.
finding-repeated-text =
    { LENGTH($excerpt) ->
        [0] The same text was sent before.
       *[other] Repeated over and over: “{ $excerpt }”.
    }
finding-campaign = Three authors or more sent this same text within a day.
finding-mixed-script = Mixes letters of several scripts in one word: “{ $excerpt }”.
finding-honeypot = The hidden field that readers cannot see was filled in.
finding-fast-form = The form was filled in faster than a person can type.
finding-other-device = The verification code was given to another device.
finding-held-by-ban = A ban has the submits of this sender, or of this text, wait for a moderator.
finding-hidden-link = Has a web address whose dots are spelt out: “{ $excerpt }”.
finding-contact-app = Asks to go on elsewhere: “{ $excerpt }”.
finding-money = Names an amount of money or a percentage: “{ $excerpt }”.
finding-spam-words = Has words that spam often starts with: “{ $excerpt }”.
finding-repeated-word = Repeats one word over and over: “{ $excerpt }”.
finding-styled-letters = Has letters in a decorative style: “{ $excerpt }”.
finding-spaced-letters = Has a word written letter by letter: “{ $excerpt }”.
finding-invisible-characters = Several characters that nobody can see were taken out of the text.
finding-sampled = Drawn by lot: the score decided by itself, and a moderator shall look whether it was right.
finding-term = Has a term that the newsroom lists: “{ $excerpt }”.
finding-term-shadow = Has a listed term that is on trial, without effect: “{ $excerpt }”.
finding-learned =
    { $leaning ->
        [SPAM] Learned from decisions: { $subject } is typical of spam.
       *[APPROVED] Learned from decisions: { $subject } is typical of approved comments.
    }

# what the learned score sees

feature-w = “{ $excerpt }”
feature-b = “{ $excerpt }”
feature-c = looking like “{ $excerpt }”
feature-h = the site “{ $excerpt }”
feature-t = an address of this kind, “{ $excerpt }”,
feature-p = the number “{ $excerpt }”
feature-pair = several ways to make contact at once
feature-link = having a link
feature-links = the number of links
feature-hidden-link = a link with spelt-out dots
feature-phone = a long number
feature-mail = an e-mail address
feature-handle = a name with @
feature-money = an amount of money
feature-contact-app = naming a chat app
feature-styled = decorative letters
feature-mixed = letters of several scripts in one word
feature-spaced = words written letter by letter
feature-leet = digits in place of letters
feature-len = the length
feature-upper = the share of capitals
feature-digit = the share of digits
feature-emoji = the number of emoji
feature-excl = the number of exclamation marks
feature-dup = repetition of words
feature-author-link = a link in the name
feature-author-obfuscated = disguised letters in the name

# captcha

captcha-alt-digits = Image with { $length } digits; type them into the verification code field. If you cannot read it, ask for another image.
captcha-alt = Image with { $length } letters and digits; type them into the verification code field. If you cannot read it, ask for another image.
field-author-name = Full name
field-title = Title
field-content = Content
field-challenge-answer = Verification code
