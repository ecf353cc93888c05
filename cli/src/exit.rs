//! Exit codes, and failures in words. The exit codes are part of the interface for scripts.

use std::{error::Error as _, process::ExitCode, time::Duration};

use chrono::{DateTime, Local, Utc};
use prost::Message as _;
use prost_types::Any;
use tonic::{Code, Status};
use tonic_types::{ErrorInfo, StatusExt as _, pb};

use super::{names, sanitize};
use duyet_locale::Locale;

/// The result of a command. A command with several results exits with the greatest code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Exit {
    Done = 0,
    Failed = 1,
    Usage = 2,
    NotFound = 3,
    Denied = 4,
    Conflict = 5,
    Unavailable = 6,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl Exit {
    const fn code(self) -> Code {
        match self {
            Self::Done => Code::Ok,
            Self::Failed => Code::Unknown,
            Self::Usage => Code::InvalidArgument,
            Self::NotFound => Code::NotFound,
            Self::Denied => Code::PermissionDenied,
            Self::Conflict => Code::Aborted,
            Self::Unavailable => Code::Unavailable,
        }
    }

    fn of(code: Code, reason: &str) -> Self {
        match (code, reason) {
            (Code::Ok, _) => Self::Done,
            (Code::InvalidArgument, "VALIDATION_FAILED" | "PAGE_TOKEN_INVALID") => Self::Usage,
            (Code::NotFound, _) => Self::NotFound,
            (Code::PermissionDenied | Code::Unauthenticated, _) => Self::Denied,
            (Code::Aborted | Code::AlreadyExists, _)
            | (Code::FailedPrecondition, "INVALID_TRANSITION" | "ALREADY_REVERTED") => Self::Conflict,
            (Code::ResourceExhausted, "MESSAGE_TOO_LARGE") => Self::Failed,
            // A deadline of the client itself is reported as CANCELLED.
            (Code::ResourceExhausted | Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled, _) => {
                Self::Unavailable
            }
            _ => Self::Failed,
        }
    }
}

/// The failure of a command or of one of its items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) exit: Exit,
    /// The message, sanitized.
    pub(super) message: String,
    /// The earlier decision, if the failure is a conflict about a comment.
    pub(super) prior: Option<Box<PriorDecision>>,
    /// The service's code, or the nearest code for a failure of the client.
    pub(super) code: Code,
    /// The details that the service sent.
    pub(super) details: Vec<Any>,
}

/// A colleague's earlier decision, and the revision that it produced.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct PriorDecision {
    pub(super) status: String,
    pub(super) revision: i64,
    pub(super) decided_by: String,
    pub(super) decided_at: Option<DateTime<Utc>>,
}

impl Failure {
    pub(super) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), prior: None, code: exit.code(), details: vec![] }
    }

    /// Converts a status from the service at `addr`, or a broken connection to it.
    pub(super) fn from_status(status: &Status, locale: Locale, addr: &str, deadline: Duration) -> Self {
        let info = status.get_details_error_info();
        let reason = info.as_ref().map(|info| info.reason.clone()).unwrap_or_default();
        let prior = info.as_ref().and_then(prior_decision);
        let broken = status.source().is_some() && matches!(status.code(), Code::Unavailable | Code::Unknown);
        let exit = if broken { Exit::Unavailable } else { Exit::of(status.code(), &reason) };
        let message = match (&prior, status.code()) {
            (Some(prior), _) => conflict(prior, locale),
            (None, Code::Cancelled | Code::DeadlineExceeded) if info.is_none() => {
                locale.text_with("cli-too-slow", &[("addr", addr.into()), ("seconds", seconds(deadline).into())])
            }
            (None, Code::Unavailable | Code::Unknown) if info.is_none() && exit == Exit::Unavailable => {
                unreachable(locale, addr)
            }
            // Comments and articles share this reason. A status without the details of a decision is about an article.
            (None, Code::Aborted) if reason == "STALE_REVISION" => locale.text("error-stale-article"),
            _ => explain(status, &reason),
        };
        let details = pb::Status::decode(status.details()).map(|status| status.details).unwrap_or_default();
        Self { exit, message, prior: prior.map(Box::new), code: status.code(), details }
    }

    /// Returns the status for `--json`: the service's code and details, with the message for the user.
    pub(super) fn status(&self) -> pb::Status {
        pb::Status { code: self.code.into(), message: self.message.clone(), details: self.details.clone() }
    }
}

