//! What is counted about the spam score, by rule and by site.

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
    describe_counter!(FINDINGS, "findings in accepted submits, by rule");
    describe_gauge!(MODEL_VERSION, "version of the learned model in force");
    describe_gauge!(MODEL_DECISIONS, "decisions that the model in force learned from, by what they called the comment");
    describe_counter!(MODEL_TRAININGS, "models stored, by outcome: WENT_ON from the last, or REBUILT from the log");
    describe_gauge!(TERMS, "terms on the list that this replica loaded last");
    describe_counter!(TERMS_STOOD_DOWN, "terms that this replica put on trial because they held too much");
}

/// Counts the findings of a submit.
pub fn findings(findings: &[Finding]) {
    for finding in findings {
        counter!(FINDINGS, "rule" => finding.rule.as_str()).increment(1);
    }
}

/// Says which model judges a site's comments.
pub fn model_loaded(site: &SiteId, version: i64, (ham, spam): (u64, u64)) {
    gauge!(MODEL_VERSION, "site" => site.to_string()).set(float(version));
    for (class, count) in [("HAM", ham), ("SPAM", spam)] {
        let count = float(i64::try_from(count).unwrap_or(i64::MAX));
        gauge!(MODEL_DECISIONS, "site" => site.to_string(), "class" => class).set(count);
    }
}

/// Counts a model that was stored.
pub fn model_trained(site: &SiteId, outcome: &'static str) {
    counter!(MODEL_TRAININGS, "site" => site.to_string(), "outcome" => outcome).increment(1);
}

/// Says how long a site's list of terms is.
pub fn terms_loaded(site: &SiteId, count: usize) {
    gauge!(TERMS, "site" => site.to_string()).set(float(i64::try_from(count).unwrap_or(i64::MAX)));
}

/// Counts a term that holds too much.
pub fn term_stood_down(site: &SiteId) {
    counter!(TERMS_STOOD_DOWN, "site" => site.to_string()).increment(1);
}
