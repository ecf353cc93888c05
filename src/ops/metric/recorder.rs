//! The metrics recorder, which is installed once per process.

use std::sync::{Arc, OnceLock};

use metrics::{describe_counter, describe_gauge};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

use super::{
    rpc,
    service::{self, CAPTCHA_SOLVE},
    spam, store,
};

/// Upper bounds of the histogram of RPC durations, in seconds.
const BUCKETS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// Upper bounds of the histogram of captcha solving times, in seconds. Programs read an image in less than three
/// seconds.
const SOLVING: [f64; 9] = [0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0, 120.0, 600.0];

/// Why the recorder could not be installed.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct InstallError(Arc<BuildError>);

/// Installs the recorder on the first call.
///
/// # Errors
/// Another recorder is already installed.
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

/// Describes the metrics of the rate limiter, the pool of images and the page cache.
fn describe_others() {
    describe_counter!(
        "duyet_rate_limit_decisions_total",
        "rate limit checks by limit, decision (allowed, denied, would_deny in SHADOW) and source (local, redis, or memory for a remembered denial)"
    );
    describe_gauge!("duyet_degraded", "1 while a component is unavailable and the service continues without it");
    describe_gauge!(
        "duyet_redis_policy",
        "Redis masters by maxmemory-policy: alert on allkeys-*, and on volatile-* except volatile-ttl"
    );
    describe_counter!(
        "duyet_redis_evictions_total",
        "keys that Redis evicted under memory pressure; they may include rate limit counters"
    );
    describe_gauge!("duyet_captcha_images_ready", "images that are drawn and ready, by level");
    describe_counter!("duyet_captcha_images_total", "images issued, by profile and level");
    describe_counter!(
        "duyet_captcha_pool_empty_total",
        "requests that found no image ready and waited for one, up to 50 ms"
    );
    describe_counter!(
        "duyet_page_cache_total",
        "requests for first pages by outcome: HIT (from memory) or MISS (from the database)"
    );
}

/// Aggregates recorded samples into the histograms. Otherwise they would accumulate until the next scrape, which may
/// never come.
pub fn aggregate_samples() {
    if let Ok(handle) = install() {
        handle.run_upkeep();
    }
}
