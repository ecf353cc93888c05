//! The master that Redis Sentinel monitors is killed or frozen.

use std::time::{Duration, Instant};

use super::{BURST, crowd::Crowd, let_through, limiter, ms, time_until_degraded, time_until_shared};
use crate::support::redis_sentinel::SentinelRedis;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_master_is_replaced_by_the_one_that_sentinel_names() {
    lose_the_master(true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_master_is_replaced_by_the_one_that_sentinel_names() {
    lose_the_master(false).await;
}

async fn lose_the_master(killed: bool) {
    let name = if killed { "sentinel master killed" } else { "sentinel master frozen" };
    let mut redis = SentinelRedis::start();
    let (one, other) = (limiter(&redis.url()), limiter(&redis.url()));
    time_until_shared(&one).await;
    time_until_shared(&other).await;
    let shared = let_through(&[&one, &other], 20, "early").await;
    let crowd = Crowd::gather(&[&one, &other], 16);
    let mut through = let_through(&[&one], 10, "late").await;
    let (lost, began) = (redis.master(), Instant::now());
    if killed {
        redis.server(lost).stop();
    } else {
        redis.server(lost).pause();
    }
    let noticed = time_until_degraded(&one).await.max(time_until_degraded(&other).await);
    through += let_through(&[&other, &one], 20, "late").await;
    time_until_shared(&one).await;
    time_until_shared(&other).await;
    let healed = began.elapsed();
    through += let_through(&[&other, &one], 20, "late").await;
    println!(
        "{name}: noticed after {}, shared again after {}; {through} let through of a burst of 5",
        ms(noticed),
        ms(healed)
    );
    crowd.leave().await.assert_within_bound(name);
    assert_ne!(redis.master(), lost);
    assert_eq!(shared, BURST);
    assert!(through <= 2 * BURST, "at most one additional burst may be allowed");
    assert!(healed < Duration::from_secs(10), "{healed:?}");
}
