//! The tier that all replicas share.

mod answer_timeout;
mod circuit_breaker;
mod connection;
mod discovery;
mod eviction;
mod gcra;
mod server_clock;
mod servers;
mod tier;
mod topology;

pub(super) use self::tier::{Redis, show_degraded};
