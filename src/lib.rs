//! duyet: comment moderation and anti-spam for news portals. A request walks `grpc → workflow → domain`, with `store`,
//! `limiter`, `captcha` and `keyring` beside the workflow.

/// Pictures with an answer.
pub mod captcha;
/// The newsroom's rules, pure.
pub mod domain;
/// One master secret, one key per purpose: sealed tokens, device tokens, receipts, pseudonyms.
pub mod keyring;
/// Rate limits in process and in Redis.
pub mod limiter;
/// Messages in Vietnamese and English.
pub mod locale;
/// Logs, metrics and the HTTP listener that serves them.
pub mod ops;
/// Generated code of the wire contract.
pub mod proto;
/// Where comments live.
pub mod store;
/// The order of steps: the only place that joins domain and adapters.
pub mod workflow;
