//! duyet: comment moderation and anti-spam for news portals. A request walks `grpc → service → domain`, with `store`,
//! `limiter`, `captcha` and `keyring` beside the services.

/// Images with an answer.
pub mod captcha;
/// Settings, parsed into domain types at start.
pub mod config;
/// The commands of `duyetd`.
pub mod daemon;
/// The newsroom's rules, pure.
pub mod domain;
/// The wire: parse, call the services, convert.
pub mod grpc;
/// One master secret, one key per purpose: sealed tokens, device tokens, receipts, pseudonyms.
pub mod keyring;
/// Rate limits in process and in Redis.
pub mod limiter;
/// Logs, metrics and the HTTP listener that serves them.
pub mod ops;
/// Wiring: connect, migrate, build, serve, drain.
pub mod server;
/// The order of steps: the only place that joins domain and adapters.
pub mod service;
/// Where comments live.
pub mod store;
/// Background tasks that survive a panic.
pub mod supervise;
