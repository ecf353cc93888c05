//! Routes of all gRPC services, with health, reflection and the middleware around them.

/// Sets the size and compression settings that every service shares. It is a macro because the generated servers have
/// no common trait.
macro_rules! bounded {
    ($server:expr, $limit:expr) => {
        $server
            .max_decoding_message_size($limit)
            .accept_compressed(tonic::codec::CompressionEncoding::Gzip)
            .send_compressed(tonic::codec::CompressionEncoding::Gzip)
    };
}

use std::{sync::Arc, time::Duration};

use axum::routing::any;
use duyet_proto::v1::{
    ban_service_server::BanServiceServer, captcha_service_server::CaptchaServiceServer,
    comment_service_server::CommentServiceServer, moderation_service_server::ModerationServiceServer,
    policy_service_server::PolicyServiceServer, privacy_service_server::PrivacyServiceServer,
    rule_service_server::RuleServiceServer,
};
use tonic::service::Routes;

use super::{
    ban::BanGrpc,
    captcha::CaptchaGrpc,
    comment::{CommentGrpc, list},
    layers::layered,
    message_size::{MAX_MESSAGE_BYTES, MAX_OPEN_MESSAGE_BYTES},
    moderation::ModerationGrpc,
    policy::PolicyGrpc,
    privacy::PrivacyGrpc,
    rule::RuleGrpc,
    transport::in_flight::InFlight,
};
use crate::{
    domain::Error,
    service::{Authenticator, Services},
};

/// Full names of the services of `duyet.v1`. Each is reported by `grpc.health.v1`.
pub const SERVICES: [&str; 7] = [
    "duyet.v1.BanService",
    "duyet.v1.CaptchaService",
    "duyet.v1.CommentService",
    "duyet.v1.ModerationService",
    "duyet.v1.PolicyService",
    "duyet.v1.PrivacyService",
    "duyet.v1.RuleService",
];

/// Builds the routes of all services with the middleware around them.
///
/// # Errors
/// `Internal` when the descriptor set cannot be registered for reflection.
pub fn routes(
    services: &Services,
    authenticator: Arc<Authenticator>,
    health: tonic_health::pb::health_server::HealthServer<impl tonic_health::pb::health_server::Health>,
    reflection: bool,
    in_flight: InFlight,
    heartbeat: Duration,
) -> Result<Routes, Error> {
    let comments = CommentGrpc::new(services);
    let mut routes = Routes::new(bounded!(health, MAX_OPEN_MESSAGE_BYTES))
        .add_service(bounded!(CaptchaServiceServer::new(CaptchaGrpc::new(services)), MAX_MESSAGE_BYTES))
        .add_service(bounded!(CommentServiceServer::new(comments.clone()), MAX_MESSAGE_BYTES))
        .add_service(bounded!(ModerationServiceServer::new(ModerationGrpc::new(services)), MAX_MESSAGE_BYTES))
        .add_service(bounded!(PolicyServiceServer::new(PolicyGrpc::new(services)), MAX_MESSAGE_BYTES))
        .add_service(bounded!(BanServiceServer::new(BanGrpc::new(services)), MAX_MESSAGE_BYTES))
        .add_service(bounded!(RuleServiceServer::new(RuleGrpc::new(services)), MAX_MESSAGE_BYTES))
        .add_service(bounded!(PrivacyServiceServer::new(PrivacyGrpc::new(services)), MAX_MESSAGE_BYTES));
    if reflection {
        let configure = || {
            tonic_reflection::server::Builder::configure()
                .register_encoded_file_descriptor_set(duyet_proto::DESCRIPTORS)
                .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        };
        let (new, old) =
            (configure().build_v1().map_err(Error::internal)?, configure().build_v1alpha().map_err(Error::internal)?);
        routes = routes
            .add_service(bounded!(new, MAX_OPEN_MESSAGE_BYTES))
            .add_service(bounded!(old, MAX_OPEN_MESSAGE_BYTES));
    }
    let lists = any(move |request| list::answer(comments.clone(), request));
    let all = routes.into_axum_router().route(list::PATH, lists);
    Ok(Routes::from(layered(all, authenticator, in_flight, heartbeat)).prepare())
}
