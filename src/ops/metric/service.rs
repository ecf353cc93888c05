//! What is counted of comments, moderation, challenges, background jobs, settings and load.

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
    describe_counter!(SUBMITTED, "submits by outcome: PUBLISHED, PENDING, REPLAYED or the error's reason");
    describe_counter!(CAPTCHA_ISSUED, "challenges issued, by kind, level and the reader's trust level");
    describe_counter!(
        CAPTCHA_CHECKS,
        "challenges checked, by kind (UNKNOWN when the token did not open) and outcome: CORRECT or the failure"
    );
    describe_histogram!(CAPTCHA_SOLVE, Unit::Seconds, "time between issuing a challenge and its right answer, by kind");
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
    describe_counter!(ESCALATIONS, "takedown clocks by kind and outcome: ESCALATED or the error's reason");
    describe_counter!(CLAIMS, "claims by outcome: TAKEN, RENEWED, LOST (not renewed) or RELEASED");
    describe_gauge!(WATCHES, "moderators' clients that follow the queue");
    describe_gauge!(QUEUE_PENDING, "comments that wait");
    describe_gauge!(QUEUE_OLDEST, Unit::Seconds, "age of the comment that waits longest, 0 when none does");
    describe_gauge!(TAKEDOWNS_OPEN, "takedowns whose clock runs");
    describe_gauge!(
        TAKEDOWN_DUE,
        Unit::Seconds,
        "time until the next takedown is due, negative when it is overdue, NaN while no clock runs: alert on < 7200"
    );
    describe_counter!(
        ERASED,
        "comments emptied, by action: ERASE (a person asked), WITHDRAW (the reader took one back) or PURGE (kept long enough)"
    );
    describe_counter!(EXPIRED, "comments rejected because they were not reviewed in time");
    describe_gauge!(
        COUNT_DRIFT,
        "how far public counts of articles (comments) and roots (replies) were from the last recount's, which is nightly: \
         alert on > 0 over a day. The replica that counted tells, others say 0 or nothing"
    );
    describe_counter!(
        JOB_RUNS,
        "runs of background jobs on this replica by outcome: DONE, LOST to another replica or the error's reason"
    );
    describe_counter!(CONFIG_RELOADS, "times the configuration was read again, by outcome: APPLIED or FAILED");
    describe_gauge!(CONFIG_GOOD, "0 while the configuration file is wrong and the last good one is in force");
    describe_counter!(
        CERTIFICATE_READS,
        "times the listener's certificate was read again, by outcome: APPLIED or FAILED"
    );
    describe_counter!(SHED, "calls shed for load, by rank: FIRST (submits, decisions) is shed last, OTHER before");
    describe_gauge!(CALL_BOUND, "unary calls that may be under way; falls while calls are slow");
    describe_counter!(PANICS, "handlers that panicked");
    describe_counter!(TASK_PANICS, "background tasks that panicked and were started again, by task");
}

/// Counts a submit.
pub fn submitted(site: &SiteId, outcome: &'static str) {
    counter!(SUBMITTED, "site" => site.to_string(), "outcome" => outcome).increment(1);
}

/// Counts an issued challenge.
pub fn captcha_issued(kind: ChallengeKind, level: Level, trust: TrustLevel) {
    let (kind, level, trust) = (kind.as_str(), level.as_str(), trust.as_str());
    counter!(CAPTCHA_ISSUED, "kind" => kind, "level" => level, "trust" => trust).increment(1);
}

/// Counts a failed check of a challenge; `None` when its token did not open.
pub fn captcha_failed(kind: Option<ChallengeKind>, failure: CaptchaFailure) {
    let kind = kind.map_or("UNKNOWN", ChallengeKind::as_str);
    counter!(CAPTCHA_CHECKS, "kind" => kind, "outcome" => failure.as_str()).increment(1);
}

/// Counts a challenge that was answered right, and how long that took. A pass was timed when it was earned.
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

/// Counts a reader whose address could not be read: to duyet they have none.
pub fn address_unread(site: &SiteId, unread: Unread) {
    counter!(ADDRESSES_UNREAD, "site" => site.to_string(), "what" => unread.as_str()).increment(1);
}

/// Counts the revert of a comment or ban.
pub fn reverted(outcome: &'static str) {
    counter!(REVERTS, "outcome" => outcome).increment(1);
}

/// Counts a takedown's clock.
pub fn escalated(kind: TakedownKind, outcome: &'static str) {
    counter!(ESCALATIONS, "kind" => kind.as_str(), "outcome" => outcome).increment(1);
}

/// Counts claims that came to the same.
pub fn claimed(outcome: &'static str, claims: usize) {
    counter!(CLAIMS, "outcome" => outcome).increment(u64::try_from(claims).unwrap_or(u64::MAX));
}

/// Adds to the open watches, or takes from them.
pub fn watches(change: f64) {
    gauge!(WATCHES).increment(change);
}

/// Sets a site's queue gauges, as of `now`.
pub fn queue(queue: &QueueGauge, now: DateTime<Utc>) {
    let site = || queue.site.to_string();
    let oldest = queue.oldest.map_or(0, |oldest| (now - oldest).num_seconds().max(0));
    // Not a number compares false with any: no alert without a takedown.
    let due = queue.next_due.map_or(f64::NAN, |due| float((due - now).num_seconds()));
    gauge!(QUEUE_PENDING, "site" => site()).set(float(queue.pending));
    gauge!(QUEUE_OLDEST, "site" => site()).set(float(oldest));
    gauge!(TAKEDOWNS_OPEN, "site" => site()).set(float(queue.takedowns));
    gauge!(TAKEDOWN_DUE, "site" => site()).set(due);
}

/// Counts comments that nobody reviewed in time.
pub fn expired(site: &SiteId, count: u64) {
    counter!(EXPIRED, "site" => site.to_string()).increment(count);
}

/// Counts comments that were emptied, and why.
pub fn erased(site: &SiteId, action: AuditAction, count: u64) {
    counter!(ERASED, "site" => site.to_string(), "action" => action.as_str()).increment(count);
}

/// Says how far a site's public counts are off.
pub fn count_drift(site: &SiteId, drift: CountDrift) {
    for (counter, value) in [("comments", drift.comments), ("replies", drift.replies)] {
        gauge!(COUNT_DRIFT, "site" => site.to_string(), "counter" => counter).set(float(value));
    }
}

/// Counts a run of a background job.
pub fn job_ran(job: Job, outcome: &'static str) {
    counter!(JOB_RUNS, "job" => job.as_str(), "outcome" => outcome).increment(1);
}

/// Counts that the configuration was read again: APPLIED or FAILED.
pub fn config_read(outcome: &'static str) {
    counter!(CONFIG_RELOADS, "outcome" => outcome).increment(1);
}

/// Says whether the configuration file could be read the last time.
pub fn config_is_good(good: bool) {
    gauge!(CONFIG_GOOD).set(if good { 1.0 } else { 0.0 });
}

/// Counts that the listener's certificate was read again: APPLIED or FAILED.
pub fn certificate_read(outcome: &'static str) {
    counter!(CERTIFICATE_READS, "outcome" => outcome).increment(1);
}

/// Counts a call shed for load: FIRST for what is shed last, or OTHER.
pub fn shed(rank: &'static str) {
    counter!(SHED, "rank" => rank).increment(1);
}

/// Says how many calls may be under way.
pub fn call_bound(calls: usize) {
    gauge!(CALL_BOUND).set(float(i64::try_from(calls).unwrap_or(i64::MAX)));
}

/// Counts a handler's panic.
pub fn panicked() {
    counter!(PANICS).increment(1);
}
