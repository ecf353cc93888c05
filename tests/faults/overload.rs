//! Scenarios L1 and L2: ten times the load, and clients that all retry.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use duyet_proto::v1;
use tokio::task::JoinSet;
use tonic::Code;

use super::{
    load::{Known, Load, Sent, bounded, known, settle, times},
    scenario::{percentile, scenario, whole_or},
    stage::Stage,
};
use crate::support::{
    daemon::Daemon,
    newsroom::{Portal, empty_database_url, reason},
    postgres::Postgres,
};

/// Returns the number of acknowledged comments per second, of those that were sent in the period.
fn goodput(sent: &[Sent], from: Instant, until: Instant) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let stored = times(sent, from, until).len() as f64;
    stored / (until - from).as_secs_f64()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l1_under_tenfold_load_excess_calls_fail_fast_and_the_rest_succeed() {
    scenario("L1", "160 callers, although 16 already saturate the machine", async |report| {
        let stage = Stage::over(&empty_database_url().await);
        let daemon = stage.daemon();
        let span = whole_or(Duration::from_secs(300), Duration::from_secs(5));
        let normal = callers(&stage, &daemon, 4, 4);
        normal[0].until_stored(15).await;
        let from = Instant::now();
        tokio::time::sleep(Duration::from_secs(5)).await;
        let saturated_until = Instant::now();
        let mut all = ended(normal).await;
        let (saturated, quiet) =
            (goodput(&all, from, saturated_until), percentile(&times(&all, from, saturated_until), 99));
        let flood = callers(&stage, &daemon, 16, 10);
        let from = Instant::now();
        tokio::time::sleep(span / 2).await;
        let before = daemon.resident_bytes();
        tokio::time::sleep(span / 2).await;
        let until = Instant::now();
        let grown = daemon.resident_bytes();
        let sent = ended(flood).await;
        let (flooded, busy) = (goodput(&sent, from, until), percentile(&times(&sent, from, until), 99));
        let shed: Vec<Duration> = sent.iter().filter(|one| is_shed(&one.known)).map(|one| one.took).collect();
        for one in &sent {
            let fine = match &one.known {
                Known::Stored(_) => true,
                Known::Open(code, _) => matches!(code, Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled),
                Known::Failed(..) => false,
            };
            assert!(fine, "{:?}", one.known);
        }
        let after = Load::begin(&[daemon.portal()], 4, Duration::from_millis(20));
        let dropped = Instant::now();
        after.until_stored(20).await;
        let recovered = dropped.elapsed();
        all.extend(sent);
        all.extend(after.end().await);
        settle(report, &daemon.portal(), &daemon.desk(), &all).await;
        report.figure("goodput_per_second_at_saturation", saturated.round());
        report.figure("goodput_per_second_under_overload", flooded.round());
        report.figure("goodput_under_overload_divided_by_saturation", (flooded / saturated * 100.0).round() / 100.0);
        report.ms("p99_at_saturation", quiet);
        report.ms("p99_of_accepted_calls", busy);
        report.count("shed", shed.len());
        report.ms("p99_of_shed_calls", percentile(&shed, 99));
        #[expect(clippy::cast_precision_loss, reason = "megabytes")]
        let growth = grown as f64 / before as f64;
        report.figure("resident_memory_at_the_end_divided_by_half_time", (growth * 100.0).round() / 100.0);
        report.ms("twenty_submits_stored_after_the_overload", recovered);
        report.goal("goodput >= 90 % of that at saturation", flooded >= saturated * 0.9);
        report.goal("p99 of accepted calls <= 2x that at saturation", busy <= quiet * 2);
        report.goal("p99 of shed calls < 10 ms", percentile(&shed, 99) < Duration::from_millis(10));
        report.goal("memory within 10 %", growth <= 1.1);
        report.goal("recovery <= 5 s", recovered <= Duration::from_secs(5));
    })
    .await;
}

fn is_shed(known: &Known) -> bool {
    matches!(known, Known::Open(Code::Unavailable, reason) if reason == "OVERLOADED")
}

/// Starts `portals` portals, each with its own connection and callers.
fn callers(stage: &Stage, daemon: &Daemon, portals: usize, each: usize) -> Vec<Load> {
    (0..portals).map(|_| Load::begin(&[stage.portal_at(daemon.grpc_addr)], each, Duration::ZERO)).collect()
}

