//! What every handler knows of its call: who, when, in which language.

use chrono::{DateTime, SubsecRound as _, Utc};
use http::HeaderMap;
use tonic::{Request, Response, Status};

use super::status;
use crate::{
    domain::{Error, Result, access::Caller},
    locale::Locale,
};

/// A checked call. The authenticating layer puts it into the request.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) caller: Caller,
    pub(super) locale: Locale,
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
    pub(super) fn answer<T>(&self, result: Result<T>) -> Result<Response<T>, Status> {
        result.map(Response::new).map_err(|error| status::to_status(&error, self.locale))
    }
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
