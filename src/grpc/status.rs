//! Maps [`Error`] to [`Status`]. The `match` has no wildcard arm, so that a new error does not compile until it has a
//! code.

use duyet_locale::Locale;
use prost::Message as _;
use tonic::{
    Code, Status,
    metadata::{MetadataMap, MetadataValue},
};
use tonic_types::{ErrorDetails, StatusExt as _};

use super::{convert::challenge::to_issued, error_details::error_details};
use crate::domain::{
    Error,
    challenge::{CaptchaFailure, IssuedChallenge},
};

/// Type URL of the new challenge in the details of a captcha error.
const CHALLENGE_TYPE: &str = "type.googleapis.com/duyet.v1.IssueChallengeResponse";

/// Maps an error to its code and details, with a message in `locale`. Logs the cause of internal and storage errors;
/// causes are never sent to clients.
pub(super) fn to_status(error: &Error, locale: Locale) -> Status {
    log(error);
    let details = error_details(error, locale);
    let code = code(error);
    match fresh_challenge(error) {
        None => Status::with_error_details_and_metadata(code, error.to_string(), details, pushback(error)),
        Some(challenge) => with_challenge(code, error, details, challenge, locale),
    }
}

/// Returns the metadata that controls a client's automatic retries: no retries while a quota is exhausted, and a pause
/// under overload.
fn pushback(error: &Error) -> MetadataMap {
    let wait = match error {
        Error::RateLimited { .. } => Some(MetadataValue::from_static("-1")),
        Error::Overloaded { retry_after, .. } => retry_after.as_millis().to_string().parse().ok(),
        _ => None,
    };
    let mut metadata = MetadataMap::new();
    if let Some(wait) = wait {
        metadata.insert("grpc-retry-pushback-ms", wait);
    }
    metadata
}

fn code(error: &Error) -> Code {
    match error {
        Error::Invalid(_) | Error::RequestIdReused | Error::PageTokenInvalid | Error::MessageMalformed => {
            Code::InvalidArgument
        }
        Error::Captcha { failure, .. } => match failure {
            CaptchaFailure::Incorrect | CaptchaFailure::Invalid => Code::InvalidArgument,
            CaptchaFailure::Required | CaptchaFailure::Expired | CaptchaFailure::Used => Code::FailedPrecondition,
        },
        Error::RateLimited { .. } | Error::MessageTooLarge { .. } => Code::ResourceExhausted,
        Error::Overloaded { .. } | Error::StorageUnavailable(_) => Code::Unavailable,
        Error::ArticleClosed { .. }
        | Error::InvalidTransition { .. }
        | Error::BanSubjectUnknown
        | Error::AlreadyReverted
        | Error::NotRevertible => Code::FailedPrecondition,
        Error::TokenInvalid => Code::Unauthenticated,
        Error::MissingRole { .. } | Error::Banned | Error::RevertDenied => Code::PermissionDenied,
        Error::CommentNotFound(_)
        | Error::ArticleNotFound { .. }
        | Error::BanNotFound(_)
        | Error::TermNotFound(_)
        | Error::AuditEntryNotFound => Code::NotFound,
        Error::StaleRevision(_) | Error::StaleArticle { .. } | Error::StaleSite { .. } | Error::StaleTerm { .. } => {
            Code::Aborted
        }
        Error::Deadline => Code::DeadlineExceeded,
        Error::Internal(_) => Code::Internal,
    }
}

fn fresh_challenge(error: &Error) -> Option<&IssuedChallenge> {
    match error {
        Error::Captcha { fresh, .. } => fresh.as_deref(),
        _ => None,
    }
}

/// Adds the new challenge to the encoded details, because `ErrorDetails` supports only the types of `google.rpc`.
fn with_challenge(
    code: Code,
    error: &Error,
    details: ErrorDetails,
    challenge: &IssuedChallenge,
    locale: Locale,
) -> Status {
    let plain = Status::with_error_details(code, error.to_string(), details);
    let challenge = to_issued(challenge.clone(), locale);
    let any = prost_types::Any { type_url: CHALLENGE_TYPE.to_owned(), value: challenge.encode_to_vec() };
    let addition = tonic_types::pb::Status { code: 0, message: String::new(), details: vec![any] };
    // Protobuf merges concatenated messages: repeated fields are appended, and absent scalar fields keep their value.
    let bytes = [plain.details(), &addition.encode_to_vec()].concat();
    Status::with_details_and_metadata(code, error.to_string(), bytes.into(), MetadataMap::new())
}

fn log(error: &Error) {
    let reason = error.reason();
    match error {
        Error::Internal(cause) => tracing::error!(reason, %cause, "internal error"),
        Error::StorageUnavailable(cause) => tracing::warn!(reason, %cause, "storage unavailable"),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{domain::rate_limit::LimitName, grpc::error_details::STORAGE_RETRY};

    #[test]
    fn retryable_errors_have_a_retry_delay() {
        let retry_after = Duration::from_millis(1_200);
        let cases = [
            (Error::RateLimited { limit: LimitName::SubmitsPerDevice, retry_after }, retry_after, Some("-1")),
            (Error::Overloaded { what: "submit queue", retry_after }, retry_after, Some("1200")),
            (Error::StorageUnavailable("away".into()), STORAGE_RETRY, None),
        ];
        for (error, expected, pushback) in cases {
            let status = to_status(&error, Locale::En);
            let sent = status.metadata().get("grpc-retry-pushback-ms").map(|value| value.to_str().unwrap());
            assert_eq!(sent, pushback, "{error}");
            assert_eq!(status.get_details_retry_info().and_then(|info| info.retry_delay), Some(expected), "{error}");
        }
        assert!(to_status(&Error::TokenInvalid, Locale::En).get_details_retry_info().is_none());
    }

    #[test]
    fn causes_are_never_sent() {
        for error in [Error::StorageUnavailable("secret".into()), Error::internal("secret")] {
            let status = to_status(&error, Locale::Vi);
            assert!(
                !status.message().contains("secret") && !String::from_utf8_lossy(status.details()).contains("secret")
            );
        }
    }
}
