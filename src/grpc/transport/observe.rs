//! Metrics and logs of every call. Also catches panics, and replaces tonic's own errors by those of the contract.

use std::{collections::HashMap, panic::AssertUnwindSafe, time::Instant};

use axum::{extract::Request, response::Response};
use duyet_locale::Locale;
use futures_util::FutureExt as _;
use tonic::{Code, Status};
use tracing::Instrument as _;

use super::paths::split_path;
use crate::{
    domain::Error,
    grpc::{
        call::locale_of,
        message_size::MAX_MESSAGE_BYTES,
        request_id::{RequestId, with_current},
        role,
        status::to_status,
    },
    ops::metric::{self, Rpc},
};

/// The metrics of RPCs by path. Only known paths become labels, because a client can send any path.
pub(in crate::grpc) struct Observer {
    rpcs: HashMap<&'static str, Rpc>,
    unknown: Rpc,
}

impl Observer {
    /// Must be created after the metrics recorder was installed.
    pub(in crate::grpc) fn new() -> Self {
        let rpc = |path| {
            let (service, method) = split_path(path);
            (path, Rpc::new(service, method))
        };
        Self { rpcs: role::paths().map(rpc).collect(), unknown: Rpc::new("unknown", "unknown") }
    }

    /// Runs a call with its request id, records its metrics, and writes its log line.
    pub(in crate::grpc) async fn observe<F: Future<Output = Response>>(
        &self,
        request: Request,
        next: impl FnOnce(Request) -> F,
    ) -> Response {
        let rpc = self.rpcs.get(request.uri().path()).unwrap_or(&self.unknown);
        let locale = locale_of(request.headers());
        let id = RequestId::of(&request);
        let span = tracing::info_span!("rpc", request_id = id.as_str());
        let started = Instant::now();
        rpc.started();
        let guarded = async {
            match AssertUnwindSafe(next(request)).catch_unwind().await {
                Ok(response) => translate(response, locale),
                Err(_) => {
                    metric::panicked();
                    to_status(&Error::internal("a handler panicked"), locale).into_http()
                }
            }
        };
        let response = with_current(id.clone(), guarded).instrument(span.clone()).await;
        let (code, took) = (name(code_of(&response)), started.elapsed());
        rpc.handled(code, took);
        let duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        span.in_scope(|| tracing::info!(service = rpc.service, method = rpc.method, code, duration_ms, "rpc"));
        id.add_to(response)
    }
}

/// Maps tonic's errors for messages that it cannot decode, because their codes do not show that the client is at fault.
fn translate(response: Response, locale: Locale) -> Response {
    let Some(status) = Status::from_header_map(response.headers()) else { return response };
    let starts = |words: &[&str]| words.iter().any(|words| status.message().starts_with(words));
    let error = match status.code() {
        Code::OutOfRange if status.message().contains("message length too large") => {
            Error::MessageTooLarge { limit: MAX_MESSAGE_BYTES }
        }
        Code::ResourceExhausted if starts(&["Error decompressing: size limit"]) => {
            Error::MessageTooLarge { limit: MAX_MESSAGE_BYTES }
        }
        Code::Internal if starts(&MALFORMED) => Error::MessageMalformed,
        _ => return response,
    };
    to_status(&error, locale).into_http()
}

/// Beginnings of tonic's error texts for malformed messages.
const MALFORMED: [&str; 5] = [
    "failed to decode Protobuf message",
    "Missing request message",
    "Unexpected EOF decoding stream",
    "protocol error: received message with",
    "Error decompressing",
];

/// Returns the status in the response's headers. A response without one succeeded or is a stream.
fn code_of(response: &Response) -> Code {
    Status::from_header_map(response.headers()).map_or(Code::Ok, |status| status.code())
}

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
