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

use axum::{Router, middleware};
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
use transport::in_flight::InFlight;

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
        .add_service(PrivacyServiceServer::new(service).max_decoding_message_size(MAX_MESSAGE_BYTES));
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
    Ok(Routes::from(layered(routes.into_axum_router(), gatekeeper, in_flight)).prepare())
}

/// From outside in: observe (count, log, catch panics), deadline, shed, authenticate.
fn layered(router: Router, gatekeeper: Arc<Gatekeeper>, in_flight: InFlight) -> Router {
    router
        .layer(middleware::from_fn_with_state(gatekeeper, auth::authenticate))
        .layer(middleware::from_fn_with_state(in_flight, transport::in_flight::admit))
        .layer(middleware::from_fn(transport::deadline::enforce))
        .layer(middleware::from_fn(transport::observe::observe))
}

#[cfg(test)]
mod tests;
