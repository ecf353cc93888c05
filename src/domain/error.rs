//! The one error enum: a variant per thing that a caller must tell apart. `grpc/status.rs` maps it to codes.

use std::time::Duration;

use uuid::Uuid;

use super::{
    access::Role,
    article::ArticleName,
    challenge::{CaptchaFailure, IssuedChallenge},
    decision::Standing,
    id::{ArticleId, CommentId},
    lifecycle::Status,
    nearest,
    policy::Mode,
    rate_limit::LimitName,
    text,
};

/// Result of everything behind the wire.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a request was not done. Driver text stays in `source` and is logged, never sent.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("invalid request: {0}")]
    Invalid(Violations),
    #[error("captcha {failure}")]
    Captcha {
        failure: CaptchaFailure,
        /// A new challenge for the reader's next try, when one could be made.
        fresh: Option<Box<IssuedChallenge>>,
    },
    #[error("over the limit {limit}")]
    RateLimited { limit: LimitName, retry_after: Duration },
    #[error("overloaded: {what}")]
    Overloaded { what: &'static str, retry_after: Duration },
    #[error("storage unavailable")]
    StorageUnavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the article takes no comments ({mode})")]
    ArticleClosed { mode: Mode },
    #[error("no valid access token")]
    TokenInvalid,
    #[error("role {role} may not call this method")]
    MissingRole { role: Role, allowed: &'static [Role] },
    #[error("no comment {0}")]
    CommentNotFound(CommentId),
    #[error("no article {id}")]
    ArticleNotFound {
        id: ArticleId,
        /// Known ones that may be meant, the likeliest first.
        nearest: Vec<ArticleName>,
    },
    #[error("a ban is in force")]
    Banned,
    #[error("no ban {0}")]
    BanNotFound(Uuid),
    #[error("no term {0}")]
    TermNotFound(Uuid),
    #[error("the comment came without what is to be banned")]
    BanSubjectUnknown,
    #[error("nothing of that kind in the audit")]
    AuditEntryNotFound,
    #[error("only an admin may take this back")]
    RevertDenied,
    #[error("taken back before")]
    AlreadyReverted,
    #[error("this cannot be taken back")]
    NotRevertible,
    #[error("the comment was changed by {}", .0.actor)]
    StaleRevision(Box<Standing>),
    #[error("the article was changed, it is at revision {current}")]
    StaleArticle { current: i64 },
    #[error("the site was changed, it is at revision {current}")]
    StaleSite { current: i64 },
    #[error("the term was changed, it is at revision {current}")]
    StaleTerm { current: i64 },
    #[error("a comment cannot go from {from} to {to}")]
    InvalidTransition { from: Status, to: Status },
    #[error("the request_id was used with another payload")]
    RequestIdReused,
    #[error("the page token does not fit this request")]
    PageTokenInvalid,
    #[error("the deadline passed")]
    Deadline,
    #[error("the message is over {limit} bytes")]
    MessageTooLarge { limit: usize },
    #[error("the message cannot be decoded")]
    MessageMalformed,
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// A captcha failure without a fresh challenge yet.
    pub const fn captcha(failure: CaptchaFailure) -> Self {
        Self::Captcha { failure, fresh: None }
    }

    /// A fault of ours, described for the log.
    pub fn internal(what: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(what.into())
    }

    /// The name that clients, metrics and logs know this error by: a value of `ErrorReason` in the proto.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "VALIDATION_FAILED",
            Self::Captcha { failure, .. } => match failure {
                CaptchaFailure::Required => "CAPTCHA_REQUIRED",
                CaptchaFailure::Incorrect => "CAPTCHA_INCORRECT",
                CaptchaFailure::Expired => "CAPTCHA_EXPIRED",
                CaptchaFailure::Used => "CAPTCHA_USED",
                CaptchaFailure::Invalid => "CAPTCHA_INVALID",
            },
            Self::RateLimited { .. } => "RATE_LIMITED",
            Self::Overloaded { .. } => "OVERLOADED",
            Self::StorageUnavailable(_) => "STORAGE_UNAVAILABLE",
            Self::ArticleClosed { .. } => "ARTICLE_CLOSED",
            Self::MissingRole { .. } => "MISSING_ROLE",
            Self::TokenInvalid => "TOKEN_INVALID",
            Self::CommentNotFound(_) => "COMMENT_NOT_FOUND",
            Self::ArticleNotFound { .. } => "ARTICLE_NOT_FOUND",
            Self::Banned => "BANNED",
            Self::BanNotFound(_) => "BAN_NOT_FOUND",
            Self::TermNotFound(_) => "TERM_NOT_FOUND",
            Self::BanSubjectUnknown => "BAN_SUBJECT_UNKNOWN",
            Self::AuditEntryNotFound => "AUDIT_ENTRY_NOT_FOUND",
            Self::RevertDenied => "REVERT_DENIED",
            Self::AlreadyReverted => "ALREADY_REVERTED",
            Self::NotRevertible => "NOT_REVERTIBLE",
            Self::StaleRevision(_) | Self::StaleArticle { .. } | Self::StaleSite { .. } | Self::StaleTerm { .. } => {
                "STALE_REVISION"
            }
            Self::InvalidTransition { .. } => "INVALID_TRANSITION",
            Self::RequestIdReused => "REQUEST_ID_REUSED",
            Self::PageTokenInvalid => "PAGE_TOKEN_INVALID",
            Self::Deadline => "DEADLINE",
            Self::MessageTooLarge { .. } => "MESSAGE_TOO_LARGE",
            Self::MessageMalformed => "MESSAGE_MALFORMED",
            Self::Internal(_) => "INTERNAL",
        }
    }

    /// One violation of one field.
    pub fn invalid(field: &'static str, problem: Problem) -> Self {
        let mut violations = Violations::default();
        violations.add(field, problem);
        Self::Invalid(violations)
    }
}

