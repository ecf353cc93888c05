//! What runs beside the calls: health by the database's state, the queue gauges, the removal of old rows, jobs. Every task is
//! supervised: one that panics starts again.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;
use tonic_health::server::HealthReporter;

use super::{
    clock::now,
    health::{self, LastSeen},
    outage_reports::OutageReports,
};
use crate::{
    domain::Result,
    ops::{http::Readiness, metric},
    service::Services,
    supervise::supervise,
};

/// How often samples are folded into histograms: until then each takes memory.
const METRIC_UPKEEP: Duration = Duration::from_secs(5);

/// How often queues are counted, while that is quick.
const MEASURE: Duration = Duration::from_secs(5);

/// Counting the long queues of several sites takes some tenths of a second of a core, so the task rests this many times longer
/// than it took.
const REST: u32 = 50;

/// How often a new database is asked whether it holds anything yet. Until it is surveyed, its plans are made for empty tables.
const SURVEY: Duration = Duration::from_secs(1);

/// Pause after a survey that failed. The database surveys itself within a minute, too.
const SURVEY_AGAIN: Duration = Duration::from_secs(60);

/// How often rows are removed that no replay can need any more.
const FORGET: Duration = Duration::from_secs(600);

/// How often due jobs are looked for; the jobs themselves know when they are due.
const JOBS: Duration = Duration::from_secs(300);

/// How often changes of the statistics are summed up: until then each is read by every answer.
const FOLD: Duration = Duration::from_secs(5);

/// How often new decisions, and models that another replica learned, are looked for.
const LEARN: Duration = Duration::from_secs(5);

/// How often terms that another replica changed are read: a term may be unknown here for this long.
const TERMS: Duration = Duration::from_secs(5);

/// How often the write-ahead log is measured, and cleaned where something was erased. Cleaning fails while another process
/// reads, so this is also how often it is retried.
const CLEAN: Duration = Duration::from_secs(1);

/// How often erasures that outlived their calls are continued.
const ERASE: Duration = Duration::from_secs(2);

/// How often comments are indexed for searches, which look through those that are not.
const INDEX: Duration = Duration::from_secs(2);

/// Longest pause after a failure: a database that was busy for a moment should not cost a whole period.
const RETRY: Duration = Duration::from_secs(5);

/// Starts the tasks; they end with `stop`.
pub(super) fn spawn(
    services: Arc<Services>,
    reporter: HealthReporter,
    readiness: &watch::Sender<Readiness>,
    stop: CancellationToken,
) {
    // Not cancelled: it must still report that the server is draining.
    let subscription = readiness.subscribe();
    tokio::spawn(supervise("health", move || health::follow(reporter.clone(), subscription.clone())));

    let tasks = Tasks { away: Arc::default(), services, stop };
    let (readiness, last_seen) = (readiness.clone(), LastSeen::now());
    tasks.start("store_health", move |away, services| {
        health::watch_store(away, services, readiness.clone(), last_seen.clone())
    });
    tasks.start("survey", survey);
    tasks.start("queue_gauges", measure);
    tasks.every("metric_upkeep", METRIC_UPKEEP, |_| async {
        metric::run_upkeep();
        Ok(())
    });
    tasks.every("jobs", JOBS, |services| async move { services.maintenance.run_jobs(&now).await.map(drop) });
    tasks.every("fold_stats", FOLD, |services| async move { services.maintenance.fold_stats().await.map(drop) });
    tasks.every("learn", LEARN, |services| async move { services.maintenance.learn(&now).await.map(drop) });
    tasks.every("terms", TERMS, |services| async move { services.rules.load_terms().await.map(drop) });
    tasks.every("clean_log", CLEAN, |services| async move { services.maintenance.clean_log().await.map(drop) });
    tasks.every(
        "erasures",
        ERASE,
        |services| async move { services.maintenance.continue_erasures(&now).await.map(drop) },
    );
    tasks.every(
        "search_index",
        INDEX,
        |services| async move { services.maintenance.index_search(&now).await.map(drop) },
    );
    tasks.every("forget", FORGET, |services| async move { services.maintenance.forget_old(now()).await.map(drop) });
}

/// What all tasks share.
struct Tasks {
    away: Arc<OutageReports>,
    services: Arc<Services>,
    stop: CancellationToken,
}

