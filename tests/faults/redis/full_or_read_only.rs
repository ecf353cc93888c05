//! Scenario R8: Redis responds but cannot write, because its memory is full or it has become a replica.

use std::time::{Duration, Instant};

use duyetd::limiter::Limiter;

use super::super::scenario::scenario;
use super::{allows, crowd::Crowd, limiter, ms, submit, time_until_degraded, time_until_shared};
use crate::support::redis::RedisServer;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_responds_but_cannot_write_is_not_used() {
    scenario("R8", "Redis out of memory, then a read-only replica", async |report| {
        let redis = RedisServer::start();
        let limiter = limiter(&redis.url());
        time_until_shared(&limiter).await;
        for (fault, cause, cure) in [
            ("out of memory", "CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0"),
            ("read-only", "REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE"),
        ] {
            let crowd = Crowd::gather(&[&limiter], 8);
            redis.say::<()>(cause);
            let noticed = time_until_degraded(&limiter).await;
            tokio::time::sleep(Duration::from_millis(600)).await;
            assert!(limiter.is_degraded(), "no probe puts it back in use");
            redis.say::<()>(cure);
            let healed = time_until_shared(&limiter).await;
            report.ms(
                if fault == "read-only" { "read_only_noticed_after" } else { "out_of_memory_noticed_after" },
                noticed,
            );
            println!("{fault}: noticed after {}, shared again {} after the fault was removed", ms(noticed), ms(healed));
            crowd.leave().await.assert_within_bound(fault);
            assert!(noticed < Duration::from_secs(1) && healed < Duration::from_secs(2));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_answers_probes_but_fails_calls_is_not_used_after_five_failures() {
    scenario("R8-calls", "Redis answers probes and fails calls", async |_report| {
        let redis = RedisServer::start();
        let limiter = limiter(&redis.url());
        time_until_shared(&limiter).await;
        // From now on, new connections may write only the key of the probe.
        redis.say::<()>("ACL SETUSER default resetkeys ~rl:{probe}");
        let noticed = time_until_failures_open_it(&limiter).await;
        println!("calls fail and probes do not: out of use after {}", ms(noticed));
        assert!(noticed < Duration::from_secs(1));
    })
    .await;
}

/// Calls until the limiter is degraded. Each successful probe makes the limiter use Redis again until the next five
/// calls fail.
async fn time_until_failures_open_it(limiter: &Limiter) -> Duration {
    let started = Instant::now();
    while !limiter.is_degraded() {
        assert!(started.elapsed() < Duration::from_secs(30), "the limiter never became degraded");
        allows(limiter, &submit("a")).await;
    }
    started.elapsed()
}
