//! Scenario R3: Redis is unavailable when the service starts.

use std::time::{Duration, Instant};

use super::super::scenario::scenario;
use super::{BURST, crowd::Crowd, let_through, limiter, ms, time_until_degraded, time_until_shared};
use crate::support::{daemon::Daemon, redis::RedisServer};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_hold_without_redis_and_are_shared_soon_after_it_starts() {
    scenario("R3", "Redis is absent at the start, then starts", async |report| {
        let mut redis = RedisServer::start();
        redis.stop();
        let (one, other) = (limiter(&redis.url()), limiter(&redis.url()));
        assert!(one.is_degraded(), "limits are not shared before Redis is connected");
        let crowd = Crowd::gather(&[&one, &other], 8);
        let alone = let_through(&[&one, &other], 40, "early").await;
        time_until_degraded(&one).await;
        // This is longer than the time between two probes, so more than one probe has failed.
        tokio::time::sleep(Duration::from_millis(600)).await;
        redis.start_again();
        let healed = time_until_shared(&one).await.max(time_until_shared(&other).await);
        report.ms("shared_after_it_answers", healed);
        report.count("allowed_without_redis_with_a_burst_of_5", alone as usize);
        println!(
            "absent at start: shared {} after it answers; two replicas alone let {alone} of a burst of 5 through",
            ms(healed)
        );
        crowd.leave().await.assert_within_bound("absent at start");
        assert!(healed < Duration::from_secs(2) && alone <= BURST);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_redis_does_not_delay_the_start() {
    scenario("R3-start", "duyetd started without its Redis", async |report| {
        let mut redis = RedisServer::start();
        redis.stop();
        let start = |url: &[(&str, &str)]| {
            let (dir, started) = (tempfile::tempdir().unwrap(), Instant::now());
            let daemon = Daemon::start(dir.path(), url);
            assert!(daemon.http("/readyz").starts_with("HTTP/1.1 200"));
            started.elapsed()
        };
        let (without, missing) = (start(&[]), start(&[("REDIS_URL", &redis.url())]));
        report.ms("ready_without_redis", missing);
        report.ms("ready_without_redis_url", without);
        println!("absent at start: ready after {}, without REDIS_URL after {}", ms(missing), ms(without));
        assert!(missing < without + Duration::from_secs(1));
    })
    .await;
}
