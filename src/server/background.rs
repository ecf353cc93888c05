//! What runs beside the calls: health by the database's state, the queue gauges, forgetting, jobs.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, SubsecRound as _, Utc};
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;
use tonic_health::{ServingStatus, server::HealthReporter};

use super::away::Away;
use crate::{
    grpc::SERVICES,
    ops::{http::Readiness, metric},
    service::Services,
};

/// How often the database is asked whether it is there.
const PING: Duration = Duration::from_secs(1);

/// A database that is away for less is a blip that callers retry through.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often samples are folded into histograms: until then each takes memory.
const UPKEEP: Duration = Duration::from_secs(5);

/// How often queues are counted, while that is quick.
const MEASURE: Duration = Duration::from_secs(5);

/// Counting long queues of several sites takes some tenths of a second of a core: it rests so many times longer than it took.
const REST: u32 = 50;

/// How often a new database is asked whether there is something to look at: its first flood is planned for nothing until then.
const SURVEY: Duration = Duration::from_secs(1);

/// When it cannot, it does by itself within a minute.
const SURVEY_AGAIN: Duration = Duration::from_secs(60);

const FORGET: Duration = Duration::from_secs(600);

/// How often it is asked which jobs are due; the jobs themselves know when that is.
const JOBS: Duration = Duration::from_secs(300);

/// How often it is looked whether there are decisions to learn from, or a model that another replica learned.
const LEARN: Duration = Duration::from_secs(5);

/// How often it is looked whether another replica changed terms: so long one that was listed may be unknown here.
const TERMS: Duration = Duration::from_secs(5);

/// How often the write-ahead log is measured, and cleaned where something was erased. Cleaning fails while another process
/// reads, so this is also how often it is retried.
const CLEAN: Duration = Duration::from_secs(1);

/// How often it is asked whether an erasure outlived its call.
const ERASE: Duration = Duration::from_secs(2);

/// How soon work that failed is tried again: a database that was busy for a moment should not cost a period.
const RETRY: Duration = Duration::from_secs(5);

#[expect(clippy::disallowed_methods, reason = "the edge of background work")]
pub fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}

/// Starts the tasks; they end with `stop`.
pub(super) fn spawn(
    services: Arc<Services>,
    reporter: HealthReporter,
    readiness: &watch::Sender<Readiness>,
    stop: CancellationToken,
) {
    let away = Arc::new(Away::default());
    let health = watch_store(Arc::clone(&away), Arc::clone(&services), readiness.clone());
    tokio::spawn(stop.clone().run_until_cancelled_owned(health));
    // Not cancelled: it must still tell that the server is draining.
    tokio::spawn(follow(reporter, readiness.subscribe()));
    tokio::spawn(stop.clone().run_until_cancelled_owned(survey(Arc::clone(&away), Arc::clone(&services))));
    let upkeep = every(Arc::clone(&away), UPKEEP, || {
        metric::run_upkeep();
        std::future::ready(Ok(0))
    });
    tokio::spawn(stop.clone().run_until_cancelled_owned(upkeep));
    let measured = Arc::clone(&services);
    let measure = sparingly(Arc::clone(&away), MEASURE, move || {
        let services = Arc::clone(&measured);
        async move { services.maintenance.measure_queue(now()).await.map(|()| 0) }
    });
    tokio::spawn(stop.clone().run_until_cancelled_owned(measure));
    let working = Arc::clone(&services);
    let jobs = every(Arc::clone(&away), JOBS, move || {
        let services = Arc::clone(&working);
        async move { services.maintenance.run_jobs(&now).await }
    });
    tokio::spawn(stop.clone().run_until_cancelled_owned(jobs));
    let learning = Arc::clone(&services);
    let learn = every(Arc::clone(&away), LEARN, move || {
        let services = Arc::clone(&learning);
        async move { services.maintenance.learn(&now).await }
    });
    tokio::spawn(stop.clone().run_until_cancelled_owned(learn));
    let listing = Arc::clone(&services);
    let terms = every(Arc::clone(&away), TERMS, move || {
        let services = Arc::clone(&listing);
        async move { services.rules.load_terms().await }
    });
    tokio::spawn(stop.clone().run_until_cancelled_owned(terms));
    spawn_removal(&away, services, stop);
}

