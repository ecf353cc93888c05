//! Rate limits in two tiers with the same quotas. The local one (`local`, governor) answers first: whatever it refuses
//! Redis would refuse too. Then Redis (`redis`, a GCRA script) joins the counts of all replicas. When Redis fails or is
//! slow, a circuit breaker (`breaker`) leaves the local tier alone in charge: losing Redis never blocks a request and
//! never lifts a limit.

mod breaker;
mod cells;
mod discovery;
mod gcra;
mod local;
mod redis;
mod server_clock;
mod servers;
mod topology;
mod verdict;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::{sync::Notify, task::JoinSet};

use self::{
    local::Local,
    redis::Redis,
    verdict::{Source, Verdict},
};
use crate::domain::rate_limit::{Allowance, Charge, Quotas};

/// How often drained counts are dropped from memory. A key costs about 150 bytes, so a minute of strangers is little.
const HOUSEKEEPING: Duration = Duration::from_secs(60);
/// Least time between two housekeepings, so that a crowd of new keys cannot keep a core busy sweeping.
const HOUSEKEEPING_PAUSE: Duration = Duration::from_secs(1);

/// Counts events and says when there are too many. Share it in an `Arc`; its background tasks end with it.
pub struct Limiter {
    local: Arc<RwLock<Arc<Local>>>,
    crowded: Arc<Notify>,
    redis: Option<Arc<Redis>>,
    /// Aborted on drop.
    tasks: JoinSet<()>,
}

impl Limiter {
    /// Limits of this process alone. Must be called inside a Tokio runtime.
    pub fn local(quotas: Quotas) -> Self {
        Self::new(quotas, None)
    }

    /// Limits shared with every replica that uses the same Redis. Returns at once: Redis may be absent, now or later.
    /// Must be called inside a Tokio runtime.
    ///
    /// # Errors
    /// What is wrong with the URL, without the URL: it may hold a password.
    pub fn with_redis(quotas: Quotas, redis_url: &str) -> Result<Self, String> {
        Ok(Self::new(quotas, Some(Arc::new(Redis::new(redis_url)?))))
    }

    fn new(quotas: Quotas, redis: Option<Arc<Redis>>) -> Self {
        let crowded = Arc::new(Notify::new());
        let local = Arc::new(RwLock::new(Arc::new(new_local(quotas, &crowded))));
        let mut tasks = JoinSet::new();
        tasks.spawn(keep_house(Arc::clone(&local), Arc::clone(&crowded)));
        // Until it is connected, Redis is not in use.
        redis::show_degraded(redis.is_some());
        if let Some(redis) = redis.clone() {
            tasks.spawn(async move { redis.watch().await });
        }
        Self { local, crowded, redis, tasks }
    }

    /// Counts every charge, or none of them when one is refused. A refused try costs nothing and lengthens no wait.
    ///
    /// Answers within about 60 ms even when Redis does not. A check dropped half-way may stay counted.
    pub async fn check(&self, charges: &[Charge]) -> Allowance {
        let local = current(&self.local);
        let alone = Verdict::new(charges, local.take(charges), Source::Local);
        let shared = match &self.redis {
            Some(redis) if !alone.is_refused() => redis.take(local.quotas(), charges).await,
            _ => None,
        };
        let verdict = shared.map_or(alone, |outcomes| Verdict::new(charges, outcomes, Source::Redis));
        if verdict.is_refused() && verdict.source() == Source::Redis {
            local.refund(charges);
        }
        verdict.count();
        verdict.allowance(local.quotas())
    }

    /// True while Redis is configured but not in use: counts are this process's alone.
    pub fn is_degraded(&self) -> bool {
        self.redis.as_ref().is_some_and(|redis| redis.is_degraded())
    }

    /// Replaces the quotas. Local counts start anew; those in Redis go on.
    pub fn set_quotas(&self, quotas: Quotas) {
        let fresh = Arc::new(new_local(quotas, &self.crowded));
        *self.local.write().unwrap_or_else(PoisonError::into_inner) = fresh;
    }

    /// Ends the background tasks and waits for their end. Dropping the limiter ends them too.
    pub async fn close(mut self) {
        self.tasks.shutdown().await;
    }
}

fn new_local(quotas: Quotas, crowded: &Arc<Notify>) -> Local {
    Local::new(quotas, local::CAPACITY, crowded, governor::clock::DefaultClock::default())
}

fn current(local: &RwLock<Arc<Local>>) -> Arc<Local> {
    Arc::clone(&local.read().unwrap_or_else(PoisonError::into_inner))
}

/// Sweeps every minute, and sooner when some table is full.
async fn keep_house(local: Arc<RwLock<Arc<Local>>>, crowded: Arc<Notify>) {
    loop {
        if tokio::time::timeout(HOUSEKEEPING, crowded.notified()).await.is_ok() {
            tracing::warn!("a rate limit's table is full: unknown subjects share one count until others drain");
        }
        current(&local).sweep();
        tokio::time::sleep(HOUSEKEEPING_PAUSE).await;
    }
}
