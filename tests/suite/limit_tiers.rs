//! The limits that each process counts itself, with and without Redis: its share of the quotas, and denials cached
//! from Redis.

#![cfg(test)] // so that helpers may unwrap, as tests may

use std::{num::NonZeroU32, time::Duration};

use duyetd::{
    domain::rate_limit::{Allowance, Charge, ChargeWeight, LimitName, Quotas},
    limiter::Limiter,
};

use crate::{limits::exactly, support::redis::RedisServer};

/// The periods are long, so that quotas do not refill during a test.
fn quotas(device: &str, site: &str) -> Quotas {
    Quotas { submits_per_device: device.parse().unwrap(), submits_per_site: site.parse().unwrap(), ..Quotas::default() }
}

fn replica(redis: &RedisServer, quotas: Quotas, replicas: u32) -> Limiter {
    Limiter::with_redis(quotas, &redis.url(), NonZeroU32::new(replicas).unwrap()).unwrap()
}

fn device(name: &str) -> Charge {
    Charge { limit: LimitName::SubmitsPerDevice, subject: format!("default/{name}"), weight: ChargeWeight::One }
}

fn site() -> Charge {
    Charge { limit: LimitName::SubmitsPerSite, subject: "default/site".into(), weight: ChargeWeight::One }
}

async fn count_allowed(limiter: &Limiter, tries: u32, charges: &[Charge]) -> u32 {
    let mut allowed = 0;
    for _ in 0..tries {
        allowed += u32::from(matches!(limiter.check(charges).await, Allowance::Allowed { .. }));
    }
    allowed
}

async fn until_degraded_is(expected: bool, limiter: &Limiter) {
    for _ in 0..2_000 {
        if limiter.is_degraded() == expected {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("degraded never became {expected}");
}

/// Counts the script calls that Redis has served.
fn script_calls(redis: &RedisServer) -> u64 {
    let stats: String = redis::cmd("INFO").arg("commandstats").query(&mut redis.connection()).unwrap();
    let calls = stats.lines().filter_map(|line| line.strip_prefix("cmdstat_evalsha:calls="));
    calls.map(|line| line.split(',').next().unwrap().parse::<u64>().unwrap()).sum()
}

#[tokio::test]
async fn without_redis_each_replica_has_its_share_of_the_quota() {
    let mut redis = RedisServer::start();
    redis.stop();
    let limiters = [(); 3].map(|()| replica(&redis, quotas("7/24h", "1000/24h"), 3));
    let mut admitted = 0;
    for limiter in &limiters {
        until_degraded_is(true, limiter).await;
        admitted += count_allowed(limiter, 20, &[device("a"), site()]).await;
    }
    assert_eq!(admitted, 6, "each replica allows two of seven");
}

#[tokio::test]
async fn the_local_share_is_counted_before_an_outage_of_redis() {
    let mut redis = RedisServer::start();
    let limiter = replica(&redis, quotas("8/24h", "1000/24h"), 2);
    until_degraded_is(false, &limiter).await;
    exactly((3, 6), async |name| {
        let (a, b) = ([device(&format!("{name}-a"))], [device(&format!("{name}-b"))]);
        (count_allowed(&limiter, 3, &a).await, count_allowed(&limiter, 6, &b).await)
    })
    .await;
    assert_eq!(count_allowed(&limiter, 3, &[device("a")]).await, 3);
    redis.stop();
    until_degraded_is(true, &limiter).await;
    assert_eq!(
        count_allowed(&limiter, 9, &[device("a")]).await,
        1,
        "the replica's share is four events, and three were used"
    );
    redis.start_again();
    until_degraded_is(false, &limiter).await;
    let whole = count_allowed(&limiter, 9, &[device("a")]).await;
    assert!(whole <= 4, "at most the unused part of the whole quota may be allowed, but {whole} events were");
}

#[tokio::test]
async fn a_denial_by_redis_is_cached_until_its_wait_is_over() {
    let redis = RedisServer::start();
    let (one, other) = (replica(&redis, quotas("3/24h", "9/24h"), 1), replica(&redis, quotas("3/24h", "9/24h"), 1));
    until_degraded_is(false, &one).await;
    until_degraded_is(false, &other).await;
    exactly((3, 0), async |name| {
        (count_allowed(&one, 3, &[device(name)]).await, count_allowed(&other, 1, &[device(name)]).await)
    })
    .await;
    count_allowed(&one, 3, &[device("a")]).await;
    // Repeats the check until Redis itself denies it, because this process decides if Redis responds too late.
    while matches!(other.check(&[device("a")]).await, Allowance::Allowed { .. }) {}
    let (before, mut waits) = (script_calls(&redis), Vec::new());
    for _ in 0..100 {
        match other.check(&[device("a"), site()]).await {
            Allowance::Denied { retry_after, .. } => waits.push(retry_after),
            Allowance::Allowed { .. } => panic!("the burst is used up"),
        }
    }
    // The health check calls the same script periodically.
    assert!(script_calls(&redis) - before < 20, "a hundred denials come from the cache");
    assert!(waits.is_sorted_by(|earlier, later| earlier >= later), "the wait counts down: {waits:?}");
    other.set_quotas(quotas("6/24h burst 12", "9/24h"));
    assert_eq!(count_allowed(&other, 1, &[device("a")]).await, 1, "a new quota discards the cached denial");
}

#[tokio::test]
async fn a_shadow_limit_denies_nothing_and_an_off_limit_counts_nothing() {
    let redis = RedisServer::start();
    let limiter = replica(&redis, quotas("2/24h SHADOW", "6/24h"), 1);
    until_degraded_is(false, &limiter).await;
    exactly(6, async |name| {
        let site = Charge { subject: name.to_owned(), ..site() };
        count_allowed(&limiter, 20, &[device(name), site]).await
    })
    .await;
    limiter.set_quotas(quotas("2/24h OFF", "6/24h OFF"));
    assert_eq!(count_allowed(&limiter, 20, &[device("b"), site()]).await, 20);
    let keys: Vec<String> = redis::cmd("KEYS").arg("*default/b*").query(&mut redis.connection()).unwrap();
    assert!(keys.is_empty(), "{keys:?}");
}
