//! Scenario R1: Redis is killed under load.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use duyet_proto::v1;
use tokio::task::JoinSet;
use tonic::Status;

use super::super::scenario::scenario;
use super::{BURST, crowd::Crowd, let_through, limiter, ms, time_until, time_until_degraded, time_until_shared};
use crate::support::{
    daemon::Daemon,
    newsroom::{Portal, reason},
    redis::RedisServer,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_redis_delays_no_call_and_is_noticed_within_a_second() {
    scenario("R1", "Redis killed under load", async |report| {
    let mut redis = RedisServer::start();
    let (one, other) = (limiter(&redis.url()), limiter(&redis.url()));
    time_until_shared(&one).await;
    time_until_shared(&other).await;
    let crowd = Crowd::gather(&[&one, &other], 16);
    tokio::time::sleep(Duration::from_millis(300)).await;
    redis.stop();
    let noticed = time_until_degraded(&one).await.max(time_until_degraded(&other).await);
    let alone = let_through(&[&one, &other], 40, "alone").await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    redis.start_again();
    let healed = time_until_shared(&one).await + time_until_shared(&other).await;
    let tally = crowd.leave().await;
    report.ms("noticed_after", noticed);
    report.ms("shared_after_it_answers", healed);
    report.ms("longest_check", tally.longest_fair);
    report.count("allowed_without_redis_with_a_burst_of_5", alone as usize);
    println!(
        "killed: noticed after {}, shared again {} after it answers; two replicas alone let {alone} of a burst of 5 through",
        ms(noticed),
        ms(healed)
    );
    tally.assert_within_bound("killed");
    assert!(noticed < Duration::from_secs(1) && healed < Duration::from_secs(2));
    assert!(alone <= BURST, "each replica may allow only its share of the quota");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_redis_is_noticed_without_any_call() {
    scenario("R1-quiet", "Redis killed while no call is made", async |report| {
        let mut redis = RedisServer::start();
        let quiet = limiter(&redis.url());
        time_until_shared(&quiet).await;
        redis.stop();
        let noticed = time_until_degraded(&quiet).await;
        report.ms("noticed_after", noticed);
        println!("killed while idle: noticed after {}", ms(noticed));
        assert!(noticed < Duration::from_secs(1), "{noticed:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn submits_go_on_and_are_held_when_redis_is_killed_under_load() {
    scenario("R1-submits", "Redis killed under submits", async |report| {
        let mut redis = RedisServer::start();
        let dir = tempfile::tempdir().unwrap();
        let limits = ["device", "prefix", "article", "site"].map(|subject| {
            format!("submits_per_{subject} = \"1000000/1h\"\nchallenges_per_{subject} = \"1000000/1h\"\n")
        });
        let config = dir.path().join("duyet.toml");
        std::fs::write(&config, format!("[limits]\n{}[policy]\nmode = \"POST\"\n", limits.concat())).unwrap();
        let (config, url) = (config.to_str().unwrap().to_owned(), redis.url());
        let daemon = Daemon::start(dir.path(), &[("DUYET_CONFIG", &config), ("REDIS_URL", &url)]);
        time_until("the gauge is 0", || gauge(&daemon) == 0).await;

        let leave = Arc::new(AtomicBool::new(false));
        let mut callers = JoinSet::new();
        for caller in 0..4 {
            callers.spawn(submit_until_left(daemon.portal(), caller, Arc::clone(&leave)));
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        let killed = Instant::now();
        redis.stop();
        let noticed = time_until("the gauge is 1", || gauge(&daemon) == 1).await;
        let degraded = Instant::now();
        tokio::time::sleep(Duration::from_secs(1)).await;
        leave.store(true, Ordering::Relaxed);

        let (submits, failed): (Vec<_>, Vec<_>) = callers.join_all().await.into_iter().unzip();
        let (submits, failed): (Vec<Submit>, Vec<Status>) = (submits.concat(), failed.concat());
        let longest =
            |submits: &mut dyn Iterator<Item = &Submit>| submits.map(|one| one.took).max().unwrap_or_default();
        let before = longest(&mut submits.iter().filter(|one| one.asked + one.took < killed));
        let after = longest(&mut submits.iter().filter(|one| one.asked + one.took >= killed));
        let held = submits.iter().filter(|one| one.asked > degraded).collect::<Vec<_>>();
        report.ms("noticed_after", noticed);
        report.ms("longest_submit_before", before);
        report.ms("longest_submit_after", after);
        report.count("submits", submits.len());
        report.count("failed", failed.len());
        println!(
            "killed under submits: {} submits, {} errors, gauge after {}, longest submit before {}, after {}, {} held",
            submits.len(),
            failed.len(),
            ms(noticed),
            ms(before),
            ms(after),
            held.len()
        );
        assert!(failed.is_empty(), "{failed:?}");
        assert!(noticed < Duration::from_secs(1));
        assert!(!held.is_empty() && held.iter().all(|one| one.outcome == v1::Outcome::Pending));
        assert!(submits.iter().any(|one| one.asked < killed && one.outcome == v1::Outcome::Published));
        assert!(daemon.http("/readyz").starts_with("HTTP/1.1 200"), "the server stays ready");
    })
    .await;
}

#[derive(Clone)]
struct Submit {
    asked: Instant,
    took: Duration,
    outcome: v1::Outcome,
}

/// Submits until `leave` is set.
async fn submit_until_left(mut portal: Portal, caller: usize, leave: Arc<AtomicBool>) -> (Vec<Submit>, Vec<Status>) {
    let (mut submits, mut failed) = (Vec::new(), Vec::new());
    while !leave.load(Ordering::Relaxed) {
        let form = portal.form("bai", &format!("Bình luận {caller}-{}", submits.len())).await;
        let asked = Instant::now();
        match portal.comments.submit_comment(form).await {
            Ok(answer) => {
                let outcome = answer.into_inner().outcome();
                submits.push(Submit { asked, took: asked.elapsed(), outcome });
            }
            // Shed calls are due to the machine and not to Redis.
            Err(status) if reason(&status) == "OVERLOADED" => {}
            Err(status) => failed.push(status),
        }
    }
    (submits, failed)
}

fn gauge(daemon: &Daemon) -> u8 {
    u8::from(daemon.http("/metrics").contains("duyet_degraded{component=\"redis\"} 1"))
}
