//! Tests of rate limits with a real Redis: replicas share them exactly, and they still apply when Redis is killed or
//! frozen, or when its data is deleted.

#![cfg(test)] // so that helpers may unwrap, as tests may

use std::{num::NonZeroU32, time::Duration};

use duyetd::{
    domain::rate_limit::{Allowance, Charge, ChargeWeight, LimitName, Quotas},
    limiter::Limiter,
};
use metrics_exporter_prometheus::PrometheusBuilder;

use crate::support::redis::RedisServer;

/// The periods are long, so that quotas do not refill during a test.
fn quotas() -> Quotas {
    Quotas {
        submits_per_device: "5/24h".parse().unwrap(),
        submits_per_site: "8/24h".parse().unwrap(),
        ..Quotas::default()
    }
}

fn replica(redis: &RedisServer) -> Limiter {
    Limiter::with_redis(quotas(), &redis.url(), NonZeroU32::MIN).unwrap()
}

fn device(name: &str) -> Charge {
    Charge { limit: LimitName::SubmitsPerDevice, subject: format!("default/{name}"), weight: ChargeWeight::One }
}

fn site() -> Charge {
    Charge { limit: LimitName::SubmitsPerSite, subject: "default".to_owned(), weight: ChargeWeight::One }
}

async fn allows(limiter: &Limiter, charges: &[Charge]) -> bool {
    matches!(limiter.check(charges).await, Allowance::Allowed { .. })
}

async fn count_allowed(limiter: &Limiter, tries: u32, charges: &[Charge]) -> u32 {
    let mut allowed = 0;
    for _ in 0..tries {
        allowed += u32::from(allows(limiter, charges).await);
    }
    allowed
}

async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    for _ in 0..2_000 {
        if condition().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("this never happened: {what}");
}

async fn until_degraded_is(expected: bool, limiter: &Limiter) {
    until(&format!("degraded is {expected}"), async || limiter.is_degraded() == expected).await;
}

/// Waits until Redis is in use: a check by this limiter creates a key there.
async fn until_shared(limiter: &Limiter, redis: &RedisServer) {
    let mut connection = redis.connection();
    until("counts are shared", async || {
        limiter.check(&[device("warm-up")]).await;
        redis::cmd("EXISTS").arg("rl:{default/warm-up}:SubmitsPerDevice").query(&mut connection).unwrap()
    })
    .await;
}

/// Expects an exact result of `run`, which gets a name for its subjects. If the machine stalls for 50 ms, the limiter
/// decides a check locally, as intended. Such a run does not test Redis, so it is repeated with another name.
pub(crate) async fn exactly<T: PartialEq + std::fmt::Debug>(expected: T, mut run: impl AsyncFnMut(&str) -> T) {
    for attempt in 0..10 {
        let recorder = PrometheusBuilder::new().build_recorder();
        let guard = metrics::set_default_local_recorder(&recorder);
        let outcome = run(&format!("run-{attempt}")).await;
        drop(guard);
        if !recorder.handle().render().contains(r#"decision="allowed",source="local""#) {
            assert_eq!(outcome, expected);
            return;
        }
    }
    panic!("Redis did not answer every check in time in any run");
}

#[tokio::test]
async fn two_replicas_share_one_quota_exactly() {
    let redis = RedisServer::start();
    let (one, other) = (replica(&redis), replica(&redis));
    until_shared(&one, &redis).await;
    exactly((3, 2, 0), async |name| {
        let charges = [device(name)];
        let first = count_allowed(&one, 3, &charges).await;
        (first, count_allowed(&other, 5, &charges).await, count_allowed(&one, 5, &charges).await)
    })
    .await;
}

#[tokio::test]
async fn replicas_share_one_reserve_for_known_readers() {
    let redis = RedisServer::start();
    let (one, other) = (replica(&redis), replica(&redis));
    until_shared(&one, &redis).await;
    until_shared(&other, &redis).await;
    exactly([3, 1, 0, 2, 2], async |name| {
        let known = [Charge { subject: name.to_owned(), ..site() }];
        let stranger = [Charge { weight: ChargeWeight::OneBesideReserve, ..known[0].clone() }];
        [
            count_allowed(&one, 3, &stranger).await,
            count_allowed(&other, 5, &stranger).await,
            count_allowed(&one, 5, &stranger).await,
            count_allowed(&one, 2, &known).await,
            count_allowed(&other, 5, &known).await,
        ]
    })
    .await;
}

