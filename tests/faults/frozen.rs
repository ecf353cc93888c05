//! Scenario P3: PostgreSQL freezes while calls are in flight.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

use super::{
    load::{Known, Load, bounded, form, known, settle},
    postgres::assert_only_unavailable,
    scenario::{scenario, whole_or},
    stage::Stage,
};
use crate::support::{daemon::Daemon, postgres::Postgres};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p3_calls_to_a_frozen_postgres_fail_within_3_s_and_recover() {
    scenario("P3", "SIGSTOP of all of PostgreSQL under load", async |report| {
        let postgres = Postgres::start();
        let stage = Stage::over(&postgres.url());
        let daemon = stage.daemon();
        let load = Load::begin(&[daemon.portal()], 12, Duration::from_millis(2));
        load.until_stored(100).await;
        let under_way = keep_submitting(&daemon, 12).await;
        postgres.pause();
        let frozen = Instant::now();
        let (waits, reasons) = longest_waits(under_way, frozen).await;
        tokio::time::sleep(whole_or(Duration::from_secs(20), Duration::from_secs(6)).saturating_sub(frozen.elapsed()))
            .await;
        postgres.resume();
        let (thawed, before) = (Instant::now(), load.stored());
        load.until_stored(before + 1).await;
        let healed = thawed.elapsed();
        let sent = load.end().await;
        assert_only_unavailable(&sent);
        let meanwhile: Vec<Duration> =
            sent.iter().filter(|one| (frozen..thawed).contains(&one.asked)).map(|one| one.took).collect();
        settle(report, &daemon.portal(), &daemon.desk(), &sent).await;
        report.count("in_flight_when_it_froze", waits.len());
        report.ms("longest_wait_of_calls_in_flight", waits.iter().max().copied().unwrap_or_default());
        assert!(!waits.is_empty(), "no call was in flight when PostgreSQL froze");
        assert!(reasons.iter().all(|reason| reason == "STORAGE_UNAVAILABLE"), "{reasons:?}");
        let longest = waits.into_iter().max().unwrap_or_default();
        report.goal("calls in flight answer within 3 s", longest <= Duration::from_secs(3));
        report.ms("longest_wait_while_frozen", meanwhile.iter().max().copied().unwrap_or_default());
        report.ms("stored_again_after_the_thaw", healed);
        report.goal("OK again <= 1 s after the thaw", healed <= Duration::from_secs(1));
    })
    .await;
}

/// The deadline of callers, which is longer than the service waits before it fails.
const LONG_DEADLINE: Duration = Duration::from_secs(9);

/// The failed submit of a caller: the time of the request, the time of the response, and the error. `None` if all
/// submits succeeded.
type Unanswered = Option<(Instant, Instant, String)>;

/// Number of forms that are prepared for each caller. They are prepared because drawing their images takes longer than
/// storing comments, and only submits must be in flight.
const FORMS: usize = 16;

/// Starts callers that submit until a submit fails or no form is left, and returns when they are at work.
async fn keep_submitting(daemon: &Daemon, callers: usize) -> JoinSet<Unanswered> {
    let mut prepared = Vec::new();
    for caller in 0..callers {
        let (mut portal, mut forms) = (daemon.portal(), Vec::new());
        while forms.len() < FORMS {
            forms.extend(form(&mut portal, "bai", &format!("Câu {caller}-{}", forms.len())).await);
        }
        prepared.push((portal, forms));
    }
    let stored = Arc::new(AtomicUsize::new(0));
    let mut tasks = JoinSet::new();
    for (mut portal, forms) in prepared {
        let stored = Arc::clone(&stored);
        tasks.spawn(async move {
            for form in forms {
                let asked = Instant::now();
                match known(portal.comments.submit_comment(bounded(form, LONG_DEADLINE)).await) {
                    Known::Stored(_) => stored.fetch_add(1, Ordering::Relaxed),
                    Known::Open(_, reason) | Known::Failed(_, reason) => return Some((asked, Instant::now(), reason)),
                };
            }
            None
        });
    }
    while stored.load(Ordering::Relaxed) < callers {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    tasks
}

/// Returns how long the submits in flight at `frozen` waited from then on, and their errors.
async fn longest_waits(tasks: JoinSet<Unanswered>, frozen: Instant) -> (Vec<Duration>, Vec<String>) {
    let ended =
        tokio::time::timeout(2 * LONG_DEADLINE, tasks.join_all()).await.expect("every caller must get a response");
    // Some calls failed before the freeze, with a retryable error.
    let under_way = ended.into_iter().flatten().filter(|(asked, answered, _)| *asked <= frozen && *answered > frozen);
    under_way.map(|(_, answered, reason)| (answered.duration_since(frozen), reason)).unzip()
}
