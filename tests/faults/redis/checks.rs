//! Limiters with limits of which a test runs into one at most, and how they are asked.

use std::{
    num::NonZeroU32,
    sync::Arc,
    time::{Duration, Instant},
};

use duyetd::{
    domain::rate_limit::{Allowance, Charge, ChargeWeight, LimitName, Quotas},
    limiter::Limiter,
};

use crate::support::redis::RedisServer;

/// Longest that a check may take, whatever Redis does.
pub(super) const BOUND: Duration = Duration::from_millis(60);

/// A device's burst in tests that count what is let through. It drains by nothing while a test runs.
pub(super) const BURST: u32 = 5;

/// Reports of a prefix: room for a crowd, and yet none drains while a test runs.
const PER_DAY: u32 = 1_000;

/// One limiter as each of two replicas has it. Sites and prefixes have room for every test.
pub(super) fn limiter(url: &str) -> Arc<Limiter> {
    let wide = "1000000/24h".parse().unwrap();
    let quotas = Quotas {
        submits_per_device: format!("{BURST}/24h").parse().unwrap(),
        submits_per_prefix: wide,
        submits_per_article: wide,
        submits_per_site: wide,
        reports_per_prefix: format!("{PER_DAY}/24h").parse().unwrap(),
        ..Quotas::default()
    };
    Arc::new(Limiter::with_redis(quotas, url, NonZeroU32::new(2).unwrap()).unwrap())
}

pub(super) fn charge(limit: LimitName, subject: &str) -> Charge {
    Charge { limit, subject: format!("default/{subject}"), weight: ChargeWeight::One }
}

pub(super) fn device(name: &str) -> Charge {
    charge(LimitName::SubmitsPerDevice, name)
}

/// What a submit of one reader charges, but for the device: its quota is for tests that count.
pub(super) fn submit(reader: &str) -> Vec<Charge> {
    vec![
        charge(LimitName::SubmitsPerPrefix, reader),
        charge(LimitName::SubmitsPerArticle, "bai"),
        charge(LimitName::SubmitsPerSite, "site"),
    ]
}

pub(super) async fn allows(limiter: &Limiter, charges: &[Charge]) -> bool {
    matches!(limiter.check(charges).await, Allowance::Allowed { .. })
}

/// How many of `tries` events of one device are let through, taking turns between the replicas.
pub(super) async fn let_through(limiters: &[&Limiter], tries: usize, name: &str) -> u32 {
    let (charges, mut admitted) = ([device(name)], 0);
    for turn in 0..tries {
        admitted += u32::from(allows(limiters[turn % limiters.len()], &charges).await);
    }
    admitted
}

/// The time until it is so.
pub(super) async fn time_until(what: &str, mut is_so: impl FnMut() -> bool) -> Duration {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_secs(60), "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    started.elapsed()
}

pub(super) async fn time_until_degraded(limiter: &Limiter) -> Duration {
    time_until("it is degraded", || limiter.is_degraded()).await
}

pub(super) async fn time_until_shared(limiter: &Limiter) -> Duration {
    time_until("limits are shared", || !limiter.is_degraded()).await
}

/// So many reports of a prefix as Redis has counted.
pub(super) fn counted(redis: &RedisServer, key: &str) -> i64 {
    let (seconds, micros): (i64, i64) = redis.say("TIME");
    let whole: Option<i64> = redis.say(&format!("GET {key}"));
    let interval = 86_400_000_000 / i64::from(PER_DAY);
    whole.map_or(0, |whole| (whole - seconds * 1_000_000 - micros + interval - 1) / interval)
}

/// Milliseconds with one digit, as the table in `docs/limits.md` has them.
pub(super) fn ms(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1_000.0)
}