pub(super) fn unreachable(locale: Locale, addr: &str) -> String {
    locale.text_with("cli-unreachable", &[("addr", sanitize::line(addr).into())])
}

/// Formats a time in the local time zone.
pub(super) fn local_time(at: DateTime<Utc>, locale: Locale) -> String {
    let format = match locale {
        Locale::Vi => "%H:%M %d/%m/%Y",
        Locale::En => "%Y-%m-%d %H:%M",
    };
    at.with_timezone(&Local).format(format).to_string()
}

/// Returns the service's message in the caller's language, then every invalid field and the request id.
fn explain(status: &Status, reason: &str) -> String {
    let said = status.get_details_localized_message().map(|localized| localized.message);
    let said = said.filter(|message| !message.is_empty()).unwrap_or_else(|| format!("{} {reason}", status.message()));
    let mut lines = vec![sanitize::line(said.trim())];
    if let Some(request) = status.get_details_bad_request() {
        let violations = request.field_violations.iter();
        lines.extend(violations.map(|at| sanitize::line(&format!("{}: {}", at.field, at.description))));
    }
    if let Some(request) = status.get_details_request_info() {
        lines.push(sanitize::line(&format!("request_id: {}", request.request_id)));
    }
    lines.join("\n  ")
}

fn conflict(prior: &PriorDecision, locale: Locale) -> String {
    let status = names::words(locale, "status", &prior.status);
    let at = prior.decided_at.map(|at| local_time(at, locale)).unwrap_or_default();
    let values = [("actor", &prior.decided_by), ("status", &status), ("at", &at)];
    locale.text_with("cli-conflict", &values.map(|(name, value)| (name, sanitize::line(value).into())))
}

/// Returns the earlier decision, or `None` if the error is not a conflict about a comment.
fn prior_decision(info: &ErrorInfo) -> Option<PriorDecision> {
    if info.reason != "STALE_REVISION" {
        return None;
    }
    let read = |key| info.metadata.get(key).cloned();
    Some(PriorDecision {
        status: read("current_status")?,
        revision: read("current_revision")?.parse().ok()?,
        decided_by: read("decided_by")?,
        decided_at: read("decided_at")?.parse().ok(),
    })
}