impl Tasks {
    /// Runs `task` until it returns or the server stops.
    fn start<F: Future<Output = ()> + Send + 'static>(
        &self,
        name: &'static str,
        task: impl Fn(Arc<OutageReports>, Arc<Services>) -> F + Send + 'static,
    ) {
        let (away, services) = (Arc::clone(&self.away), Arc::clone(&self.services));
        let supervised = supervise(name, move || task(Arc::clone(&away), Arc::clone(&services)));
        tokio::spawn(self.stop.clone().run_until_cancelled_owned(supervised));
    }

    /// Runs `work` now and then every `period`. Reports a failure and tries again soon.
    fn every<F: Future<Output = Result<()>> + Send + 'static>(
        &self,
        name: &'static str,
        period: Duration,
        work: fn(Arc<Services>) -> F,
    ) {
        self.start(name, move |away, services| async move {
            let mut ticks = interval(period);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                if let Err(error) = work(Arc::clone(&services)).await {
                    away.report(&error);
                    ticks.reset_after(period.min(RETRY));
                }
            }
        });
    }
}

/// Keeps the queue gauges up to date, less often while counting takes long.
async fn measure(away: Arc<OutageReports>, services: Arc<Services>) {
    loop {
        let began = Instant::now();
        if let Err(error) = services.maintenance.measure_queue(now()).await {
            away.report(&error);
        }
        tokio::time::sleep(MEASURE.max(began.elapsed() * REST)).await;
    }
}

/// Returns once the database has surveyed its tables.
async fn survey(away: Arc<OutageReports>, services: Arc<Services>) {
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

#[cfg(test)]
mod tests {
    use std::{path::Path, sync::Arc};

    use uuid::Uuid;

    use super::*;
    use crate::{
        config::{Config, Settings},
        domain::{
            access::{Caller, Role},
            id::SiteId,
            queue::QueueFilter,
        },
        grpc::transport::tls::self_signed,
        server::{self, Running},
        supervise::trap,
    };

    /// The long-lived tasks of a server on SQLite with Redis and TLS, with one watch of the queue.
    const TASKS: [&str; 23] = [
        "certificate",
        "challenge_reads",
        "clean_log",
        "config_reload",
        "erasures",
        "fold_stats",
        "forget",
        "grpc_accept",
        "health",
        "http",
        "jobs",
        "learn",
        "limiter_sweep",
        "metric_upkeep",
        "page_reads",
        "queue_changes",
        "queue_gauges",
        "redis_watch",
        "search_index",
        "store_health",
        "submission_writes",
        "submit_reads",
        "terms",
    ];

    /// Returns at once on SQLite, so its trap is set before the server starts.
    const SHORT: &str = "survey";

    async fn start(dir: &Path) -> Running {
        let mut config = Config::from_settings(Settings::default()).unwrap();
        config.data_dir = dir.to_owned();
        config.grpc_addr = "127.0.0.1:0".parse().unwrap();
        config.http_addr = config.grpc_addr;
        config.drain_notice = std::time::Duration::ZERO;
        // Nothing listens there: the task that looks for Redis runs all the same.
        config.redis_url = "redis://127.0.0.1:1/".parse().ok();
        let tls = self_signed(dir);
        (config.tls_cert_file, config.tls_key_file) = (Some(tls.cert), Some(tls.key));
        server::start(config).await.unwrap()
    }

    fn starts(task: &str) -> usize {
        trap::starts().get(task).copied().unwrap_or_default()
    }

    async fn wait_until(is_so: impl Fn() -> bool, what: &str) {
        for _ in 0..1_500 {
            if is_so() {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("{what}: not within 30 s");
    }

    // On one thread: traps are set by thread.
    #[tokio::test]
    async fn every_task_that_panics_starts_again() {
        let dir = tempfile::tempdir().unwrap();
        trap::set(SHORT);
        let running = start(dir.path()).await;
        let site = SiteId::parse("default").unwrap();
        let caller = Arc::new(Caller { token: Uuid::nil(), site, name: "test".into(), role: Role::Moderator });
        let watch = running.services.moderation.watch_queue(&caller, QueueFilter::default(), now).await.unwrap();
        for task in TASKS {
            wait_until(|| starts(task) > 0, task).await;
        }
        let before = trap::starts();
        for task in TASKS {
            trap::set(task);
        }
        for task in TASKS {
            wait_until(|| starts(task) > before[task], task).await;
        }
        wait_until(|| starts(SHORT) == 2, SHORT).await;
        drop(watch);
        running.stop().await;
        let unknown: Vec<_> = before.keys().filter(|task| !TASKS.contains(task) && **task != SHORT).collect();
        assert!(unknown.is_empty(), "no test for {unknown:?}");
    }
}
