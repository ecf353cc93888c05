//! The wire, thin: parse, call the workflow, convert.

/// A service with the bounds that every service has. The generated servers share no trait.
macro_rules! bounded {
    ($server:expr, $limit:expr) => {
        $server
            .max_decoding_message_size($limit)
            .accept_compressed(tonic::codec::CompressionEncoding::Gzip)
            .send_compressed(tonic::codec::CompressionEncoding::Gzip)
    };
}

mod auth;
mod ban_service;
mod bulk;
mod call;
mod captcha_service;
mod claim;
mod comment_service;
mod convert;
mod convert_case;
mod decision_items;
mod escalation;
mod filter;
mod list;
mod mask;
mod moderation_service;
mod policy_service;
mod privacy_service;
mod release;
mod report;
mod revert;
pub mod role;
mod rule_service;
mod site_policy;
mod stats;
mod status;
pub mod transport;
mod watch;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::Response,
    routing::any,
};
use tonic::service::Routes;

use crate::{
    domain::Error,
    proto::{
        self,
        v1::{
            ban_service_server::BanServiceServer, captcha_service_server::CaptchaServiceServer,
            comment_service_server::CommentServiceServer, moderation_service_server::ModerationServiceServer,
            policy_service_server::PolicyServiceServer, privacy_service_server::PrivacyServiceServer,
            rule_service_server::RuleServiceServer,
        },
    },
    workflow::{Gatekeeper, Workflow},
};
use transport::{in_flight::InFlight, message::Messages, observe::Observer, open::Open, stream::Checked};

/// Longest request message in bytes: a comment of 5,000 graphemes fits several times.
pub const MAX_MESSAGE_BYTES: usize = 64 * 1024;

/// Longest message of health and reflection in bytes: a name.
pub const MAX_OPEN_MESSAGE_BYTES: usize = 4 * 1024;

/// Our services, by full name: each has an entry in grpc.health.v1.
pub const SERVICES: [&str; 7] = [
    "duyet.v1.BanService",
    "duyet.v1.CaptchaService",
    "duyet.v1.CommentService",
    "duyet.v1.ModerationService",
    "duyet.v1.PolicyService",
    "duyet.v1.PrivacyService",
    "duyet.v1.RuleService",
];

/// The services over one workflow.
#[derive(Clone)]
struct Service(Arc<Workflow>);

/// Builds all routes with the layers around them.
///
/// # Errors
/// When the descriptor set cannot be registered for reflection.
pub fn routes(
    workflow: Arc<Workflow>,
    gatekeeper: Arc<Gatekeeper>,
    health: tonic_health::pb::health_server::HealthServer<impl tonic_health::pb::health_server::Health>,
    reflection: bool,
    in_flight: InFlight,
    heartbeat: Duration,
) -> Result<Routes, Error> {
    let service = Service(workflow);
    let mut routes = Routes::new(bounded!(health, MAX_OPEN_MESSAGE_BYTES))
        .add_service(bounded!(CaptchaServiceServer::new(service.clone()), MAX_MESSAGE_BYTES))
        .add_service(bounded!(CommentServiceServer::new(service.clone()), MAX_MESSAGE_BYTES))
        .add_service(bounded!(ModerationServiceServer::new(service.clone()), MAX_MESSAGE_BYTES))
        .add_service(bounded!(PolicyServiceServer::new(service.clone()), MAX_MESSAGE_BYTES))
        .add_service(bounded!(BanServiceServer::new(service.clone()), MAX_MESSAGE_BYTES))
        .add_service(bounded!(RuleServiceServer::new(service.clone()), MAX_MESSAGE_BYTES))
        .add_service(bounded!(PrivacyServiceServer::new(service.clone()), MAX_MESSAGE_BYTES));
    if reflection {
        let configure = || {
            tonic_reflection::server::Builder::configure()
                .register_encoded_file_descriptor_set(proto::DESCRIPTORS)
                .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        };
        let (new, old) =
            (configure().build_v1().map_err(Error::internal)?, configure().build_v1alpha().map_err(Error::internal)?);
        routes = routes
            .add_service(bounded!(new, MAX_OPEN_MESSAGE_BYTES))
            .add_service(bounded!(old, MAX_OPEN_MESSAGE_BYTES));
    }
    let lists = any(move |request| list::answer(service.clone(), request));
    let all = routes.into_axum_router().route(list::PATH, lists);
    Ok(Routes::from(layered(all, gatekeeper, in_flight, heartbeat)).prepare())
}

/// What every call passes.
#[derive(Clone)]
struct Gates {
    observer: Arc<Observer>,
    gatekeeper: Arc<Gatekeeper>,
    messages: Messages,
    in_flight: InFlight,
    open: Open,
    heartbeat: Duration,
}

/// One layer for all: each layer of axum's copies the services below it for each call.
fn layered(router: Router, gatekeeper: Arc<Gatekeeper>, in_flight: InFlight, heartbeat: Duration) -> Router {
    let messages = Messages::default();
    let gates = Gates {
        observer: Arc::new(Observer::new()),
        gatekeeper,
        open: Open::new(messages.clone()),
        messages,
        in_flight,
        heartbeat,
    };
    router.layer(middleware::from_fn_with_state(gates, pass))
}

/// From outside in: observe (count, log, catch panics), deadline, shed, authenticate, read the message, take a place.
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
        // A path that no service has goes on to tonic's UNIMPLEMENTED.
        let Some((path, allowed)) = role::listed(request.uri().path()) else { return Ok(next.run(request).await) };
        let at_the_door = self.in_flight.knock(path)?;
        let peer = transport::peer_of(&request);
        let caller = auth::authenticate(&self.gatekeeper, &mut request, peer, allowed).await?;
        // Who waits for a message does so in a place of its own, and leaves the door to others.
        drop(at_the_door);
        if let Some(seat) = transport::seat_of(&request) {
            seat.keep();
        }
        let request = self.messages.read(request, MAX_MESSAGE_BYTES, || self.in_flight.wait(&caller)).await?;
        // A watch has a place of its own.
        let under_way = if transport::is_stream(path) { None } else { Some(self.in_flight.enter(path, &caller)?) };
        let locale = call::locale_of(request.headers());
        let response = next.run(request).await;
        if let Some(under_way) = under_way {
            under_way.end();
        }
        if !transport::is_answered_by_stream(path) {
            return Ok(response);
        }
        let gatekeeper = Arc::clone(&self.gatekeeper);
        Ok(response.map(|body| Checked::body(body, gatekeeper, caller, locale, self.heartbeat)))
    }
}

#[cfg(test)]
mod tests;