fn seconds(deadline: Duration) -> i64 {
    i64::try_from(deadline.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use tonic_types::ErrorDetails;

    use super::*;

    fn failure(code: Code, reason: &str, metadata: &[(&str, &str)]) -> Failure {
        let metadata = metadata.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let mut details = ErrorDetails::with_error_info(reason, "duyet", metadata.collect::<HashMap<_, _>>());
        details.set_localized_message("vi", "Lời của máy chủ.\u{1b}[2J");
        let status = Status::with_error_details(code, "words for developers", details);
        Failure::from_status(&status, Locale::Vi, "http://a", Duration::from_secs(10))
    }

    #[test]
    fn every_class_of_error_has_its_exit_code() {
        use Exit::{Conflict, Denied, Failed, NotFound, Unavailable, Usage};
        let cases = [
            (Code::InvalidArgument, "VALIDATION_FAILED", Usage),
            (Code::InvalidArgument, "PAGE_TOKEN_INVALID", Usage),
            (Code::InvalidArgument, "REQUEST_ID_REUSED", Failed),
            (Code::NotFound, "COMMENT_NOT_FOUND", NotFound),
            (Code::PermissionDenied, "MISSING_ROLE", Denied),
            (Code::Unauthenticated, "TOKEN_INVALID", Denied),
            (Code::FailedPrecondition, "INVALID_TRANSITION", Conflict),
            (Code::FailedPrecondition, "ARTICLE_CLOSED", Failed),
            (Code::FailedPrecondition, "ALREADY_REVERTED", Conflict),
            (Code::FailedPrecondition, "NOT_REVERTIBLE", Failed),
            (Code::FailedPrecondition, "BAN_SUBJECT_UNKNOWN", Failed),
            (Code::NotFound, "BAN_NOT_FOUND", NotFound),
            (Code::NotFound, "TERM_NOT_FOUND", NotFound),
            (Code::NotFound, "AUDIT_ENTRY_NOT_FOUND", NotFound),
            (Code::PermissionDenied, "REVERT_DENIED", Denied),
            (Code::PermissionDenied, "BANNED", Denied),
            (Code::ResourceExhausted, "RATE_LIMITED", Unavailable),
            (Code::ResourceExhausted, "MESSAGE_TOO_LARGE", Failed),
            (Code::Unavailable, "OVERLOADED", Unavailable),
            (Code::Unavailable, "STORAGE_UNAVAILABLE", Unavailable),
            (Code::DeadlineExceeded, "DEADLINE", Unavailable),
            (Code::Internal, "INTERNAL", Failed),
            (Code::Unimplemented, "", Failed),
        ];
        for (code, reason, exit) in cases {
            let failure = failure(code, reason, &[]);
            assert_eq!((failure.exit, failure.message.as_str()), (exit, "Lời của máy chủ."), "{code:?} {reason}");
        }
    }

    #[test]
    fn the_worst_of_several_results_is_the_greatest_code() {
        let worst = [Exit::Done, Exit::Conflict, Exit::NotFound].into_iter().max();
        assert_eq!(worst, Some(Exit::Conflict));
    }

    #[test]
    fn a_conflict_names_the_earlier_moderator_and_decision() {
        let metadata = [
            ("current_status", "SPAM"),
            ("current_revision", "3"),
            ("decided_by", "lan\u{1b}[31m"),
            ("decided_at", "2026-05-01T08:00:00Z"),
        ];
        let failure = failure(Code::Aborted, "STALE_REVISION", &metadata);
        assert_eq!(failure.prior.as_ref().map(|prior| prior.revision), Some(3));
        assert!(failure.message.starts_with("lan đã chuyển"), "{}", failure.message);
        assert!(failure.message.contains("2026"), "{}", failure.message);
        let status = failure.status();
        assert_eq!((status.code, status.message), (10, failure.message));
        assert!(status.details[0].type_url.ends_with("google.rpc.ErrorInfo"), "{:?}", status.details);
    }

    #[test]
    fn a_conflict_about_an_article_names_the_article() {
        let failure = failure(Code::Aborted, "STALE_REVISION", &[("current_revision", "5")]);
        assert_eq!((failure.exit, failure.prior), (Exit::Conflict, None));
        assert_eq!(failure.message, Locale::Vi.text("error-stale-article"));
    }

    #[test]
    fn a_broken_connection_names_the_address() {
        let lost = Status::from_error(Box::new(std::io::Error::other("reset")));
        for status in [lost, Status::unavailable("tcp connect error"), Status::cancelled("Timeout expired")] {
            let failure = Failure::from_status(&status, Locale::En, "http://a:1", Duration::from_secs(10));
            assert_eq!(failure.exit, Exit::Unavailable);
            assert!(failure.message.contains("http://a:1"), "{}", failure.message);
        }
    }

    #[test]
    fn every_invalid_field_is_listed() {
        let mut details = ErrorDetails::with_bad_request_violation("article_id", "Không được để trống.");
        details.add_bad_request_violation("note", "Tối đa 500 ký tự, hiện có 600.");
        let status = Status::with_error_details(Code::InvalidArgument, "invalid", details);
        let failure = Failure::from_status(&status, Locale::Vi, "http://a", Duration::ZERO);
        assert_eq!(failure.message.lines().count(), 3);
    }
}
