//! Counts unary calls under way: sheds beyond a bound, and tells a drain when the last one is done.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use tokio::sync::Semaphore;

use super::is_stream;
use crate::{
    domain::Error,
    grpc::{call::locale_of, status::to_status},
    ops::metric,
};

/// Calls under way at once: a submit waits for the database, not for a core, so this is far more than cores.
const MOST: u32 = 1_024;

/// Unary calls under way.
#[derive(Clone)]
pub struct InFlight(Arc<Semaphore>);

impl Default for InFlight {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MOST as usize)))
    }
}

impl InFlight {
    /// Waits until no call is under way. Streams are not counted: they end when the process does, and resume elsewhere.
    pub async fn drained(&self) {
        // Fails only when the semaphore is closed, which nobody does.
        let _all = self.0.acquire_many(MOST).await;
    }
}

/// Lets a call in, or refuses it at once: a fast "no" is worth more than a slow "yes".
pub(in crate::grpc) async fn admit(State(in_flight): State<InFlight>, request: Request, next: Next) -> Response {
    if is_stream(request.uri().path()) {
        return next.run(request).await;
    }
    let Ok(_place) = in_flight.0.try_acquire() else {
        metric::shed();
        let error = Error::Overloaded { what: "calls under way", retry_after: Duration::from_millis(200) };
        return to_status(&error, locale_of(request.headers())).into_http();
    };
    next.run(request).await
}
