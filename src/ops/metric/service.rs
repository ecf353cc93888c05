//! Metrics of comments, moderation, challenges, background jobs, settings and load.

use chrono::{DateTime, Utc};
use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

use super::number::float;
use crate::{
    domain::{
        address::Unread,
        audit::AuditAction,
        challenge::{CaptchaFailure, ChallengeKind, SealedChallenge},
        challenge_level::Level,
        comment::TakedownKind,
        id::SiteId,
        lifecycle::Action,
        stats::{CountDrift, Job, QueueGauge},
        trust::TrustLevel,
    },
    supervise::TASK_PANICS,
};

const SUBMITTED: &str = "duyet_comments_submitted_total";
const CAPTCHA_ISSUED: &str = "duyet_captcha_issued_total";
const CAPTCHA_CHECKS: &str = "duyet_captcha_checks_total";
pub(super) const CAPTCHA_SOLVE: &str = "duyet_captcha_solve_seconds";
const DECISIONS: &str = "duyet_decisions_total";
const ADDRESSES_UNREAD: &str = "duyet_reader_addresses_unread_total";
const REPORTS: &str = "duyet_reports_total";
const REVERTS: &str = "duyet_reverts_total";
const ESCALATIONS: &str = "duyet_escalations_total";
const CLAIMS: &str = "duyet_claims_total";
const WATCHES: &str = "duyet_queue_watches";
const QUEUE_PENDING: &str = "duyet_queue_pending";
const QUEUE_OLDEST: &str = "duyet_queue_oldest_seconds";
const TAKEDOWNS_OPEN: &str = "duyet_takedowns_open";
const TAKEDOWN_DUE: &str = "duyet_takedown_due_seconds";
const EXPIRED: &str = "duyet_expired_total";
const ERASED: &str = "duyet_erased_total";
const COUNT_DRIFT: &str = "duyet_count_drift";
const JOB_RUNS: &str = "duyet_job_runs_total";
const CONFIG_RELOADS: &str = "duyet_config_reloads_total";
const CONFIG_GOOD: &str = "duyet_config_last_reload_successful";
const CERTIFICATE_READS: &str = "duyet_certificate_reads_total";
const CALL_BOUND: &str = "duyet_call_bound";
const SHED: &str = "duyet_shed_total";
const PANICS: &str = "duyet_panics_total";

pub(super) fn describe() {
    describe_counter!(SUBMITTED, "submissions by outcome: PUBLISHED, PENDING, REPLAYED or the error's reason");
    describe_counter!(CAPTCHA_ISSUED, "challenges issued, by kind, level and the reader's trust level");
    describe_counter!(
        CAPTCHA_CHECKS,
        "captcha checks by kind (UNKNOWN if the token could not be opened) and outcome: CORRECT or the failure"
    );
    describe_histogram!(CAPTCHA_SOLVE, Unit::Seconds, "time from issuing a challenge to its correct answer, by kind");
    describe_counter!(
        DECISIONS,
        "moderators' decisions by action and outcome: CHANGED, UNCHANGED or the error's reason"
    );
    describe_counter!(
        ADDRESSES_UNREAD,
        "readers whose address could not be read: UNKNOWN (the proxy says so) or UNREADABLE"
    );
    describe_counter!(REPORTS, "readers' reports by outcome: COUNTED, REQUEUED, KNOWN or the error's reason");
    describe_counter!(REVERTS, "reverts of comments and bans, by outcome: REVERTED or the error's reason");
    describe_counter!(ESCALATIONS, "takedown demands by kind and outcome: ESCALATED or the error's reason");
    describe_counter!(CLAIMS, "claims by outcome: TAKEN, RENEWED, LOST (not renewed) or RELEASED");
    describe_gauge!(WATCHES, "open WatchQueue streams");
    describe_gauge!(QUEUE_PENDING, "comments that wait for a moderator");
    describe_gauge!(QUEUE_OLDEST, Unit::Seconds, "age of the comment that has waited longest, 0 if none waits");
    describe_gauge!(TAKEDOWNS_OPEN, "open takedown demands");
    describe_gauge!(
        TAKEDOWN_DUE,
        Unit::Seconds,
        "time until the next takedown demand is due, negative if it is overdue, NaN if none is open: alert on < 7200"
    );
    describe_counter!(
        ERASED,
        "erased comments by action: ERASE (at a person's request), WITHDRAW (by the reader) or PURGE (retention time passed)"
    );
    describe_counter!(EXPIRED, "comments rejected because they were not reviewed in time");
    describe_gauge!(
        COUNT_DRIFT,
        "difference that the nightly recount found in the stored public counts, by counter: comments of articles, or \
         replies of threads. Alert when it is > 0 within a day. Only the replica that counted reports the difference; \
         others report 0 or nothing"
    );
    describe_counter!(
        JOB_RUNS,
        "runs of background jobs on this replica by outcome: DONE, LOST to another replica or the error's reason"
    );
    describe_counter!(CONFIG_RELOADS, "configuration reloads by outcome: APPLIED or FAILED");
    describe_gauge!(
        CONFIG_GOOD,
        "0 while the configuration file is invalid and the last valid configuration remains in force"
    );
    describe_counter!(CERTIFICATE_READS, "certificate reloads by outcome: APPLIED or FAILED");
    describe_counter!(
        SHED,
        "calls shed under load, by rank: FIRST (submissions, decisions and other writes, which are served first and \
         shed last) or OTHER"
    );
    describe_gauge!(CALL_BOUND, "bound on concurrent unary calls; decreases while calls are slow");
    describe_counter!(PANICS, "handlers that panicked");
    describe_counter!(TASK_PANICS, "panics of background tasks, which are restarted, by task");
}

