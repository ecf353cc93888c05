//! Counts and logs every call, catches panics, and puts tonic's own refusals into our terms.

use std::{panic::AssertUnwindSafe, time::Instant};

use axum::{extract::Request, middleware::Next, response::Response};
use futures_util::FutureExt as _;
use http::HeaderValue;
use tonic::{Code, Status};
use tracing::Instrument as _;

use super::split_path;
use crate::{
    domain::Error,
    grpc::{MAX_MESSAGE_BYTES, call::locale_of, role, status::to_status},
    locale::Locale,
    ops::metric,
};

/// Header of the id that a call's log lines carry: the caller's own, or one made here.
const REQUEST_ID: &str = "x-request-id";

tokio::task_local! {
    static CURRENT: String;
}

/// The id of the call that this task serves; empty outside of one.
pub(in crate::grpc) fn current_request_id() -> String {
    CURRENT.try_with(Clone::clone).unwrap_or_default()
}

/// Wraps a call.
pub(in crate::grpc) async fn observe(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    // Only names from our tables become labels: an attacker may ask for any path.
    let known = role::allowed(&path).is_some() || role::is_open(&path);
    let (service, method) = if known { split_path(&path) } else { ("unknown", "unknown") };
    let locale = locale_of(request.headers());
    let id = request_id(&request);
    let span = tracing::info_span!("rpc", request_id = %id);
    let started = Instant::now();
    metric::rpc_started(service, method);
    let guarded = async {
        match AssertUnwindSafe(next.run(request)).catch_unwind().await {
            Ok(response) => translate(response, locale),
            Err(_) => {
                metric::panicked();
                to_status(&Error::internal("a handler panicked"), locale).into_http()
            }
        }
    };
    let response = CURRENT.scope(id.clone(), guarded).instrument(span.clone()).await;
    let code = code_of(&response);
    metric::rpc_handled(service, method, name(code), started.elapsed());
    let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    span.in_scope(|| tracing::info!(service, method, code = name(code), duration_ms = took_ms, "rpc"));
    with_request_id(response, &id)
}

/// tonic refuses what it cannot decode with codes that hide whose fault it is.
fn translate(response: Response, locale: Locale) -> Response {
    let Some(status) = Status::from_header_map(response.headers()) else { return response };
    let error = match status.code() {
        Code::OutOfRange if status.message().contains("message length too large") => {
            Error::MessageTooLarge { limit: MAX_MESSAGE_BYTES }
        }
        Code::Internal if status.message().starts_with("failed to decode Protobuf message") => Error::MessageMalformed,
        _ => return response,
    };
    to_status(&error, locale).into_http()
}

/// The status of a response whose headers hold it; a response with a body ends well or is a stream.
fn code_of(response: &Response) -> Code {
    Status::from_header_map(response.headers()).map_or(Code::Ok, |status| status.code())
}

fn request_id(request: &Request) -> String {
    let given = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let plain = |id: &&str| (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    given.filter(plain).map_or_else(|| uuid::Uuid::new_v4().to_string(), str::to_owned)
}

fn with_request_id(mut response: Response, id: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// The name under which dashboards know a code.
const fn name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "Canceled",
        Code::Unknown => "Unknown",
        Code::InvalidArgument => "InvalidArgument",
        Code::DeadlineExceeded => "DeadlineExceeded",
        Code::NotFound => "NotFound",
        Code::AlreadyExists => "AlreadyExists",
        Code::PermissionDenied => "PermissionDenied",
        Code::ResourceExhausted => "ResourceExhausted",
        Code::FailedPrecondition => "FailedPrecondition",
        Code::Aborted => "Aborted",
        Code::OutOfRange => "OutOfRange",
        Code::Unimplemented => "Unimplemented",
        Code::Internal => "Internal",
        Code::Unavailable => "Unavailable",
        Code::DataLoss => "DataLoss",
        Code::Unauthenticated => "Unauthenticated",
    }
}
