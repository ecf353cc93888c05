//! Details of an error status: `google.rpc` messages and a text in the caller's language.

use std::{collections::HashMap, time::Duration};

use duyet_locale::{Locale, Value};
use tonic_types::ErrorDetails;

use super::request_id::current_request_id;
use crate::domain::{
    Error,
    article_name::ArticleName,
    challenge::CaptchaFailure,
    violation::{Problem, Violations},
};

/// The value of `google.rpc.ErrorInfo.domain` in every error.
const DOMAIN: &str = "duyet";

/// Retry delay that clients are given when the database is not available.
pub(super) const STORAGE_RETRY: Duration = Duration::from_secs(1);

/// Builds the details of `error`, with texts in `locale`.
pub(super) fn error_details(error: &Error, locale: Locale) -> ErrorDetails {
    let mut details = ErrorDetails::new();
    details.set_error_info(error.reason(), DOMAIN, metadata(error));
    let key = message_key(error);
    details.set_localized_message(locale.as_str(), locale.text_with(&key, &values(error)));
    add_details(error, locale, &mut details);
    details
}

/// Collects the metadata of the `ErrorInfo`, on which a client may branch in addition to the reason.
fn metadata(error: &Error) -> HashMap<String, String> {
    let pairs: Vec<(&str, String)> = match error {
        Error::RateLimited { limit, .. } => vec![("limit", limit.to_string())],
        Error::ArticleClosed { mode } => vec![("mode", mode.to_string())],
        Error::MissingRole { role, allowed } => {
            let allowed: Vec<_> = allowed.iter().map(|role| role.as_str()).collect();
            vec![("role", role.to_string()), ("allowed", allowed.join(","))]
        }
        Error::StaleRevision(last_change) => vec![
            ("current_status", last_change.status.to_string()),
            ("current_revision", last_change.revision.to_string()),
            ("decided_by", last_change.actor.clone()),
            ("decided_at", last_change.at.to_rfc3339()),
        ],
        Error::StaleArticle { current } | Error::StaleSite { current } | Error::StaleTerm { current } => {
            vec![("current_revision", current.to_string())]
        }
        Error::InvalidTransition { from, to } => vec![("from", from.to_string()), ("to", to.to_string())],
        Error::ArticleNotFound { nearest, .. } => {
            let keys =
                [("nearest_1", "nearest_1_title"), ("nearest_2", "nearest_2_title"), ("nearest_3", "nearest_3_title")];
            let pairs = keys.into_iter().zip(nearest);
            pairs.flat_map(|((id, title), name)| [(id, name.id.to_string()), (title, name.title.clone())]).collect()
        }
        _ => vec![],
    };
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// Chooses the key of the localized message. It follows from the reason, except where one reason covers several
/// situations.
fn message_key(error: &Error) -> String {
    match error {
        Error::StaleArticle { .. } => "error-stale-article".to_owned(),
        Error::StaleSite { .. } => "error-stale-site".to_owned(),
        Error::StaleTerm { .. } => "error-stale-term".to_owned(),
        Error::ArticleNotFound { nearest, .. } if !nearest.is_empty() => "error-article-not-found-nearest".to_owned(),
        other => format!("error-{}", other.reason().to_lowercase().replace('_', "-")),
    }
}

/// Collects the values that the localized message may contain.
fn values(error: &Error) -> Vec<(&'static str, Value)> {
    match error {
        Error::RateLimited { retry_after, .. } => vec![("seconds", Value::Number(whole_seconds(*retry_after)))],
        Error::StaleRevision(last_change) => vec![("actor", Value::Text(last_change.actor.clone()))],
        Error::InvalidTransition { from, to } => {
            vec![("from", Value::Text(from.to_string())), ("to", Value::Text(to.to_string()))]
        }
        Error::MissingRole { role, .. } => vec![("role", Value::Text(role.to_string()))],
        Error::ArticleNotFound { nearest, .. } => {
            let said = |name: &ArticleName| match name.title.as_str() {
                "" => name.id.to_string(),
                title => format!("{} ({title})", name.id),
            };
            vec![("nearest", Value::Text(nearest.iter().map(said).collect::<Vec<_>>().join("; ")))]
        }
        _ => vec![],
    }
}

fn whole_seconds(wait: Duration) -> i64 {
    i64::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(i64::MAX)
}

fn add_details(error: &Error, locale: Locale, details: &mut ErrorDetails) {
    match error {
        Error::Invalid(violations) => add_violations(violations, locale, details),
        Error::Captcha { failure: CaptchaFailure::Incorrect, .. } => {
            details.add_bad_request_violation("challenge_answer", locale.text("error-captcha-incorrect"));
        }
        Error::Captcha { failure: CaptchaFailure::Invalid, .. } => {
            details.add_bad_request_violation("challenge_token", locale.text("error-captcha-invalid"));
        }
        Error::Captcha { failure, .. } => {
            details.add_precondition_failure_violation("CAPTCHA", "challenge_token", failure.as_str());
        }
        Error::PageTokenInvalid => {
            details.add_bad_request_violation("page_token", locale.text("error-page-token-invalid"));
        }
        Error::RequestIdReused => {
            details.add_bad_request_violation("request_id", locale.text("error-request-id-reused"));
        }
        Error::RateLimited { retry_after, limit } => {
            details.set_retry_info(Some(*retry_after));
            details.add_quota_failure_violation(limit.as_str(), "the quota is exhausted");
        }
        Error::Overloaded { retry_after, .. } => {
            details.set_retry_info(Some(*retry_after));
        }
        Error::StorageUnavailable(_) => {
            details.set_retry_info(Some(STORAGE_RETRY));
        }
        Error::ArticleClosed { mode } => {
            details.add_precondition_failure_violation("MODE", "article_id", mode.as_str());
        }
        Error::InvalidTransition { from, .. } => {
            details.add_precondition_failure_violation("STATUS", "comment_id", from.as_str());
        }
        Error::BanSubjectUnknown => {
            details.add_precondition_failure_violation("SUBJECT", "subject_kind", "unknown");
        }
        Error::AlreadyReverted | Error::NotRevertible => {
            details.add_precondition_failure_violation("REVERT", "target", error.reason());
        }
        Error::Internal(_) => {
            details.set_request_info(current_request_id(), "");
        }
        other => {
            if let Some((kind, name)) = resource(other) {
                details.set_resource_info(kind, name, "", "");
            }
        }
    }
}

/// Returns the type and name of the resource that was not found, or that another caller has changed.
fn resource(error: &Error) -> Option<(&'static str, String)> {
    Some(match error {
        Error::StaleRevision(last_change) => ("duyet.v1.Comment", last_change.comment.to_string()),
        Error::CommentNotFound(id) => ("duyet.v1.Comment", id.to_string()),
        Error::ArticleNotFound { id, .. } => ("duyet.v1.Article", id.to_string()),
        Error::BanNotFound(id) => ("duyet.v1.Ban", id.to_string()),
        Error::TermNotFound(id) => ("duyet.v1.Term", id.to_string()),
        Error::AuditEntryNotFound => ("duyet.v1.AuditEntry", String::new()),
        _ => return None,
    })
}

fn add_violations(violations: &Violations, locale: Locale, details: &mut ErrorDetails) {
    for (field, problem) in violations.iter() {
        let numbers = problem.numbers();
        let mut values: Vec<_> = numbers
            .into_iter()
            .map(|(name, number)| (name, Value::Number(i64::try_from(number).unwrap_or(i64::MAX))))
            .collect();
        if let Problem::UnknownName { nearest } = problem {
            values.push(("nearest", Value::Text(nearest.clone())));
        }
        details.add_bad_request_violation(*field, locale.text_with(problem.key(), &values));
    }
}
