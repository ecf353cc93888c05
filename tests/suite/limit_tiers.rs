//! What each process counts itself, with Redis and without: its part of the quotas, and what Redis denied.

#![cfg(test)] // so that helpers may unwrap, as tests may

use std::{num::NonZeroU32, time::Duration};

use duyetd::{
    domain::rate_limit::{Allowance, Charge, ChargeWeight, LimitName, Quotas},
    limiter::Limiter,
};

use crate::{limits::exactly, support::redis::RedisServer};

/// Long periods: no event drains while a test runs.
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
    panic!("degraded does not become {expected}");
}

/// Calls of the script that Redis has served.
fn script_calls(redis: &RedisServer) -> u64 {
    let stats: String = redis::cmd("INFO").arg("commandstats").query(&mut redis.connection()).unwrap();
    let calls = stats.lines().filter_map(|line| line.strip_prefix("cmdstat_evalsha:calls="));
    calls.map(|line| line.split(',').next().unwrap().parse::<u64>().unwrap()).sum()
}

#[tokio::test]
async fn without_redis_each_replica_has_its_part_of_the_quota() {
    let mut redis = RedisServer::start();
    redis.stop();
    let limiters = [(); 3].map(|()| replica(&redis, quotas("7/24h", "1000/24h"), 3));
    let mut admitted = 0;
    for limiter in &limiters {
        until_degraded_is(true, limiter).await;
        admitted += count_allowed(limiter, 20, &[device("a"), site()]).await;
    }
    assert_eq!(admitted, 6, "two each, of seven");
}

#[tokio::test]
async fn a_part_is_counted_all_along_so_that_no_outage_starts_from_zero() {
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
    assert_eq!(count_allowed(&limiter, 9, &[device("a")]).await, 1, "four are its part, and three were used");
    redis.start_again();
    until_degraded_is(false, &limiter).await;
    let whole = count_allowed(&limiter, 9, &[device("a")]).await;
    assert!(whole <= 4, "the whole again, less what was used, and not {whole}");
}

#[tokio::test]
async fn what_redis_denied_costs_no_call_until_its_wait_is_over() {
    let redis = RedisServer::start();
    let (one, other) = (replica(&redis, quotas("3/24h", "9/24h"), 1), replica(&redis, quotas("3/24h", "9/24h"), 1));
    until_degraded_is(false, &one).await;
    until_degraded_is(false, &other).await;
    exactly((3, 0), async |name| {
        (count_allowed(&one, 3, &[device(name)]).await, count_allowed(&other, 1, &[device(name)]).await)
    })
    .await;
    count_allowed(&one, 3, &[device("a")]).await;
    // Until Redis itself has denied it: a slow answer lets this process decide.
    while matches!(other.check(&[device("a")]).await, Allowance::Allowed { .. }) {}
    let (before, mut waits) = (script_calls(&redis), Vec::new());
    for _ in 0..100 {
        match other.check(&[device("a"), site()]).await {
            Allowance::Denied { retry_after, .. } => waits.push(retry_after),
            Allowance::Allowed { .. } => panic!("it is used up"),
        }
    }
    // The watch looks at Redis now and then by the same script.
    assert!(script_calls(&redis) - before < 20, "a hundred denials out of memory");
    assert!(waits.is_sorted_by(|earlier, later| earlier >= later), "the wait counts down: {waits:?}");
    other.set_quotas(quotas("6/24h burst 12", "9/24h"));
    assert_eq!(count_allowed(&other, 1, &[device("a")]).await, 1, "other quotas, other answers");
}

#[tokio::test]
async fn a_shadow_denies_nobody_on_either_tier_and_off_counts_nothing() {
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
