//! Rate limits in two tiers with the same quotas. The local tier (`local/`, governor) is checked first, because Redis
//! would deny everything that it denies. Then Redis (`redis/`, a GCRA script) is checked, which has the counts of all
//! replicas. When Redis fails or is slow, a circuit breaker (`redis/circuit_breaker`) stops the calls, and the local
//! tier decides by itself with this replica's part of the quotas. An outage of Redis therefore never blocks a request
//! and never lifts a limit. A delay in this process does not count as a failure of Redis (`redis/answer_timeout`).

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
