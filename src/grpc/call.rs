//! What every handler knows of its call: who, when, in which language.

use std::sync::Arc;

use chrono::{DateTime, SubsecRound as _, Utc};
use duyet_locale::Locale;
use http::HeaderMap;
use tonic::{Request, Response, Status};

use super::status;
use crate::domain::{Error, Result, access::Caller};

/// A checked call. The authenticating layer puts it into the request.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) caller: Arc<Caller>,
    pub(super) locale: Locale,
    /// The client reads gzip.
    pub(super) gzip: bool,
    /// In whole microseconds, which both databases keep.
    pub(super) now: DateTime<Utc>,
}

impl Call {
    /// The call that the layer left in `request`.
    pub(super) fn of<T>(request: &Request<T>) -> Result<Self, Status> {
        let call = request.extensions().get::<Self>().cloned();
        call.ok_or_else(|| status::to_status(&Error::TokenInvalid, Locale::default()))
    }

    /// The handler's result for the wire.
    pub(super) fn answer<T: prost::Message>(&self, result: Result<T>) -> Result<Response<T>, Status> {
        let message = self.told(result)?;
        let bytes = if self.gzip { message.encoded_len() } else { 0 };
        Ok(self.sized(message, bytes))
    }

    /// What is on its way in `bytes`: small messages go out as they are, also to those who read gzip.
    pub(super) fn sized<T>(&self, message: T, bytes: usize) -> Response<T> {
        let mut response = Response::new(message);
        if self.gzip && bytes < WORTH_GZIP {
            response.disable_compression();
        }
        response
    }

    /// The handler's stream for the wire.
    pub(super) fn stream<T>(&self, result: Result<T>) -> Result<Response<T>, Status> {
        self.told(result).map(Response::new)
    }

    /// The result with its error as clients know it.
    pub(super) fn told<T>(&self, result: Result<T>) -> Result<T, Status> {
        result.map_err(|error| status::to_status(&error, self.locale))
    }
}

/// Compressing fewer bytes costs more than it saves: they fit into one packet.
const WORTH_GZIP: usize = 1_400;

/// Whether the client reads messages that are compressed with gzip.
pub(super) fn takes_gzip(headers: &HeaderMap) -> bool {
    let header = headers.get("grpc-accept-encoding").and_then(|value| value.to_str().ok());
    header.is_some_and(|accepted| accepted.split(',').any(|one| one.trim() == "gzip"))
}

/// The edge's clock: everything behind takes `now` as a parameter.
#[expect(clippy::disallowed_methods, reason = "the edge reads the clock once per call")]
pub(super) fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}

/// The language that the caller asks for, else Vietnamese.
pub(super) fn locale_of(headers: &HeaderMap) -> Locale {
    let header = headers.get(http::header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    header.and_then(Locale::from_accept_language).unwrap_or_default()
}