async fn ended(loads: Vec<Load>) -> Vec<Sent> {
    let mut all = Vec::new();
    for load in loads {
        all.extend(load.end().await);
    }
    all
}

/// Tokens in a client's retry throttle, the cost of a failure and the gain of a success: as in gRPC's retry design
/// (A6), with the values of the service config in docs/integrate.md.
const TOKENS: usize = 10_000;
const PER_FAILURE: usize = 1_000;
const PER_SUCCESS: usize = 100;

/// A client that makes up to four attempts without a pause, as long as the throttle allows.
struct Client {
    portal: Portal,
    tokens: Arc<AtomicUsize>,
}

impl Client {
    /// Returns the number of attempts that the call took, and whether it succeeded.
    async fn call(&mut self) -> (usize, bool) {
        for attempt in 1..=4 {
            let request = v1::ListCommentsRequest { article_id: "bai".into(), ..Default::default() };
            match self.portal.comments.list_comments(bounded(request, Duration::from_secs(1))).await {
                Ok(_) => {
                    let gain = |tokens: usize| Some((tokens + PER_SUCCESS).min(TOKENS));
                    self.tokens.fetch_update(Ordering::Relaxed, Ordering::Relaxed, gain).unwrap();
                    return (attempt, true);
                }
                Err(status) => {
                    let error = (status.code(), reason(&status));
                    assert!(
                        matches!(error.0, Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled),
                        "{error:?}"
                    );
                    let loss = |tokens: usize| Some(tokens.saturating_sub(PER_FAILURE));
                    self.tokens.fetch_update(Ordering::Relaxed, Ordering::Relaxed, loss).unwrap();
                    if error.0 != Code::Unavailable || self.tokens.load(Ordering::Relaxed) <= TOKENS / 2 {
                        return (attempt, false);
                    }
                }
            }
        }
        (4, false)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn l2_the_service_recovers_while_all_clients_retry() {
    scenario("L2", "the database is down while 40 clients retry up to four times without a pause", async |report| {
        let mut postgres = Postgres::start();
        let stage = Stage::over(&postgres.url());
        let daemon = stage.daemon();
        daemon.portal().say("bai", "Câu đầu").await;
        let over = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let mut clients = JoinSet::new();
        for n in 0..40 {
            let (stage_portal, over) = (stage.portal_at(daemon.grpc_addr), Arc::clone(&over));
            clients.spawn(async move {
                let mut client = Client { portal: stage_portal, tokens: Arc::new(AtomicUsize::new(TOKENS)) };
                let (mut calls, mut attempts, mut last) = (0, 0, false);
                while !over.load(Ordering::Relaxed) {
                    let (tries, done) = client.call().await;
                    (calls, attempts, last) = (calls + 1, attempts + tries, done);
                    tokio::time::sleep(Duration::from_millis(20 + n)).await;
                }
                (calls, attempts, last)
            });
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        postgres.kill9();
        tokio::time::sleep(whole_or(Duration::from_secs(30), Duration::from_secs(4))).await;
        tokio::task::block_in_place(|| postgres.restart());
        let back = Instant::now();
        let mut portal = daemon.portal();
        loop {
            let request = v1::ListCommentsRequest { article_id: "bai".into(), ..Default::default() };
            if portal.comments.list_comments(bounded(request, Duration::from_secs(1))).await.is_ok() {
                break;
            }
            assert!(back.elapsed() < Duration::from_secs(30), "the service did not recover under the retries");
        }
        let recovered = back.elapsed();
        tokio::time::sleep(Duration::from_secs(1)).await;
        over.store(true, Ordering::Relaxed);
        let results = clients.join_all().await;
        let (calls, attempts) = results.iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        assert!(results.iter().all(|one| one.2), "the last call of each client must succeed again");
        #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
        let amplification = attempts as f64 / calls as f64;
        report.count("calls", calls);
        report.count("attempts", attempts);
        report.figure("amplification", (amplification * 100.0).round() / 100.0);
        report.ms("first_answer_after_postgres_is_back", recovered);
        report.goal("amplification <= 1.2", amplification <= 1.2);
        let form = super::load::form(&mut portal, "bai", "Câu sau").await.unwrap();
        assert!(matches!(known(portal.comments.submit_comment(form).await), Known::Stored(_)));
    })
    .await;
}