#[tokio::test]
async fn a_denied_charge_is_counted_on_neither_tier() {
    let redis = RedisServer::start();
    let (one, other) = (replica(&redis), replica(&redis));
    until_shared(&one, &redis).await;
    exactly((8, 0, 5), async |name| {
        let site = Charge { subject: name.to_owned(), ..site() };
        let used = count_allowed(&other, 8, std::slice::from_ref(&site)).await;
        // Only Redis knows that the site's quota is used up, so the device's event must be refunded both in Redis and
        // locally.
        let denied = count_allowed(&one, 20, &[device(name), site]).await;
        (used, denied, count_allowed(&one, 5, &[device(name)]).await)
    })
    .await;
}

#[tokio::test]
async fn a_denied_try_does_not_lengthen_the_wait() {
    let redis = RedisServer::start();
    let (one, other) = (replica(&redis), replica(&redis));
    until_shared(&one, &redis).await;
    let mut connection = redis.connection();
    exactly(true, async |name| {
        let charges = [device(name)];
        count_allowed(&one, 5, &charges).await;
        let key = format!("rl:{{default/{name}}}:SubmitsPerDevice");
        let mut state = || -> (String, u64) {
            redis::pipe().get(&key).cmd("PEXPIRETIME").arg(&key).query(&mut connection).unwrap()
        };
        let before = state();
        let mut waits = Vec::new();
        for _ in 0..20 {
            if let Allowance::Denied { retry_after, .. } = other.check(&charges).await {
                waits.push(retry_after);
            }
        }
        waits.len() == 20 && waits.is_sorted_by(|earlier, later| earlier >= later) && state() == before
    })
    .await;
}

#[tokio::test]
async fn every_key_expires() {
    let redis = RedisServer::start();
    let (one, other) = (replica(&redis), replica(&redis));
    until_shared(&one, &redis).await;
    for name in ["a", "b", "c"] {
        count_allowed(&one, 7, &[device(name), site()]).await;
        count_allowed(&other, 7, &[device(name), site()]).await;
    }
    let mut connection = redis.connection();
    let keys: Vec<String> = redis::cmd("KEYS").arg("*").query(&mut connection).unwrap();
    assert!(keys.len() > 3, "{keys:?}");
    for key in keys {
        let milliseconds: i64 = redis::cmd("PTTL").arg(&key).query(&mut connection).unwrap();
        assert!((1..=86_400_001).contains(&milliseconds), "{key} {milliseconds}");
    }
}

#[tokio::test]
async fn a_flushed_script_is_loaded_again() {
    let redis = RedisServer::start();
    let (one, other) = (replica(&redis), replica(&redis));
    until_shared(&one, &redis).await;
    let mut connection = redis.connection();
    exactly((2, 3), async |name| {
        let charges = [device(name)];
        let first = count_allowed(&one, 2, &charges).await;
        redis::cmd("SCRIPT").arg("FLUSH").exec(&mut connection).unwrap();
        (first, count_allowed(&other, 5, &charges).await)
    })
    .await;
}

#[tokio::test]
async fn an_emptied_redis_admits_at_most_one_additional_burst() {
    let redis = RedisServer::start();
    let (one, other) = (replica(&redis), replica(&redis));
    until_shared(&one, &redis).await;
    let mut connection = redis.connection();
    exactly(10, async |name| {
        let charges = [device(name)];
        let mut admitted = count_allowed(&one, 5, &charges).await;
        redis::cmd("FLUSHALL").exec(&mut connection).unwrap();
        for _ in 0..10 {
            admitted += count_allowed(&one, 1, &charges).await;
            admitted += count_allowed(&other, 1, &charges).await;
        }
        admitted
    })
    .await;
}

#[tokio::test]
async fn limits_hold_without_redis_and_are_shared_once_it_starts() {
    let mut redis = RedisServer::start();
    redis.stop();
    let limiter = replica(&redis);
    assert_eq!(count_allowed(&limiter, 20, &[device("early")]).await, 5);
    until_degraded_is(true, &limiter).await;
    assert_eq!(count_allowed(&limiter, 20, &[device("late")]).await, 5);
    redis.start_again();
    until_degraded_is(false, &limiter).await;
    until_shared(&limiter, &redis).await;
    assert_eq!(count_allowed(&limiter, 20, &[device("early"), device("late")]).await, 0);
}

