//! duyet: comment moderation and anti-spam for news portals. A request walks `grpc → workflow → domain`, with `store`,
//! `limiter`, `captcha` and `keyring` beside the workflow.

/// The newsroom's rules, pure.
pub mod domain;
/// Generated code of the wire contract.
pub mod proto;
