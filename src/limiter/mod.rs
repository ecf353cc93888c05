//! Rate limits in two tiers with the same quotas. The local one (`local/`, governor) answers first: whatever it denies
//! Redis would deny too. Then Redis (`redis/`, a GCRA script) joins the counts of all replicas. When Redis fails or is
//! slow, a circuit breaker (`redis/circuit_breaker`) leaves the local tier alone in charge, with this replica's part of the quotas: losing Redis
//! never blocks a request and never lifts a limit. What is late
//! in this process is not held against Redis (`redis/answer_timeout`).

mod error;
mod local;
mod recent_denials;
mod redis;
mod tier_answer;
mod tiers;
mod two_tier;

pub use self::{
    error::{Unreachable, UrlError},
    two_tier::Limiter,
};