/// Counts a submission.
pub fn submitted(site: &SiteId, outcome: &'static str) {
    counter!(SUBMITTED, "site" => site.to_string(), "outcome" => outcome).increment(1);
}

/// Counts an issued challenge.
pub fn captcha_issued(kind: ChallengeKind, level: Level, trust: TrustLevel) {
    let (kind, level, trust) = (kind.as_str(), level.as_str(), trust.as_str());
    counter!(CAPTCHA_ISSUED, "kind" => kind, "level" => level, "trust" => trust).increment(1);
}

/// Counts a failed captcha check. `kind` is `None` if the token could not be opened.
pub fn captcha_failed(kind: Option<ChallengeKind>, failure: CaptchaFailure) {
    let kind = kind.map_or("UNKNOWN", ChallengeKind::as_str);
    counter!(CAPTCHA_CHECKS, "kind" => kind, "outcome" => failure.as_str()).increment(1);
}

/// Counts a solved challenge and records how long that took. For a pass, the time was recorded when it was issued.
pub fn captcha_solved(challenge: &SealedChallenge, now: DateTime<Utc>) {
    let kind = challenge.kind.as_str();
    counter!(CAPTCHA_CHECKS, "kind" => kind, "outcome" => "CORRECT").increment(1);
    if !challenge.passed {
        let took = (now - challenge.issued_at).to_std().unwrap_or_default();
        histogram!(CAPTCHA_SOLVE, "kind" => kind).record(took.as_secs_f64());
    }
}

/// Counts a decision.
pub fn decided(action: Action, outcome: &'static str) {
    counter!(DECISIONS, "action" => action.as_str(), "outcome" => outcome).increment(1);
}

/// Counts a reader's report.
pub fn reported(site: &SiteId, outcome: &'static str) {
    counter!(REPORTS, "site" => site.to_string(), "outcome" => outcome).increment(1);
}

/// Counts a reader whose address could not be read and is therefore unknown.
pub fn address_unread(site: &SiteId, unread: Unread) {
    counter!(ADDRESSES_UNREAD, "site" => site.to_string(), "what" => unread.as_str()).increment(1);
}

/// Counts the revert of a comment or ban.
pub fn reverted(outcome: &'static str) {
    counter!(REVERTS, "outcome" => outcome).increment(1);
}

/// Counts a takedown demand.
pub fn escalated(kind: TakedownKind, outcome: &'static str) {
    counter!(ESCALATIONS, "kind" => kind.as_str(), "outcome" => outcome).increment(1);
}

/// Counts claims with the same outcome.
pub fn claimed(outcome: &'static str, claims: usize) {
    counter!(CLAIMS, "outcome" => outcome).increment(u64::try_from(claims).unwrap_or(u64::MAX));
}

/// Changes the number of open watches by `change`.
pub fn watches(change: f64) {
    gauge!(WATCHES).increment(change);
}

/// Sets a site's queue gauges, as of `now`.
pub fn queue(queue: &QueueGauge, now: DateTime<Utc>) {
    let site = || queue.site.to_string();
    let oldest = queue.oldest.map_or(0, |oldest| (now - oldest).num_seconds().max(0));
    // NaN compares false with every threshold, so there is no alert without a takedown demand.
    let due = queue.next_due.map_or(f64::NAN, |due| float((due - now).num_seconds()));
    gauge!(QUEUE_PENDING, "site" => site()).set(float(queue.pending));
    gauge!(QUEUE_OLDEST, "site" => site()).set(float(oldest));
    gauge!(TAKEDOWNS_OPEN, "site" => site()).set(float(queue.takedowns));
    gauge!(TAKEDOWN_DUE, "site" => site()).set(due);
}

/// Counts comments that expired because they were not reviewed in time.
pub fn expired(site: &SiteId, count: u64) {
    counter!(EXPIRED, "site" => site.to_string()).increment(count);
}

/// Counts erased comments by the reason.
pub fn erased(site: &SiteId, action: AuditAction, count: u64) {
    counter!(ERASED, "site" => site.to_string(), "action" => action.as_str()).increment(count);
}

/// Sets the drift of a site's public counts.
pub fn count_drift(site: &SiteId, drift: CountDrift) {
    for (counter, value) in [("comments", drift.comments), ("replies", drift.replies)] {
        gauge!(COUNT_DRIFT, "site" => site.to_string(), "counter" => counter).set(float(value));
    }
}

/// Counts a run of a background job.
pub fn job_ran(job: Job, outcome: &'static str) {
    counter!(JOB_RUNS, "job" => job.as_str(), "outcome" => outcome).increment(1);
}

/// Counts a reload of the configuration: APPLIED or FAILED.
pub fn config_read(outcome: &'static str) {
    counter!(CONFIG_RELOADS, "outcome" => outcome).increment(1);
}

/// Sets whether the last reload of the configuration succeeded.
pub fn config_is_good(good: bool) {
    gauge!(CONFIG_GOOD).set(if good { 1.0 } else { 0.0 });
}

/// Counts a reload of the listener's certificate: APPLIED or FAILED.
pub fn certificate_read(outcome: &'static str) {
    counter!(CERTIFICATE_READS, "outcome" => outcome).increment(1);
}

/// Counts a shed call: FIRST for RPCs that are shed last, OTHER for all others.
pub fn shed(rank: &'static str) {
    counter!(SHED, "rank" => rank).increment(1);
}

/// Sets the current bound on concurrent calls.
pub fn call_bound(calls: usize) {
    gauge!(CALL_BOUND).set(float(i64::try_from(calls).unwrap_or(i64::MAX)));
}

/// Counts a handler's panic.
pub fn panicked() {
    counter!(PANICS).increment(1);
}
