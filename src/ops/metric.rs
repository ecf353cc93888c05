//! Every metric that the service itself counts, by name. No label holds an article, an author or a comment.
//! The limiter keeps its own two: `duyet_rate_limit_decisions_total` and `duyet_degraded`.

use std::{sync::OnceLock, time::Duration};

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::domain::{challenge::Level, id::SiteId, lifecycle::Action, spam::Finding};

// RED per RPC, under the names of go-grpc-middleware's provider, so that public dashboards work.
const STARTED: &str = "grpc_server_started_total";
const HANDLED: &str = "grpc_server_handled_total";
const HANDLING: &str = "grpc_server_handling_seconds";

const SUBMITTED: &str = "duyet_comments_submitted_total";
const CAPTCHA_ISSUED: &str = "duyet_captcha_issued_total";
const CAPTCHA_CHECKS: &str = "duyet_captcha_checks_total";
const DECISIONS: &str = "duyet_decisions_total";
const FINDINGS: &str = "duyet_findings_total";
const QUEUE_PENDING: &str = "duyet_queue_pending";
const QUEUE_OLDEST: &str = "duyet_queue_oldest_seconds";
const STORE_UP: &str = "duyet_store_up";
const SHED: &str = "duyet_shed_total";
const PANICS: &str = "duyet_panics_total";

/// Upper bounds of the latency histogram, in seconds.
const BUCKETS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// Installs the recorder once per process and answers its renderer.
///
/// # Errors
/// When another recorder is installed already.
pub fn install() -> Result<PrometheusHandle, String> {
    static HANDLE: OnceLock<Result<PrometheusHandle, String>> = OnceLock::new();
    HANDLE
        .get_or_init(|| {
            let builder = PrometheusBuilder::new().set_buckets_for_metric(Matcher::Full(HANDLING.to_owned()), &BUCKETS);
            let handle = builder.and_then(PrometheusBuilder::install_recorder).map_err(|error| error.to_string())?;
            describe();
            Ok(handle)
        })
        .clone()
}

fn describe() {
    describe_counter!(STARTED, "RPCs started");
    describe_counter!(HANDLED, "RPCs ended, by gRPC code");
    describe_histogram!(HANDLING, Unit::Seconds, "time per RPC");
    describe_counter!(SUBMITTED, "submits by outcome: PUBLISHED, PENDING, REPLAYED or the error's reason");
    describe_counter!(CAPTCHA_ISSUED, "challenges issued, by level");
    describe_counter!(CAPTCHA_CHECKS, "challenges checked, by outcome");
    describe_counter!(
        DECISIONS,
        "moderators' decisions by action and outcome: CHANGED, UNCHANGED or the error's reason"
    );
    describe_counter!(FINDINGS, "findings in accepted submits, by rule");
    describe_gauge!(QUEUE_PENDING, "comments that wait");
    describe_gauge!(QUEUE_OLDEST, Unit::Seconds, "age of the comment that waits longest, 0 when none does");
    describe_gauge!(STORE_UP, "1 while the database can be written to");
    describe_counter!(SHED, "calls refused because too many were under way");
    describe_counter!(PANICS, "handlers that panicked");
    describe_counter!("duyet_rate_limit_decisions_total", "limit checks by limit, decision and tier");
    describe_gauge!("duyet_degraded", "1 while a component is gone and the service carries on without it");
}

/// Folds recorded samples into the histogram. Without it they pile up until somebody scrapes, and perhaps nobody does.
pub fn run_upkeep() {
    if let Ok(handle) = install() {
        handle.run_upkeep();
    }
}

/// Counts a started RPC.
pub fn rpc_started(service: &str, method: &str) {
    counter!(STARTED, "grpc_service" => service.to_owned(), "grpc_method" => method.to_owned()).increment(1);
}

/// Counts an ended RPC and its time.
pub fn rpc_handled(service: &str, method: &str, code: &'static str, took: Duration) {
    let (service, method) = (service.to_owned(), method.to_owned());
    counter!(HANDLED, "grpc_service" => service.clone(), "grpc_method" => method.clone(), "grpc_code" => code)
        .increment(1);
    histogram!(HANDLING, "grpc_service" => service, "grpc_method" => method).record(took.as_secs_f64());
}

/// Counts a submit.
pub fn submitted(site: &SiteId, outcome: &'static str) {
    counter!(SUBMITTED, "site" => site.to_string(), "outcome" => outcome).increment(1);
}

/// Counts an issued challenge.
pub fn captcha_issued(level: Level) {
    counter!(CAPTCHA_ISSUED, "level" => level.as_str()).increment(1);
}

/// Counts a checked challenge: CORRECT or a failure's name.
pub fn captcha_checked(outcome: &'static str) {
    counter!(CAPTCHA_CHECKS, "outcome" => outcome).increment(1);
}

/// Counts a decision.
pub fn decided(action: Action, outcome: &'static str) {
    counter!(DECISIONS, "action" => action.as_str(), "outcome" => outcome).increment(1);
}

/// Counts the findings of a submit.
pub fn findings(findings: &[Finding]) {
    for finding in findings {
        counter!(FINDINGS, "rule" => finding.rule.as_str()).increment(1);
    }
}

/// Sets a site's queue gauges.
#[expect(clippy::cast_precision_loss, reason = "a queue of 2^52 comments is not expected")]
pub fn queue(site: &SiteId, pending: i64, oldest_seconds: i64) {
    gauge!(QUEUE_PENDING, "site" => site.to_string()).set(pending as f64);
    gauge!(QUEUE_OLDEST, "site" => site.to_string()).set(oldest_seconds as f64);
}

/// Says whether the database can be written to.
pub fn store_up(up: bool) {
    gauge!(STORE_UP).set(if up { 1.0 } else { 0.0 });
}

/// Counts a call refused for load.
pub fn shed() {
    counter!(SHED).increment(1);
}

/// Counts a handler's panic.
pub fn panicked() {
    counter!(PANICS).increment(1);
}
