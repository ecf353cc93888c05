//! The rate limiter. A check asks the local tier first and then Redis, and refunds what only one of them counted.

use std::{
    borrow::Cow,
    num::NonZeroU32,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use tokio::{sync::Notify, task::JoinSet, time::Instant};

use super::{
    error::{Unreachable, UrlError},
    redis::{self, Redis},
    tier_answer::{AnswerSource, ChargeOutcome, TierAnswer, denies},
    tiers::Tiers,
};
use crate::{
    domain::rate_limit::{Allowance, Charge, LimitMode, Quotas},
    supervise::supervise,
};

/// Time between two sweeps, which drop drained counts from memory. A key costs about 150 bytes, so the new readers of
/// one minute cost little.
const SWEEP: Duration = Duration::from_secs(60);
/// Least time between two sweeps, so that a flood of new keys cannot keep a core busy with sweeps.
const SWEEP_PAUSE: Duration = Duration::from_secs(1);

/// The rate limiter, which counts events and denies those beyond a quota. Callers share it in an `Arc`. Its background
/// tasks end when it is dropped.
pub struct Limiter {
    tiers: Arc<RwLock<Arc<Tiers>>>,
    redis: Option<Arc<Redis>>,
    /// The background tasks, which are aborted on drop.
    tasks: JoinSet<()>,
}

impl Limiter {
    /// Creates a limiter that counts in this process only. It must be called inside a Tokio runtime.
    pub fn local(quotas: Quotas) -> Self {
        Self::new(quotas, NonZeroU32::MIN, None)
    }

    /// Creates a limiter that shares its counts with all replicas that use the same Redis. There are about `replicas`
    /// of them, and while Redis is not in use, each enforces its part of the quotas. The function returns at once and
    /// does not need a reachable Redis. It must be called inside a Tokio runtime.
    ///
    /// # Errors
    /// [`UrlError`] when the URL is malformed. The error does not contain the URL, which may have a password.
    pub fn with_redis(quotas: Quotas, redis_url: &str, replicas: NonZeroU32) -> Result<Self, UrlError> {
        Ok(Self::new(quotas, replicas, Some(Arc::new(Redis::new(redis_url)?))))
    }

    fn new(quotas: Quotas, replicas: NonZeroU32, redis: Option<Arc<Redis>>) -> Self {
        let crowded = Arc::new(Notify::new());
        let tiers = Arc::new(RwLock::new(Arc::new(Tiers::new(quotas, replicas, &crowded))));
        let mut tasks = JoinSet::new();
        let swept = Arc::clone(&tiers);
        tasks.spawn(supervise("limiter_sweep", move || sweep_often(Arc::clone(&swept), Arc::clone(&crowded))));
        // Redis is not in use until the first connection.
        redis::show_degraded(redis.is_some());
        if let Some(redis) = redis.clone() {
            tasks.spawn(supervise("redis_watch", move || {
                let redis = Arc::clone(&redis);
                async move { redis.watch().await }
            }));
        }
        Self { tiers, redis, tasks }
    }

    /// Counts every charge, or none of them when one is denied. A denied check costs nothing and lengthens no wait.
    ///
    /// Returns within about 60 ms even when Redis does not answer. A check that is dropped before it returns may stay
    /// counted.
    pub async fn check(&self, charges: &[Charge]) -> Allowance {
        let tiers = current(&self.tiers);
        let quotas = tiers.whole.quotas();
        let charges = counted(quotas, charges);
        if let Some((denied, outcomes)) = tiers.denied.find(quotas, &charges, Instant::now()) {
            return concluded(&TierAnswer::new(quotas, &denied, outcomes, AnswerSource::Memory));
        }
        let alone = tiers.whole.take(&charges);
        let part = tiers.part.as_ref().map(|part| (part, part.take(&charges)));
        let is_denied = |outcomes: &[ChargeOutcome]| {
            charges.iter().zip(outcomes).any(|(charge, outcome)| denies(quotas, charge, *outcome))
        };
        let shared = match &self.redis {
            Some(redis) if !is_denied(&alone) => redis.take(quotas, &charges).await,
            _ => None,
        };
        let (judged_by, outcomes, source) = match (shared, &part) {
            (Some(outcomes), _) => (quotas, outcomes, AnswerSource::Redis),
            (None, Some((part, outcomes))) if !is_denied(&alone) => {
                (part.quotas(), outcomes.clone(), AnswerSource::Local)
            }
            (None, _) => (quotas, alone.clone(), AnswerSource::Local),
        };
        if is_denied(&outcomes) {
            // A tier that counted the check before the final decision refunds it. A tier that denied it counted
            // nothing.
            if !is_denied(&alone) {
                tiers.whole.refund(&charges, &alone);
            }
            if let Some((part, taken)) = part.filter(|(_, taken)| !is_denied(taken)) {
                part.refund(&charges, &taken);
            }
            if source == AnswerSource::Redis {
                tiers.denied.remember(quotas, &charges, &outcomes, Instant::now());
            }
        }
        concluded(&TierAnswer::new(judged_by, &charges, outcomes, source))
    }

    /// Checks whether Redis is configured but not in use, so that this process counts by itself.
    pub fn is_degraded(&self) -> bool {
        self.redis.as_ref().is_some_and(|redis| redis.is_degraded())
    }

    /// Connects to Redis and makes it count, within about `patience`. Does nothing when no Redis is configured.
    ///
    /// # Errors
    /// [`Unreachable`] with the reason why Redis cannot be used now.
    pub async fn reach(&self, patience: Duration) -> Result<(), Unreachable> {
        let Some(redis) = &self.redis else { return Ok(()) };
        let answer = tokio::time::timeout(patience, redis.reach()).await;
        answer.unwrap_or(Err(Unreachable::NoAnswer(patience)))
    }

    /// Replaces the quotas. In this process, limits whose quota changes start from zero. Counts in Redis continue.
    pub fn set_quotas(&self, quotas: Quotas) {
        let mut tiers = self.tiers.write().unwrap_or_else(PoisonError::into_inner);
        *tiers = Arc::new(tiers.with_quotas(quotas));
    }

    /// Aborts the background tasks and waits for their end. Dropping the limiter aborts them too.
    pub async fn close(mut self) {
        self.tasks.shutdown().await;
    }
}

/// Returns the charges of limits that are not off.
fn counted<'a>(quotas: &Quotas, charges: &'a [Charge]) -> Cow<'a, [Charge]> {
    let on = |charge: &&Charge| quotas.get(charge.limit).mode != LimitMode::Off;
    if charges.iter().all(|charge| on(&charge)) {
        Cow::Borrowed(charges)
    } else {
        Cow::Owned(charges.iter().filter(on).cloned().collect())
    }
}

