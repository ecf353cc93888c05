//! The wire, thin: parse, call the workflow, convert.

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

use std::sync::Arc;

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
use transport::{in_flight::InFlight, observe::Observer};

/// Longest request message in bytes: a comment of 5,000 graphemes fits several times.
pub const MAX_MESSAGE_BYTES: usize = 64 * 1024;

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
) -> Result<Routes, Error> {
    let service = Service(workflow);
    let mut routes = Routes::new(health)
        .add_service(CaptchaServiceServer::new(service.clone()).max_decoding_message_size(MAX_MESSAGE_BYTES))
        .add_service(CommentServiceServer::new(service.clone()).max_decoding_message_size(MAX_MESSAGE_BYTES))
        .add_service(ModerationServiceServer::new(service.clone()).max_decoding_message_size(MAX_MESSAGE_BYTES))
        .add_service(PolicyServiceServer::new(service.clone()).max_decoding_message_size(MAX_MESSAGE_BYTES))
        .add_service(BanServiceServer::new(service.clone()).max_decoding_message_size(MAX_MESSAGE_BYTES))
        .add_service(RuleServiceServer::new(service.clone()).max_decoding_message_size(MAX_MESSAGE_BYTES))
        .add_service(PrivacyServiceServer::new(service.clone()).max_decoding_message_size(MAX_MESSAGE_BYTES));
    if reflection {
        let configure = || {
            tonic_reflection::server::Builder::configure()
                .register_encoded_file_descriptor_set(proto::DESCRIPTORS)
                .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        };
        routes = routes
            .add_service(configure().build_v1().map_err(Error::internal)?)
            .add_service(configure().build_v1alpha().map_err(Error::internal)?);
    }
    let lists = any(move |request| list::answer(service.clone(), request));
    let all = routes.into_axum_router().route(list::PATH, lists);
    Ok(Routes::from(layered(all, gatekeeper, in_flight)).prepare())
}

/// What every call passes.
#[derive(Clone)]
struct Gates {
    observer: Arc<Observer>,
    gatekeeper: Arc<Gatekeeper>,
    in_flight: InFlight,
}

/// One layer for all: each layer of axum's copies the services below it for each call.
fn layered(router: Router, gatekeeper: Arc<Gatekeeper>, in_flight: InFlight) -> Router {
    let gates = Gates { observer: Arc::new(Observer::new()), gatekeeper, in_flight };
    router.layer(middleware::from_fn_with_state(gates, pass))
}

/// From outside in: observe (count, log, catch panics), deadline, shed, authenticate.
async fn pass(State(gates): State<Gates>, request: Request, next: Next) -> Response {
    let authenticated = |request| auth::authenticate(&gates.gatekeeper, request, |request| next.run(request));
    let admitted = |request| transport::in_flight::admit(&gates.in_flight, request, authenticated);
    gates.observer.observe(request, |request| transport::deadline::enforce(request, admitted)).await
}

#[cfg(test)]
mod tests;
