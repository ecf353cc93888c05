//! The authenticated call: what every handler knows about its caller.

use std::sync::Arc;

use chrono::{DateTime, SubsecRound as _, Utc};
use duyet_locale::Locale;
use http::HeaderMap;
use tonic::{Request, Response, Status};

use super::status;
use crate::domain::{Error, Result, access::Caller};

/// An authenticated call. The authentication layer stores it in the request's extensions.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) caller: Arc<Caller>,
    pub(super) locale: Locale,
    /// True when the client accepts responses compressed with gzip.
    pub(super) gzip: bool,
    /// The time of the call, in whole microseconds because that is the precision of both databases.
    pub(super) now: DateTime<Utc>,
}

impl Call {
    /// Returns the call that the authentication layer stored in `request`.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` when there is none.
    pub(super) fn of<T>(request: &Request<T>) -> Result<Self, Status> {
        let call = request.extensions().get::<Self>().cloned();
        call.ok_or_else(|| status::to_status(&Error::TokenInvalid, Locale::default()))
    }

    /// Converts a handler's result to a response, compressed if that is worthwhile.
    pub(super) fn answer<T: prost::Message>(&self, result: Result<T>) -> Result<Response<T>, Status> {
        let message = self.with_status(result)?;
        let bytes = if self.gzip { message.encoded_len() } else { 0 };
        Ok(self.sized(message, bytes))
    }

    /// Builds a response that is sent uncompressed if its encoded size of `bytes` is below [`WORTH_GZIP`].
    pub(super) fn sized<T>(&self, message: T, bytes: usize) -> Response<T> {
        let mut response = Response::new(message);
        if self.gzip && bytes < WORTH_GZIP {
            response.disable_compression();
        }
        response
    }

    /// Converts a handler's result to a streaming response.
    pub(super) fn stream<T>(&self, result: Result<T>) -> Result<Response<T>, Status> {
        self.with_status(result).map(Response::new)
    }

    /// Maps an error to the gRPC status that the client receives.
    pub(super) fn with_status<T>(&self, result: Result<T>) -> Result<T, Status> {
        result.map_err(|error| status::to_status(&error, self.locale))
    }
}

/// Size in bytes below which compression costs more than it saves: the message fits into one packet anyway.
const WORTH_GZIP: usize = 1_400;

/// Checks whether the client accepts responses compressed with gzip.
pub(super) fn takes_gzip(headers: &HeaderMap) -> bool {
    let header = headers.get("grpc-accept-encoding").and_then(|value| value.to_str().ok());
    header.is_some_and(|accepted| accepted.split(',').any(|one| one.trim() == "gzip"))
}

/// Returns the current time in whole microseconds. Only this outer layer reads the clock; the layers below take `now`
/// as a parameter.
#[expect(clippy::disallowed_methods, reason = "the outermost layer reads the clock once per call")]
pub(super) fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}

/// Returns the locale that the caller prefers, or Vietnamese.
pub(super) fn locale_of(headers: &HeaderMap) -> Locale {
    let header = headers.get(http::header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    header.and_then(Locale::from_accept_language).unwrap_or_default()
}
