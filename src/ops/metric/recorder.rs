//! The recorder of all metrics, installed once per process.

use std::sync::{Arc, OnceLock};

use metrics::{describe_counter, describe_gauge};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

use super::{
    rpc,
    service::{self, CAPTCHA_SOLVE},
    spam, store,
};

/// Upper bounds of the histogram of RPCs' times, in seconds.
const BUCKETS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// The same of the time that a challenge takes: machines read an image in less than three seconds.
const SOLVING: [f64; 9] = [0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0, 120.0, 600.0];

/// Why there is no recorder.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct InstallError(Arc<BuildError>);

/// Installs the recorder once per process and answers its renderer.
///
/// # Errors
/// When another recorder is installed already.
pub fn install() -> Result<PrometheusHandle, InstallError> {
    static HANDLE: OnceLock<Result<PrometheusHandle, InstallError>> = OnceLock::new();
    HANDLE
        .get_or_init(|| {
            let builder =
                PrometheusBuilder::new().set_buckets_for_metric(Matcher::Full(rpc::HANDLING.to_owned()), &BUCKETS);
            let builder = builder
                .and_then(|builder| builder.set_buckets_for_metric(Matcher::Full(CAPTCHA_SOLVE.to_owned()), &SOLVING));
            let handle =
                builder.and_then(PrometheusBuilder::install_recorder).map_err(|error| InstallError(Arc::new(error)))?;
            rpc::describe();
            service::describe();
            spam::describe();
            store::describe();
            describe_others();
            Ok(handle)
        })
        .clone()
}

/// Describes what the limiter, the pool of images and the page cache count.
fn describe_others() {
    describe_counter!(
        "duyet_rate_limit_decisions_total",
        "limit checks by limit, decision (allowed, denied, would_deny in SHADOW) and source: local, redis, or memory of a denial"
    );
    describe_gauge!("duyet_degraded", "1 while a component is gone and the service carries on without it");
    describe_gauge!(
        "duyet_redis_policy",
        "Redis masters by maxmemory-policy: alert on allkeys-* and on volatile-* but volatile-ttl"
    );
    describe_counter!("duyet_redis_evictions_total", "keys that Redis evicted to make room, counts perhaps among them");
    describe_gauge!("duyet_captcha_images_ready", "images drawn and not yet given out, by level");
    describe_counter!("duyet_captcha_images_total", "images given out, by profile and level");
    describe_counter!(
        "duyet_captcha_pool_empty_total",
        "times that a reader found no image ready and waited, up to 50 ms"
    );
    describe_counter!(
        "duyet_page_cache_total",
        "first pages asked for, by outcome: HIT from memory, MISS from the database"
    );
}

/// Folds recorded samples into the histogram. Without it they pile up until somebody scrapes, and perhaps nobody does.
pub fn run_upkeep() {
    if let Ok(handle) = install() {
        handle.run_upkeep();
    }
}