#[tokio::test]
async fn limits_hold_when_redis_is_killed_and_are_shared_after_its_restart() {
    let mut redis = RedisServer::start();
    let (limiter, other) = (replica(&redis), replica(&redis));
    until_shared(&limiter, &redis).await;
    assert_eq!(count_allowed(&limiter, 3, &[device("a")]).await, 3);
    redis.stop();
    // A single failed call is enough, because it triggers a probe. A server with few calls must not have to wait for
    // the five errors that open the circuit breaker.
    assert!(allows(&limiter, &[device("b")]).await);
    until_degraded_is(true, &limiter).await;
    assert_eq!(count_allowed(&limiter, 20, &[device("a")]).await, 2);
    redis.start_again();
    until_degraded_is(false, &limiter).await;
    until_degraded_is(false, &other).await;
    exactly((2, 3), async |name| {
        (count_allowed(&limiter, 2, &[device(name)]).await, count_allowed(&other, 9, &[device(name)]).await)
    })
    .await;
}

#[tokio::test]
async fn a_frozen_redis_delays_no_check_for_long() {
    let redis = RedisServer::start();
    let limiter = replica(&redis);
    until_shared(&limiter, &redis).await;
    redis.pause();
    let charges = [device("a")];
    let twenty = tokio::time::timeout(Duration::from_secs(20), count_allowed(&limiter, 20, &charges));
    assert_eq!(twenty.await.expect("every check must return in time"), 5);
    until_degraded_is(true, &limiter).await;
    redis.resume();
    until_degraded_is(false, &limiter).await;
    until_shared(&limiter, &redis).await;
}

#[tokio::test]
async fn metrics_show_which_tier_decided_and_whether_redis_is_in_use() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let shows = |line: &str| recorder.handle().render().lines().any(|one| one == line);
    let mut redis = RedisServer::start();
    let limiter = replica(&redis);
    assert!(
        shows(r#"duyet_degraded{component="redis"} 1"#),
        "Redis counts as unavailable until the first connection succeeds"
    );
    until("the gauge shows that Redis is in use", async || shows(r#"duyet_degraded{component="redis"} 0"#)).await;
    until_shared(&limiter, &redis).await;
    redis.stop();
    allows(&limiter, &[device("a")]).await;
    until("the gauge shows that Redis is unavailable", async || shows(r#"duyet_degraded{component="redis"} 1"#)).await;
    count_allowed(&limiter, 6, &[device("b")]).await;
    let decisions = "duyet_rate_limit_decisions_total";
    assert!(shows(&format!(r#"{decisions}{{limit="SubmitsPerDevice",decision="denied",source="local"}} 1"#)));
    redis.start_again();
    until("the gauge shows that Redis is in use", async || shows(r#"duyet_degraded{component="redis"} 0"#)).await;
}

#[tokio::test]
async fn new_quotas_are_in_force_at_once() {
    let redis = RedisServer::start();
    let limiter = replica(&redis);
    until_shared(&limiter, &redis).await;
    count_allowed(&limiter, 9, &[device("a")]).await;
    limiter.set_quotas(Quotas { submits_per_device: "2/1m".parse().unwrap(), ..quotas() });
    // A wait of hours that the old quota caused must not remain in force under the new quota.
    match limiter.check(&[device("a")]).await {
        Allowance::Denied { retry_after, .. } => assert!(retry_after <= Duration::from_secs(30), "{retry_after:?}"),
        Allowance::Allowed { .. } => {
            assert!(limiter.is_degraded(), "Redis kept its count, so it should have denied the event");
        }
    }
    limiter.close().await;
}

#[tokio::test]
async fn an_invalid_url_is_reported_without_its_password() {
    for url in [
        "",
        "http://u:secret@localhost",
        "redis://u:secret@",
        "redis+cluster://u:secret@h/1",
        "redis+sentinel://u:secret@h",
    ] {
        let error =
            Limiter::with_redis(quotas(), url, NonZeroU32::MIN).err().unwrap_or_else(|| panic!("{url}")).to_string();
        assert!(!error.contains("secret"), "{error}");
    }
}
