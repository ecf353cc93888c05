//! duyet: comment moderation and anti-spam for news portals. A request passes through `grpc → service → domain`; the
//! services use `store`, `limiter`, `captcha` and `keyring`.

/// Captcha images and proofs of work.
pub mod captcha;
/// Settings, parsed into domain types at start.
pub mod config;
/// The commands of `duyetd`.
pub mod daemon;
/// The rules of moderation as pure functions and types, without I/O.
pub mod domain;
/// The gRPC layer: parses requests, calls services and converts results.
pub mod grpc;
/// Keys: one master secret, from which a key for each purpose is derived (sealed tokens, device tokens, receipts,
/// pseudonyms).
pub mod keyring;
/// Rate limits, in process and in Redis.
pub mod limiter;
/// Logs, metrics and the HTTP listener that serves them.
pub mod ops;
/// Start and shutdown: connects, migrates, builds the services, serves and drains.
pub mod server;
/// Use cases: the only layer that combines the domain with the adapters.
pub mod service;
/// Storage in PostgreSQL or SQLite.
pub mod store;
/// Background tasks that are restarted after a panic.
pub mod supervise;
