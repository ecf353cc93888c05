//! Request ids: every log line of a call carries the id that the caller sent, or a generated one.

use axum::{extract::Request, response::Response};
use http::{HeaderName, HeaderValue};

/// Name of the header with the id, in requests and responses.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A request id as a header's value, so that it is copied without an allocation.
#[derive(Debug, Clone)]
pub(super) struct RequestId(HeaderValue);

tokio::task_local! {
    static CURRENT: RequestId;
}

impl RequestId {
    /// Returns the request id that the caller sent, or a new one if it is missing or malformed.
    pub(super) fn of(request: &Request) -> Self {
        let plain = |id: &[u8]| {
            (1..=64).contains(&id.len()) && id.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
        };
        let given = request.headers().get(REQUEST_ID).filter(|value| plain(value.as_bytes()));
        Self(given.cloned().unwrap_or_else(new))
    }

    pub(super) fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    /// Adds the request id to the response's headers.
    pub(super) fn add_to(self, mut response: Response) -> Response {
        response.headers_mut().insert(REQUEST_ID, self.0);
        response
    }
}

/// Returns a random UUID. It is not a secret, so it needs no system call.
fn new() -> HeaderValue {
    let id = uuid::Builder::from_random_bytes(rand::random()).into_uuid();
    HeaderValue::try_from(id.to_string()).unwrap_or_else(|_| HeaderValue::from_static("unknown"))
}

/// Returns the request id of the call that the current task serves, or an empty string outside of calls.
pub(super) fn current_request_id() -> String {
    CURRENT.try_with(|id| id.as_str().to_owned()).unwrap_or_default()
}

/// Runs `call` with `id` as its request id.
pub(super) async fn with_current<T>(id: RequestId, call: impl Future<Output = T>) -> T {
    CURRENT.scope(id, call).await
}
