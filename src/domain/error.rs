//! The one error enum, with a variant for each failure that a caller must distinguish. `grpc/status.rs` maps it to
//! codes.

use std::time::Duration;

use uuid::Uuid;

use super::{
    access::Role,
    article_name::ArticleName,
    challenge::{CaptchaFailure, IssuedChallenge},
    id::{ArticleId, CommentId},
    last_change::LastChange,
    lifecycle::Status,
    mode::Mode,
    rate_limit::LimitName,
    violation::{Problem, Violations},
};

/// The result type of everything behind the gRPC layer.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The reason why a request failed. A driver's text is kept in `source` and logged, but never sent to a client.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("invalid request: {0}")]
    Invalid(Violations),
    #[error("captcha {failure}")]
    Captcha {
        failure: CaptchaFailure,
        /// A new challenge for the reader's next attempt, if one could be issued.
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
        /// Known articles that the caller may have meant, the most likely first.
        nearest: Vec<ArticleName>,
    },
    #[error("a ban is in force")]
    Banned,
    #[error("no ban {0}")]
    BanNotFound(Uuid),
    #[error("no term {0}")]
    TermNotFound(Uuid),
    #[error("the comment has no data of the kind to ban")]
    BanSubjectUnknown,
    #[error("no such entry in the audit")]
    AuditEntryNotFound,
    #[error("only an admin may revert this")]
    RevertDenied,
    #[error("already reverted")]
    AlreadyReverted,
    #[error("this cannot be reverted")]
    NotRevertible,
    #[error("the comment was changed by {}", .0.actor)]
    StaleRevision(Box<LastChange>),
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
    #[error("the page token is not valid for this request")]
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
    /// Creates a captcha failure without a new challenge.
    pub const fn captcha(failure: CaptchaFailure) -> Self {
        Self::Captcha { failure, fresh: None }
    }

    /// Creates an error for a fault of the service. `what` is logged.
    pub fn internal(what: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(what.into())
    }

    /// Returns the name of the error for clients, metrics and logs: a value of `ErrorReason` in the proto.
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

    /// Creates an error for one violation of one field.
    pub fn invalid(field: &'static str, problem: Problem) -> Self {
        let mut violations = Violations::default();
        violations.add(field, problem);
        Self::Invalid(violations)
    }
}

impl Violations {
    /// Builds a request from its parsed fields if there are no violations. A parser that returned `None` has added a
    /// violation, so `build` may take the fields with `?`.
    ///
    /// # Errors
    /// [`Error::Invalid`] with all violations. [`Error::Internal`] when `build` finds a field missing without a
    /// violation.
    pub fn finish<T>(self, build: impl FnOnce() -> Option<T>) -> Result<T> {
        self.into_result()?;
        build().ok_or_else(|| Error::internal("a field is missing without a violation"))
    }
}

impl From<Violations> for Error {
    fn from(violations: Violations) -> Self {
        Self::Invalid(violations)
    }
}
