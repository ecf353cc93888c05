//! Background tasks: health of the database, queue gauges, deletion of old rows, and jobs. Every task is supervised: it
//! is restarted after a panic.

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

/// Interval at which samples are aggregated into histograms. Each sample takes memory until then.
const AGGREGATE: Duration = Duration::from_secs(5);

/// Interval at which queues are counted, as long as counting is quick.
const MEASURE: Duration = Duration::from_secs(5);

/// Pause after counting the queues, in multiples of the time it took. Counting the long queues of several sites can
/// take several tenths of a second of CPU time.
const REST: u32 = 50;

/// Interval at which a new database is checked for rows, until its statistics are collected (ANALYZE). Until then, its
/// query plans assume empty tables.
const SURVEY: Duration = Duration::from_secs(1);

/// Pause after a failed collection of statistics. The database also collects them itself within a minute.
const SURVEY_AGAIN: Duration = Duration::from_secs(60);

/// Interval at which stored responses are deleted that no resend can need any more.
const FORGET: Duration = Duration::from_secs(600);

/// Interval at which due jobs are started. Each job determines itself when it is due.
const JOBS: Duration = Duration::from_secs(300);

/// Interval at which changes of the statistics are aggregated. Until then, every statistics query reads each change.
const FOLD: Duration = Duration::from_secs(5);

/// Interval at which new decisions, and models trained by other replicas, are looked for.
const LEARN: Duration = Duration::from_secs(5);

/// Interval at which terms changed by other replicas are loaded. A new term may therefore take this long to have an
/// effect on this replica.
const TERMS: Duration = Duration::from_secs(5);

/// Interval at which the size of the write-ahead log is measured, and the log is truncated after erasures. Truncating
/// fails while another process reads, so this is also the interval of retries.
const CLEAN: Duration = Duration::from_secs(1);

/// Interval at which erasures are continued that outlived their calls.
const ERASE: Duration = Duration::from_secs(2);

/// Interval at which new comments are added to the search index. Searches scan the comments that are not yet indexed.
const INDEX: Duration = Duration::from_secs(2);

/// Longest pause after a failure, so that a short failure of the database does not delay the task by a whole period.
const RETRY: Duration = Duration::from_secs(5);

/// Starts the tasks, which run until `stop` is cancelled.
pub(super) fn spawn(
    services: Arc<Services>,
    reporter: HealthReporter,
    readiness: &watch::Sender<Readiness>,
    stop: CancellationToken,
) {
    // This task is not cancelled, because it must still report that the server is draining.
    let subscription = readiness.subscribe();
    tokio::spawn(supervise("health", move || health::follow(reporter.clone(), subscription.clone())));

    let tasks = Tasks { away: Arc::default(), services, stop };
    let (readiness, last_seen) = (readiness.clone(), LastSeen::now());
    tasks.start("store_health", move |away, services| {
        health::watch_store(away, services, readiness.clone(), last_seen.clone())
    });
    tasks.start("survey", survey);
    tasks.start("queue_gauges", measure);
    tasks.every("metric_aggregation", AGGREGATE, |_| async {
        metric::aggregate_samples();
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

/// State that all tasks share.
struct Tasks {
    away: Arc<OutageReports>,
    services: Arc<Services>,
    stop: CancellationToken,
}

impl Tasks {
    /// Runs `task` until it completes or the server stops.
    fn start<F: Future<Output = ()> + Send + 'static>(
        &self,
        name: &'static str,
        task: impl Fn(Arc<OutageReports>, Arc<Services>) -> F + Send + 'static,
    ) {
        let (away, services) = (Arc::clone(&self.away), Arc::clone(&self.services));
        let supervised = supervise(name, move || task(Arc::clone(&away), Arc::clone(&services)));
        tokio::spawn(self.stop.clone().run_until_cancelled_owned(supervised));
    }

    /// Runs `work` every `period`. Reports failures and retries after at most [`RETRY`].
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

/// Updates the queue gauges, less often while counting takes long.
async fn measure(away: Arc<OutageReports>, services: Arc<Services>) {
    loop {
        let began = Instant::now();
        if let Err(error) = services.maintenance.measure_queue(now()).await {
            away.report(&error);
        }
        tokio::time::sleep(MEASURE.max(began.elapsed() * REST)).await;
    }
}

/// Collects statistics of a new database's tables. Completes once that has succeeded.
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

    /// The long-running tasks of a server on SQLite with Redis and TLS, and of one watch of the queue.
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
        "metric_aggregation",
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

    /// A task that completes immediately on SQLite. The test therefore sets its trap before the server starts.
    const SHORT: &str = "survey";

    async fn start(dir: &Path) -> Running {
        let mut config = Config::from_settings(Settings::default()).unwrap();
        config.data_dir = dir.to_owned();
        config.grpc_addr = "127.0.0.1:0".parse().unwrap();
        config.http_addr = config.grpc_addr;
        config.drain_notice = std::time::Duration::ZERO;
        // No Redis listens on this port, but the task that waits for Redis runs anyway.
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

    // The test runs on one thread, because traps are per thread.
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
        assert!(unknown.is_empty(), "tasks that this test does not cover: {unknown:?}");
    }
}
