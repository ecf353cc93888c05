//! Scenario R2: Redis is frozen (SIGSTOP). It accepts every call but responds to none until it is resumed, and then
//! executes all of them.

use std::{sync::Arc, time::Duration};

use duyetd::{domain::rate_limit::LimitName, limiter::Limiter};

use super::super::scenario::scenario;
use super::{
    BURST, allows, charge, counted, crowd::Crowd, let_through, limiter, ms, time_until, time_until_degraded,
    time_until_shared,
};
use crate::support::redis::RedisServer;

const CALLERS: usize = 200;
/// Times from the last check's result to the end of the freeze. The first is short, and every replica notices the last.
const FREEZES: [Duration; 4] =
    [Duration::from_millis(20), Duration::from_millis(50), Duration::from_millis(200), Duration::from_secs(1)];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_that_a_frozen_redis_executes_late_count_nothing() {
    scenario("R2", "Redis frozen with 200 calls in flight", async |_report| {
        let redis = RedisServer::start();
        let replicas = [limiter(&redis.url()), limiter(&redis.url())];
        let mut measured = false;
        for (round, freeze) in FREEZES.into_iter().enumerate() {
            measured |= freeze_for(freeze, &redis, &replicas, round).await;
        }
        // On a busy machine the stalls affect almost every call, so the durations mean nothing. The test then repeats
        // the freeze.
        for round in FREEZES.len()..50 {
            measured = measured || freeze_for(FREEZES[0], &redis, &replicas, round).await;
        }
        assert!(measured, "the machine is too busy for a measurement");
    })
    .await;
}

/// Freezes Redis once, and checks that the counts are right. Returns whether the machine was quiet enough to measure
/// the durations of the calls.
async fn freeze_for(freeze: Duration, redis: &RedisServer, [one, other]: &[Arc<Limiter>; 2], round: usize) -> bool {
    time_until_shared(one).await;
    time_until_shared(other).await;
    let name = format!("frozen-{round}");
    let subject = charge(LimitName::ReportsPerPrefix, &name);
    let key = format!("rl:{{{}}}:{}", subject.subject, subject.limit);
    for _ in 0..3 {
        assert!(allows(one, std::slice::from_ref(&subject)).await);
    }
    let before = counted(redis, &key);
    redis.pause();
    let tally = Crowd::at_once((0..CALLERS).map(|caller| {
        let limiter = Arc::clone(if caller % 2 == 0 { one } else { other });
        let charges = [subject.clone()];
        async move { assert!(allows(&limiter, &charges).await, "the local tier must allow the event") }
    }))
    .await;
    let noticed = time_until_degraded(one).await.max(time_until_degraded(other).await);
    let alone = let_through(&[one, other], 40, &name).await;
    tokio::time::sleep(freeze).await;
    redis.resume();
    let healed = time_until_shared(one).await.max(time_until_shared(other).await);
    // Redis responds in order. When limits are shared again, it has executed all calls that it received in the freeze.
    let late = counted(redis, &key) - before;
    println!(
        "frozen until {} after the last answer: {CALLERS} calls at once, noticed {} after the last, {late} counted late, \
         shared again {} after the thaw; two replicas alone let {alone} of a burst of 5 through",
        ms(freeze),
        ms(noticed),
        ms(healed)
    );
    assert!(late <= 5, "{late} calls were counted after their callers had given up, and at most 5 are tolerated");
    assert!(alone <= BURST, "each replica may allow only its share of the quota");
    if tally.is_conclusive() {
        tally.assert_within_bound("frozen");
    }
    tally.is_conclusive()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_freezes_repeatedly_delays_no_call() {
    scenario("R2-again", "Redis frozen and thawed four times", async |_report| {
        let redis = RedisServer::start();
        let limiter = limiter(&redis.url());
        time_until_shared(&limiter).await;
        let crowd = Crowd::gather(&[&limiter], 8);
        for _ in 0..4 {
            redis.pause();
            time_until_degraded(&limiter).await;
            redis.resume();
            time_until_shared(&limiter).await;
        }
        crowd.leave().await.assert_within_bound("frozen four times");
        time_until("limits are shared again", || !limiter.is_degraded()).await;
    })
    .await;
}
