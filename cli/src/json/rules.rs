//! Terms, and what rules and the score make of texts.

use serde::Serialize;

use super::{comment::Finding, present, rfc3339};
use crate::names;
use duyet_proto::v1;

#[derive(Debug, Serialize)]
pub(crate) struct Term {
    id: Option<String>,
    pattern: String,
    tier: Option<&'static str>,
    state: Option<&'static str>,
    weight: f64,
    note: String,
    revision: i64,
    updated_by: Option<String>,
    updated_at: Option<String>,
}

/// A page of terms.
#[derive(Debug, Serialize)]
pub(crate) struct Terms {
    pub(crate) terms: Vec<Term>,
    pub(crate) next_page_token: Option<String>,
}

/// What `term` did, or would do.
#[derive(Debug, Serialize)]
pub(crate) struct TermPut {
    pub(crate) term: Term,
    /// changed, unchanged, deleted or tried.
    pub(crate) result: &'static str,
    /// Null where it was not asked.
    pub(crate) collisions: Option<Collisions>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Collisions {
    would_match: i32,
    sampled: i32,
    examples: Vec<RuleExample>,
}

#[derive(Debug, Serialize)]
pub(crate) struct RuleExample {
    comment_id: String,
    text: String,
    status: Option<&'static str>,
    verdict: Option<&'static str>,
    score: f64,
}

/// What `assess` found.
#[derive(Debug, Serialize)]
pub(crate) struct Assessed {
    score: f64,
    verdict: Option<&'static str>,
    findings: Vec<Finding>,
    decisions: i64,
    model_version: i64,
}

/// What `replay` found.
#[derive(Debug, Serialize)]
pub(crate) struct Replay {
    verdicts: Vec<VerdictCount>,
    rules: Vec<RuleCount>,
    examples: Vec<RuleExample>,
}

#[derive(Debug, Serialize)]
pub(crate) struct VerdictCount {
    verdict: Option<&'static str>,
    approved: i32,
    refused: i32,
    spam: i32,
}

#[derive(Debug, Serialize)]
pub(crate) struct RuleCount {
    rule: String,
    term_id: Option<String>,
    pattern: Option<String>,
    approved: i32,
    refused: i32,
    spam: i32,
}

impl From<v1::Term> for Term {
    fn from(term: v1::Term) -> Self {
        Self {
            tier: names::tier(term.tier),
            state: names::state(term.state),
            updated_at: rfc3339(term.updated_at.as_ref()),
            id: present(term.id),
            pattern: term.pattern,
            weight: term.weight,
            note: term.note,
            revision: term.revision,
            updated_by: present(term.updated_by),
        }
    }
}

impl From<v1::TermCollisions> for Collisions {
    fn from(report: v1::TermCollisions) -> Self {
        let v1::TermCollisions { would_match, sampled, examples } = report;
        Self { would_match, sampled, examples: examples.into_iter().map(Into::into).collect() }
    }
}

impl From<v1::RuleExample> for RuleExample {
    fn from(example: v1::RuleExample) -> Self {
        Self {
            status: names::status(example.status),
            verdict: names::verdict(example.verdict),
            comment_id: example.comment_id,
            text: example.text,
            score: example.score,
        }
    }
}

impl From<v1::AssessTextResponse> for Assessed {
    fn from(answer: v1::AssessTextResponse) -> Self {
        Self {
            verdict: names::verdict(answer.verdict),
            score: answer.score,
            findings: answer.findings.into_iter().map(Into::into).collect(),
            decisions: answer.decisions,
            model_version: answer.model_version,
        }
    }
}

impl From<v1::ReplayRulesResponse> for Replay {
    fn from(answer: v1::ReplayRulesResponse) -> Self {
        let verdict = |row: v1::VerdictCount| {
            let v1::DecisionCount { approved, refused, spam } = row.decided.unwrap_or_default();
            VerdictCount { verdict: names::verdict(row.verdict), approved, refused, spam }
        };
        let rule = |row: v1::RuleCount| {
            let v1::DecisionCount { approved, refused, spam } = row.met.unwrap_or_default();
            let (term_id, pattern) = (present(row.term_id), present(row.pattern));
            RuleCount { rule: row.rule, term_id, pattern, approved, refused, spam }
        };
        Self {
            verdicts: answer.verdicts.into_iter().map(verdict).collect(),
            rules: answer.rules.into_iter().map(rule).collect(),
            examples: answer.examples.into_iter().map(Into::into).collect(),
        }
    }
}
