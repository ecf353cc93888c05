//! Request ids: every log line of a call carries the id that the caller sent, or a generated one.

use axum::{extract::Request, response::Response};
use http::HeaderValue;

/// Name of the header with the id, in requests and responses.
const REQUEST_ID: &str = "x-request-id";

tokio::task_local! {
    static CURRENT: String;
}

/// Returns the request id of the call that the current task serves, or an empty string outside of calls.
pub(super) fn current_request_id() -> String {
    CURRENT.try_with(Clone::clone).unwrap_or_default()
}

/// Runs `call` with `id` as its request id.
pub(super) async fn with_current<T>(id: String, call: impl Future<Output = T>) -> T {
    CURRENT.scope(id, call).await
}

/// Returns the request id that the caller sent, or a new one if it is missing or malformed.
pub(super) fn request_id(request: &Request) -> String {
    let given = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let plain = |id: &&str| (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    given.filter(plain).map_or_else(|| uuid::Uuid::new_v4().to_string(), str::to_owned)
}

/// Adds the request id to the response's headers.
pub(super) fn with_request_id(mut response: Response, id: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}