/// Starts what removes old rows and erased text.
fn spawn_removal(away: &Arc<Away>, services: Arc<Services>, stop: CancellationToken) {
    let cleaning = Arc::clone(&services);
    let clean = every(Arc::clone(away), CLEAN, move || {
        let services = Arc::clone(&cleaning);
        async move { services.maintenance.clean_log().await.map(|_| 0) }
    });
    tokio::spawn(stop.clone().run_until_cancelled_owned(clean));
    let erasing = Arc::clone(&services);
    let erase = every(Arc::clone(away), ERASE, move || {
        let services = Arc::clone(&erasing);
        async move { services.maintenance.continue_erasures(&now).await }
    });
    tokio::spawn(stop.clone().run_until_cancelled_owned(erase));
    let forget = every(Arc::clone(away), FORGET, move || {
        let services = Arc::clone(&services);
        async move { services.maintenance.forget_old(now()).await }
    });
    tokio::spawn(stop.run_until_cancelled_owned(forget));
}

/// Runs `deed` now and then every `period`. A failure is told and tried again soon.
async fn every<F: Future<Output = crate::domain::Result<u64>>>(
    away: Arc<Away>,
    period: Duration,
    deed: impl Fn() -> F,
) {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = deed().await {
            away.report(&error);
            ticks.reset_after(period.min(RETRY));
        }
    }
}

/// Runs `deed` now and then every `period`, or as much more seldom as it takes long. A failure is told.
async fn sparingly<F: Future<Output = crate::domain::Result<u64>>>(
    away: Arc<Away>,
    period: Duration,
    deed: impl Fn() -> F,
) {
    loop {
        let began = Instant::now();
        if let Err(error) = deed().await {
            away.report(&error);
        }
        tokio::time::sleep(period.max(began.elapsed() * REST)).await;
    }
}

/// Until it is done.
async fn survey(away: Arc<Away>, services: Arc<Services>) {
    loop {
        let wait = match services.maintenance.survey().await {
            Ok(true) => return,
            Ok(false) => SURVEY,
            Err(error) => {
                away.report(&error);
                SURVEY_AGAIN
            }
        };
        tokio::time::sleep(wait).await;
    }
}

async fn watch_store(away: Arc<Away>, services: Arc<Services>, readiness: watch::Sender<Readiness>) {
    let mut ticks = interval(PING);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut last_seen = Instant::now();
    loop {
        ticks.tick().await;
        let up = services.maintenance.ping().await;
        metric::store_up(up.is_ok());
        match up {
            Ok(()) => {
                last_seen = Instant::now();
                away.ended();
            }
            Err(error) => away.report(&error),
        }
        let next = if last_seen.elapsed() < PATIENCE { Readiness::Ready } else { Readiness::StoreDown };
        readiness.send_if_modified(|now| {
            let changes = *now != next && *now != Readiness::Draining;
            if changes {
                tracing::warn!(readiness = ?next, "readiness changed");
                *now = next;
            }
            changes
        });
    }
}

async fn follow(reporter: HealthReporter, mut readiness: watch::Receiver<Readiness>) {
    while readiness.changed().await.is_ok() {
        let now = *readiness.borrow_and_update();
        report_health(&reporter, now).await;
    }
}

/// Tells grpc.health.v1 about every service and the server as a whole.
pub(super) async fn report_health(reporter: &HealthReporter, readiness: Readiness) {
    let status = if readiness == Readiness::Ready { ServingStatus::Serving } else { ServingStatus::NotServing };
    for service in SERVICES {
        reporter.set_service_status(service, status).await;
    }
    // The empty name asks about the process: it is alive until it drains.
    let whole = if readiness == Readiness::Draining { ServingStatus::NotServing } else { ServingStatus::Serving };
    reporter.set_service_status("", whole).await;
}
