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
error-storage-unavailable = The service is temporarily unavailable. Please try again in a few minutes.
error-article-closed = This article does not take comments.
error-missing-role =
    { $role ->
        [PORTAL] A portal's token does not permit this.
        [MODERATOR] A moderator's token does not permit this.
        [ADMIN] An administrator's token does not permit this.
        [METRICS] A monitoring token does not permit this.
       *[other] The role { $role } does not permit this.
    }
error-token-invalid = The access token is unknown, expired or revoked.
error-comment-not-found = There is no such comment.
error-article-not-found = There is no such article.
error-article-not-found-nearest = There is no such article. Did you mean one of these? { $nearest }
error-stale-revision = { $actor } decided on this comment before you. Please look at it again.
# When two people change the policy of one article.
error-stale-article = Another moderator has just changed this article. Please look at it again.
error-stale-site = Another moderator has just changed the site's policy. Please look at it again.
error-stale-term = Another moderator has just changed this term. Please look at it again.
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
error-request-id-reused = This request id was used with other content.
error-page-token-invalid = The page token does not belong to this list. Please start from the first page.
error-deadline = The service took too long to respond. Please try again.
error-message-too-large = The message is too large.
error-message-malformed = The message could not be decoded.
error-internal = The service failed. Please try again later.
error-banned = You cannot comment here at the moment.
error-ban-not-found = There is no such ban.
error-term-not-found = There is no such term.
error-ban-subject-unknown = The subject to ban is unknown: the comment was submitted without it, or too long ago.
error-audit-entry-not-found = There is no such entry to revert.
error-revert-denied = Only an admin may revert a colleague's decision, or one older than 24 hours.
error-already-reverted = This was already reverted.
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
problem-unknown-name = There is no such name. Did you mean one of these? { $nearest }
problem-out-of-range = This value is out of range.
problem-not-for-callers = Only the service sets this value.
problem-repeated = Each item may occur only once.
problem-no-word = At least one word is required: letters, digits or symbols such as emoji.

# findings

finding-link = Contains a link or an e-mail address: “{ $excerpt }”.
finding-phone-number = Contains a phone number: “{ $excerpt }”.
finding-repeated-text =
    { LENGTH($excerpt) ->
        [0] The same text was sent before.
       *[other] Repeated over and over: “{ $excerpt }”.
    }
finding-campaign = Three or more authors sent this same text within a day.
finding-mixed-script = Mixes letters of several scripts in one word: “{ $excerpt }”.
finding-honeypot = The hidden field, which readers cannot see, was filled in.
finding-fast-form = The form was filled in faster than a person can type.
finding-other-device = The verification code was issued to another device.
finding-held-by-ban = A ban holds comments by this sender, or with this text, for a moderator.
finding-hidden-link = Contains a web address with its dots spelt out: “{ $excerpt }”.
finding-contact-app = Asks to continue the conversation elsewhere: “{ $excerpt }”.
finding-money = Mentions an amount of money or a percentage: “{ $excerpt }”.
finding-spam-words = Contains words that are frequent in spam: “{ $excerpt }”.
finding-repeated-word = Repeats one word over and over: “{ $excerpt }”.
finding-styled-letters = Contains letters in a decorative style: “{ $excerpt }”.
finding-spaced-letters = Contains a word written letter by letter: “{ $excerpt }”.
finding-invisible-characters = Several invisible characters were removed from the text.
finding-sampled = Random sample: the score decided automatically, and a moderator is asked to check the decision.
finding-term = Contains a term that the newsroom lists: “{ $excerpt }”.
finding-term-shadow = Contains a listed term that is on trial, without effect: “{ $excerpt }”.
finding-learned =
    { $leaning ->
        [SPAM] Learned from decisions: { $subject } is typical of spam.
       *[APPROVED] Learned from decisions: { $subject } is typical of approved comments.
    }

# names of rules, for columns of a table and for --rule

rule-link = link
rule-phone-number = phone number
rule-repeated-text = repeated text
rule-campaign = campaign
rule-mixed-script = mixed scripts
rule-honeypot = honeypot
rule-fast-form = fast form
rule-other-device = other device
rule-held-by-ban = held by ban
rule-hidden-link = hidden link
rule-contact-app = contact app
rule-money = money
rule-spam-words = spam words
rule-repeated-word = repeated word
rule-styled-letters = styled letters
rule-spaced-letters = spaced letters
rule-invisible-characters = invisible characters
rule-sampled = sampled
rule-learned = learned
rule-term = term
rule-term-shadow = term on trial

# features of the learned score

feature-w = “{ $excerpt }”
feature-b = “{ $excerpt }”
feature-c = spelling like “{ $excerpt }”
feature-h = the site “{ $excerpt }”
feature-t = the kind of address “{ $excerpt }”
feature-p = the number “{ $excerpt }”
feature-pair = several ways to make contact at once
feature-link = a link
feature-links = the number of links
feature-hidden-link = a link with its dots spelt out
feature-phone = a long number
feature-mail = an e-mail address
feature-handle = a name with @
feature-money = an amount of money
feature-contact-app = a mention of a chat app
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

# challenges

captcha-alt-digits = Image with { $length } digits; type them into the verification code field. If you cannot read it, ask for another image.
captcha-alt = Image with { $length } letters and digits; type them into the verification code field. If you cannot read it, ask for another image.
field-author-name = Full name
field-title = Title
field-content = Content
field-challenge-answer = Verification code
