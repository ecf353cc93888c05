//! Limiters whose limits of sites, articles and prefixes are too wide to be reached by submits, and helpers that check
//! charges.

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

/// Longest time that a check may take, in every state of Redis.
pub(super) const BOUND: Duration = Duration::from_millis(60);

/// A device's burst in tests that count allowed events. The quota refills too slowly to matter during a test.
pub(super) const BURST: u32 = 5;

/// Quota of reports per prefix: large enough for all callers of a test, and it refills too slowly to matter.
const PER_DAY: u32 = 1_000;

/// Creates the limiter of one replica. Its limits of sites and prefixes are never reached.
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

/// Returns the charges of one reader's submit without the one per device. Tests that count allowed events use the
/// quota of the device.
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

/// Returns how many of `tries` events of one device are allowed, alternating between the replicas.
pub(super) async fn let_through(limiters: &[&Limiter], tries: usize, name: &str) -> u32 {
    let (charges, mut admitted) = ([device(name)], 0);
    for turn in 0..tries {
        admitted += u32::from(allows(limiters[turn % limiters.len()], &charges).await);
    }
    admitted
}

pub(super) async fn time_until(what: &str, mut is_so: impl FnMut() -> bool) -> Duration {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_secs(60), "this never happened: {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    started.elapsed()
}

pub(super) async fn time_until_degraded(limiter: &Limiter) -> Duration {
    time_until("the limiter is degraded", || limiter.is_degraded()).await
}

pub(super) async fn time_until_shared(limiter: &Limiter) -> Duration {
    time_until("limits are shared", || !limiter.is_degraded()).await
}

pub(super) fn counted(redis: &RedisServer, key: &str) -> i64 {
    let (seconds, micros): (i64, i64) = redis.say("TIME");
    let whole: Option<i64> = redis.say(&format!("GET {key}"));
    let interval = 86_400_000_000 / i64::from(PER_DAY);
    whole.map_or(0, |whole| (whole - seconds * 1_000_000 - micros + interval - 1) / interval)
}

/// Formats milliseconds with one decimal digit, as in the table of `docs/limits.md`.
pub(super) fn ms(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1_000.0)
}