/// Most names to suggest: a longer list does not help.
const MOST_NAMES: usize = 30;

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    Required,
    /// More graphemes than allowed.
    TooLong {
        limit: usize,
        actual: usize,
    },
    /// More bytes than allowed.
    TooManyBytes {
        limit: usize,
        actual: usize,
    },
    TooMany {
        limit: usize,
    },
    NotAUuid,
    NotAnArticleId,
    NotAUrl,
    UnknownValue,
    /// An unknown name, with the known names that may be meant.
    UnknownName {
        nearest: String,
    },
    OutOfRange,
    NotForCallers,
    /// The same thing twice.
    Repeated,
}

impl Problem {
    /// Key of the message in the locale files.
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Required => "problem-required",
            Self::TooLong { .. } => "problem-too-long",
            Self::TooManyBytes { .. } => "problem-too-many-bytes",
            Self::TooMany { .. } => "problem-too-many",
            Self::NotAUuid => "problem-not-a-uuid",
            Self::NotAnArticleId => "problem-not-an-article-id",
            Self::NotAUrl => "problem-not-a-url",
            Self::UnknownValue => "problem-unknown-value",
            Self::UnknownName { .. } => "problem-unknown-name",
            Self::OutOfRange => "problem-out-of-range",
            Self::NotForCallers => "problem-not-for-callers",
            Self::Repeated => "problem-repeated",
        }
    }

    /// A name that nobody knows, beside the known names that are most like it; beside all of them when none is.
    pub fn unknown_name(name: &str, known: &[&str]) -> Self {
        let mut nearest = nearest::nearest(name, known.iter().copied(), 3);
        if nearest.is_empty() {
            nearest = known.iter().copied().take(MOST_NAMES).collect();
        }
        Self::UnknownName { nearest: nearest.join(", ") }
    }

    /// Numbers in the message: `limit` and `actual`.
    pub fn numbers(&self) -> Vec<(&'static str, usize)> {
        match *self {
            Self::TooLong { limit, actual } | Self::TooManyBytes { limit, actual } => {
                vec![("limit", limit), ("actual", actual)]
            }
            Self::TooMany { limit } => vec![("limit", limit)],
            _ => vec![],
        }
    }
}

/// Collects every violation of a request, so that a form shows them all at once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Violations(Vec<(&'static str, Problem)>);

impl Violations {
    pub fn add(&mut self, field: &'static str, problem: Problem) {
        self.0.push((field, problem));
    }

    /// Notes when `text` has more graphemes or bytes than allowed.
    pub fn check_length(&mut self, field: &'static str, text: &str, graphemes: usize, bytes: usize) {
        if text.len() > bytes {
            self.add(field, Problem::TooManyBytes { limit: bytes, actual: text.len() });
        } else {
            let actual = text::graphemes(text);
            if actual > graphemes {
                self.add(field, Problem::TooLong { limit: graphemes, actual });
            }
        }
    }

    /// Takes a parsed value, or notes the problem and answers `None`.
    pub fn take<T>(&mut self, field: &'static str, value: Option<T>, problem: Problem) -> Option<T> {
        if value.is_none() {
            self.add(field, problem);
        }
        value
    }

    pub fn iter(&self) -> impl Iterator<Item = &(&'static str, Problem)> {
        self.0.iter()
    }

    /// Names of the violating fields, in order.
    pub fn fields(&self) -> Vec<&'static str> {
        self.0.iter().map(|(field, _)| *field).collect()
    }

    /// `Ok` when nothing was noted.
    pub fn into_result(self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Invalid(self)) }
    }
}

impl std::fmt::Display for Violations {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let fields = self.fields();
        f.write_str(&fields.join(", "))
    }
}
