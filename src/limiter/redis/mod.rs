//! The shared tier, which counts for all replicas in Redis.

mod answer_timeout;
mod call_queue;
mod circuit_breaker;
mod connection;
mod discovery;
mod eviction;
mod gcra;
mod script;
mod server_clock;
mod servers;
mod tier;
mod topology;

pub(super) use self::tier::{Redis, show_degraded};
