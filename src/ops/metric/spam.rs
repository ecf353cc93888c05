//! Metrics of the spam score, by rule and by site.

use metrics::{counter, describe_counter, describe_gauge, gauge};

use super::number::float;
use crate::domain::{id::SiteId, spam::Finding};

const FINDINGS: &str = "duyet_findings_total";
const MODEL_VERSION: &str = "duyet_model_version";
const MODEL_DECISIONS: &str = "duyet_model_decisions";
const MODEL_TRAININGS: &str = "duyet_model_trainings_total";
const TERMS: &str = "duyet_terms";
const TERMS_STOOD_DOWN: &str = "duyet_terms_stood_down_total";

pub(super) fn describe() {
    describe_counter!(FINDINGS, "findings in accepted submissions, by rule");
    describe_gauge!(MODEL_VERSION, "version of the learned model in force");
    describe_gauge!(MODEL_DECISIONS, "decisions that the model in force was trained on, by class (HAM or SPAM)");
    describe_counter!(
        MODEL_TRAININGS,
        "stored models by outcome: WENT_ON (continued from the previous model) or REBUILT (from all decisions)"
    );
    describe_gauge!(TERMS, "terms that this replica has loaded");
    describe_counter!(TERMS_STOOD_DOWN, "terms that this replica put on trial because they held too many comments");
}

/// Counts the findings of a submission.
pub fn findings(findings: &[Finding]) {
    for finding in findings {
        counter!(FINDINGS, "rule" => finding.rule.as_str()).increment(1);
    }
}

/// Sets the version of a site's model and the number of decisions it was trained on.
pub fn model_loaded(site: &SiteId, version: i64, (ham, spam): (u64, u64)) {
    gauge!(MODEL_VERSION, "site" => site.to_string()).set(float(version));
    for (class, count) in [("HAM", ham), ("SPAM", spam)] {
        let count = float(i64::try_from(count).unwrap_or(i64::MAX));
        gauge!(MODEL_DECISIONS, "site" => site.to_string(), "class" => class).set(count);
    }
}

/// Counts a stored model.
pub fn model_trained(site: &SiteId, outcome: &'static str) {
    counter!(MODEL_TRAININGS, "site" => site.to_string(), "outcome" => outcome).increment(1);
}

/// Sets the number of a site's terms.
pub fn terms_loaded(site: &SiteId, count: usize) {
    gauge!(TERMS, "site" => site.to_string()).set(float(i64::try_from(count).unwrap_or(i64::MAX)));
}

/// Counts a term that was put on trial because it held too many comments.
pub fn term_put_on_trial(site: &SiteId) {
    counter!(TERMS_STOOD_DOWN, "site" => site.to_string()).increment(1);
}