fn concluded(answer: &TierAnswer<'_>) -> Allowance {
    answer.count();
    answer.allowance()
}

fn current(tiers: &RwLock<Arc<Tiers>>) -> Arc<Tiers> {
    Arc::clone(&tiers.read().unwrap_or_else(PoisonError::into_inner))
}

/// Drops drained counts every minute, and also when a table is full.
async fn sweep_often(tiers: Arc<RwLock<Arc<Tiers>>>, crowded: Arc<Notify>) {
    loop {
        if tokio::time::timeout(SWEEP, crowded.notified()).await.is_ok() {
            tracing::warn!("the table of a rate limit is full: new subjects share one count until other counts drain");
        }
        current(&tiers).sweep();
        tokio::time::sleep(SWEEP_PAUSE).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::rate_limit::{ChargeWeight, LimitName};

    /// A URL at which no server listens.
    const NO_REDIS: &str = "redis://127.0.0.1:1/";

    #[tokio::test]
    async fn a_reader_is_pressed_below_half_of_the_replicas_part() {
        let quotas = Quotas { submits_per_device: "60/24h".parse().unwrap(), ..Quotas::default() };
        let limiter = Limiter::with_redis(quotas, NO_REDIS, NonZeroU32::new(3).unwrap()).unwrap();
        let charge =
            Charge { limit: LimitName::SubmitsPerDevice, subject: "default/a".to_owned(), weight: ChargeWeight::One };
        let mut allowances = Vec::new();
        for _ in 0..21 {
            allowances.push(limiter.check(std::slice::from_ref(&charge)).await);
        }
        let expected = [(10, false), (10, true)].map(|(times, pressed)| vec![Allowance::Allowed { pressed }; times]);
        assert_eq!(allowances[..20], expected.concat(), "a replica's part is 20, and half of it is 10");
        assert!(matches!(allowances[20], Allowance::Denied { .. }));
    }
}
