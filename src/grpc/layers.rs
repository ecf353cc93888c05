//! The middleware that every call passes through, in one layer.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::Response,
};

use super::{
    auth, call,
    message_size::MAX_MESSAGE_BYTES,
    role, status,
    transport::{
        self, in_flight::InFlight, message::Messages, observe::Observer, open_services::OpenServices, stream::Checked,
    },
};
use crate::{domain::Error, service::Authenticator};

/// State of the middleware.
#[derive(Clone)]
struct Gates {
    observer: Arc<Observer>,
    authenticator: Arc<Authenticator>,
    messages: Messages,
    in_flight: InFlight,
    open: OpenServices,
    heartbeat: Duration,
}

/// Adds the middleware to `router`. It is a single layer, because axum clones the inner services once per layer and
/// call.
pub(super) fn layered(
    router: Router,
    authenticator: Arc<Authenticator>,
    in_flight: InFlight,
    heartbeat: Duration,
) -> Router {
    let messages = Messages::default();
    let gates = Gates {
        observer: Arc::new(Observer::new()),
        authenticator,
        open: OpenServices::new(messages.clone()),
        messages,
        in_flight,
        heartbeat,
    };
    router.layer(middleware::from_fn_with_state(gates, pass))
}

/// Runs the middleware. From outside in: observe (metrics, log, panics), deadline, load shedding, authentication,
/// reading the message, and the concurrency limit.
async fn pass(State(gates): State<Gates>, request: Request, next: Next) -> Response {
    let admitted = |request| gates.admit(request, next);
    gates.observer.observe(request, |request| transport::deadline::enforce(request, admitted)).await
}

impl Gates {
    async fn admit(&self, request: Request, next: Next) -> Response {
        let locale = call::locale_of(request.headers());
        let answered = if role::is_open(request.uri().path()) {
            self.open.admit(request, next).await
        } else {
            self.admit_caller(request, next).await
        };
        answered.unwrap_or_else(|error| status::to_status(&error, locale).into_http())
    }

    async fn admit_caller(&self, mut request: Request, next: Next) -> Result<Response, Error> {
        // tonic answers unknown paths with UNIMPLEMENTED.
        let Some((path, allowed)) = role::listed(request.uri().path()) else { return Ok(next.run(request).await) };
        let authenticating = self.in_flight.admit(path)?;
        let peer = transport::peer_of(&request);
        let caller = auth::authenticate(&self.authenticator, &mut request, peer, allowed).await?;
        // Reading the message is limited separately, so that slow senders do not delay the authentication of other
        // calls.
        drop(authenticating);
        if let Some(slot) = transport::slot_of(&request) {
            slot.keep();
        }
        let request = self.messages.read(request, MAX_MESSAGE_BYTES, || self.in_flight.wait(&caller)).await?;
        // Streams are limited separately.
        let under_way = if transport::is_stream(path) { None } else { Some(self.in_flight.enter(path, &caller)?) };
        let locale = call::locale_of(request.headers());
        let response = next.run(request).await;
        if let Some(under_way) = under_way {
            under_way.end();
        }
        if !transport::is_answered_by_stream(path) {
            return Ok(response);
        }
        let authenticator = Arc::clone(&self.authenticator);
        Ok(response.map(|body| Checked::body(body, authenticator, caller, locale, self.heartbeat)))
    }
}
