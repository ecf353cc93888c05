//! The service's error, decoded from the status and its details.

use std::time::Duration;

use duyet_proto::v1::{ErrorReason, IssueChallengeResponse};
use prost::Message as _;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::service::got_lost;

/// A status, decoded.
#[derive(Debug)]
pub(crate) struct ServiceError {
    pub(crate) reason: ErrorReason,
    /// The message for the reader, in Vietnamese. Empty if the service sent none.
    pub(crate) message: String,
    /// The invalid fields of the request with their problems.
    pub(crate) fields: Vec<(String, String)>,
    /// The time after which a retry is permitted.
    pub(crate) wait: Option<Duration>,
    /// A new image that came with an error about the old one. Showing it saves a call of `IssueChallenge`, which would
    /// be charged to the quota of challenges again.
    pub(crate) fresh: Option<Box<IssueChallengeResponse>>,
}

impl ServiceError {
    pub(crate) fn decode(status: &Status) -> Self {
        let details = status.get_error_details();
        let violations = details.bad_request().map(|bad| bad.field_violations.clone()).unwrap_or_default();
        let error = Self {
            reason: reason(status),
            message: details.localized_message().map(|message| message.message.clone()).unwrap_or_default(),
            fields: violations.into_iter().map(|violation| (violation.field, violation.description)).collect(),
            wait: details.retry_info().and_then(|info| info.retry_delay),
            fresh: fresh_challenge(status),
        };
        // Logs only the reason, because a status message may quote the reader.
        let (reason, code) = (error.reason.as_str_name(), status.code());
        if error.is_readers() {
            tracing::debug!(reason, ?code, "the service returned an error");
        } else {
            tracing::warn!(reason, ?code, "the service returned an error");
        }
        error
    }

    /// Returns whether the error concerns the reader. Other errors concern the operator of the portal.
    fn is_readers(&self) -> bool {
        !matches!(
            self.reason,
            ErrorReason::Overloaded
                | ErrorReason::StorageUnavailable
                | ErrorReason::Deadline
                | ErrorReason::TokenInvalid
                | ErrorReason::MissingRole
                | ErrorReason::Internal
        )
    }
}

/// Returns the reason by name. An unknown reason, from a newer service, is replaced by one that fits the code.
fn reason(status: &Status) -> ErrorReason {
    let info = status.get_details_error_info().filter(|info| info.domain == "duyet");
    let named = info.and_then(|info| ErrorReason::from_str_name(&format!("ERROR_REASON_{}", info.reason)));
    named.unwrap_or_else(|| match status.code() {
        Code::InvalidArgument => ErrorReason::ValidationFailed,
        Code::ResourceExhausted => ErrorReason::RateLimited,
        _ if got_lost(status) => ErrorReason::StorageUnavailable,
        _ => ErrorReason::Internal,
    })
}

/// Finds the detail by its type. The details are a list of `Any`, and tonic-types decodes only Google's own types.
fn fresh_challenge(status: &Status) -> Option<Box<IssueChallengeResponse>> {
    let status = tonic_types::Status::decode(status.details()).ok()?;
    let any = status.details.iter().find(|any| any.type_url.ends_with("/duyet.v1.IssueChallengeResponse"))?;
    IssueChallengeResponse::decode(any.value.as_slice()).ok().map(Box::new)
}
