//! Scenario R9: every core is busy. Redis is healthy and only this process and its machine are slow, so Redis must stay
//! in use.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use duyet_proto::v1;
use duyetd::limiter::Limiter;
use tokio::task::JoinSet;

use super::super::scenario::scenario;
use super::{allows, limiter, ms, submit, time_until_degraded, time_until_shared};
use crate::support::{
    daemon::Daemon,
    newsroom::{Portal, reason},
    redis::RedisServer,
};

/// Longer than any timeout of the limiter: after such a delay, the response comes too late.
const LATE: Duration = Duration::from_millis(80);
/// Number of delayed calls after which the process counts as starved.
const STARVED_CALLS: usize = 12;
/// Longest time in which a test tries to reach that number.
const PATIENCE: Duration = Duration::from_secs(60);

/// Tasks that keep the test's own runtime busy until they are dropped. Each blocks a worker for 4 ms at a time, so
/// that one round of all tasks takes longer than `LATE` on two workers.
struct Busy(JoinSet<()>);

impl Busy {
    fn gather() -> Self {
        let mut tasks = JoinSet::new();
        for _ in 0..50 {
            tasks.spawn(async {
                loop {
                    spin_for(Duration::from_millis(4));
                    tokio::task::yield_now().await;
                }
            });
        }
        Self(tasks)
    }

    async fn leave(mut self) {
        self.0.shutdown().await;
    }
}

fn spin_for(length: Duration) {
    let began = Instant::now();
    while began.elapsed() < length {
        std::hint::spin_loop();
    }
}

/// Checks until enough checks were late, and returns their number.
async fn checks_that_are_late(limiter: &Arc<Limiter>) -> usize {
    let (began, mut late) = (Instant::now(), 0);
    while late < STARVED_CALLS && began.elapsed() < PATIENCE {
        let asked = Instant::now();
        let mut crowd = JoinSet::new();
        for reader in 0..4 {
            let limiter = Arc::clone(limiter);
            crowd.spawn(async move { allows(&limiter, &submit(&format!("reader-{reader}"))).await });
        }
        assert!(crowd.join_all().await.into_iter().all(|allowed| allowed), "no limit may be reached");
        late += if asked.elapsed() >= LATE { 4 } else { 0 };
        assert!(!limiter.is_degraded(), "the limiter stopped using a healthy Redis after {late} late checks");
    }
    late
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_healthy_redis_stays_in_use_while_this_process_is_starved() {
    scenario("R9", "the process is starved of processor time and Redis is not", async |report| {
        let redis = RedisServer::start();
        let limiter = limiter(&redis.url());
        time_until_shared(&limiter).await;
        let busy = Busy::gather();
        let late = checks_that_are_late(&limiter).await;
        busy.leave().await;
        report.count("checks_that_were_late", late);
        assert!(late >= STARVED_CALLS, "the process must be starved");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_redis_is_noticed_even_while_this_process_is_starved() {
    scenario("R9-frozen", "the process is starved of processor time, and Redis is frozen", async |report| {
        let redis = RedisServer::start();
        let limiter = limiter(&redis.url());
        time_until_shared(&limiter).await;
        let busy = Busy::gather();
        checks_that_are_late(&limiter).await;
        redis.pause();
        let noticed = time_until_degraded(&limiter).await;
        redis.resume();
        let healed = time_until_shared(&limiter).await;
        busy.leave().await;
        println!("starved: frozen noticed after {}, shared again {} after the thaw", ms(noticed), ms(healed));
        report.ms("noticed_after", noticed);
        report.ms("shared_after_the_thaw", healed);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_comment_is_held_because_the_machine_is_busy() {
    scenario("R9-submits", "submits on a machine whose cores are all busy", async |report| {
        let redis = RedisServer::start();
        let dir = tempfile::tempdir().unwrap();
        let limits = ["device", "prefix", "article", "site"].map(|subject| {
            format!("submits_per_{subject} = \"1000000/1h\"\nchallenges_per_{subject} = \"1000000/1h\"\n")
        });
        let config = dir.path().join("duyet.toml");
        std::fs::write(&config, format!("[limits]\n{}[policy]\nmode = \"POST\"\n", limits.concat())).unwrap();
        let (config, url) = (config.to_str().unwrap().to_owned(), redis.url());
        let daemon = Daemon::start(dir.path(), &[("DUYET_CONFIG", &config), ("REDIS_URL", &url)]);
        super::time_until("redis is in use", || {
            daemon.http("/metrics").contains("duyet_degraded{component=\"redis\"} 0")
        })
        .await;
        let over = Arc::new(AtomicBool::new(false));
        let burners = burn(&over);
        let mut callers = JoinSet::new();
        for caller in 0..8 {
            callers.spawn(submit_some(daemon.portal(), caller));
        }
        let outcomes: Vec<v1::Outcome> = callers.join_all().await.into_iter().flatten().collect();
        over.store(true, Ordering::Relaxed);
        for burner in burners {
            burner.join().unwrap();
        }
        let held = outcomes.iter().filter(|outcome| **outcome != v1::Outcome::Published).count();
        report.count("submits", outcomes.len());
        report.count("held", held);
        let warnings = daemon.log().lines().filter(|line| line.contains("out of use")).count();
        assert_eq!((held, warnings), (0, 0), "of {} comments", outcomes.len());
    })
    .await;
}

/// Starts four computing threads per core, which run until `over`.
fn burn(over: &Arc<AtomicBool>) -> Vec<JoinHandle<()>> {
    let cores = thread::available_parallelism().unwrap().get();
    let burner = |_| {
        let over = Arc::clone(over);
        thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                spin_for(Duration::from_millis(4));
            }
        })
    };
    (0..cores * 4).map(burner).collect()
}

async fn submit_some(mut portal: Portal, caller: usize) -> Vec<v1::Outcome> {
    let mut outcomes = Vec::new();
    for number in 0..6 {
        let form = portal.form(&format!("bai-{caller}"), &format!("Bình luận {caller}-{number}")).await;
        match portal.comments.submit_comment(form).await {
            Ok(answer) => outcomes.push(answer.into_inner().outcome()),
            // A busy machine sheds calls, which is unrelated to Redis.
            Err(status) => assert_eq!(reason(&status), "OVERLOADED", "{status}"),
        }
    }
    outcomes
}
