//! Scenario T1: clocks that differ and clocks that are set. A proxy changes the time that Redis reports.

use std::{sync::Arc, time::Duration};

use duyetd::domain::rate_limit::LimitName;

use super::{
    BURST, allows, charge, counted, crowd::Crowd, let_through, limiter, time_until_degraded, time_until_shared,
};
use crate::support::{
    proxy::{Proxy, Trouble},
    redis::RedisServer,
};

const HOUR: i64 = 3_600_000_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_with_different_clocks_share_a_burst_and_a_clock_step_denies_no_caller() {
    let redis = RedisServer::start();
    let proxy = Proxy::start(redis.port()).await;
    let (right, wrong) = (limiter(&redis.url()), limiter(&proxy.url()));
    time_until_shared(&right).await;
    time_until_shared(&wrong).await;
    let crowd = Crowd::gather(&[&right, &wrong], 4);
    for (round, ahead) in [0, HOUR, -HOUR, 24 * HOUR, 50_000, -50_000, 0].into_iter().enumerate() {
        proxy.make(Trouble::Skew(ahead));
        let name = format!("reader-{round}");
        // The first call after the step is the first to see the changed clock.
        let through = let_through(&[&wrong, &right], 20, &name).await;
        let stays = !wrong.is_degraded();
        println!("clock set by {} s: {through} let through of a burst of 5, in use: {stays}", ahead / 1_000_000);
        assert_eq!((through, stays), (BURST, true), "{ahead}");
    }
    crowd.leave().await.assert_within_bound("clock set");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn late_calls_count_nothing_after_a_clock_step() {
    let redis = RedisServer::start();
    let proxy = Proxy::start(redis.port()).await;
    let limiter = limiter(&proxy.url());
    for (round, ahead) in [HOUR, -HOUR].into_iter().enumerate() {
        proxy.make(Trouble::Skew(ahead));
        time_until_shared(&limiter).await;
        let subject = charge(LimitName::ReportsPerPrefix, &format!("late-{round}"));
        let key = format!("rl:{{{}}}:{}", subject.subject, subject.limit);
        assert!(allows(&limiter, std::slice::from_ref(&subject)).await);
        redis.pause();
        let calls = (0..50).map(|_| {
            let (limiter, charges) = (Arc::clone(&limiter), [subject.clone()]);
            async move { assert!(allows(&limiter, &charges).await) }
        });
        Crowd::at_once(calls).await;
        time_until_degraded(&limiter).await;
        tokio::time::sleep(Duration::from_millis(30)).await;
        redis.resume();
        time_until_shared(&limiter).await;
        assert_eq!(counted(&redis, &key), 1, "none of the 50 abandoned calls may be counted");
    }
}
