//! Results of rules and terms for comments that moderators have decided.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::example::{EXAMPLES, Example, judged};
use crate::domain::{
    lifecycle::Status,
    spam::{PastComment, Rule, SpamVerdict, TermSet, Thresholds},
};

/// Numbers of comments by their status: approved, rejected or removed, and spam.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ByDecision {
    pub approved: usize,
    pub rejected: usize,
    pub spam: usize,
}

impl ByDecision {
    const fn count(&mut self, status: Status) {
        match status {
            Status::Approved => self.approved += 1,
            Status::Spam => self.spam += 1,
            Status::Rejected | Status::Removed | Status::Pending | Status::Erased => self.rejected += 1,
        }
    }

    pub const fn total(&self) -> usize {
        self.approved + self.rejected + self.spam
    }
}

/// Results of rules and terms for comments that moderators have decided.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Replay {
    /// The results that HYBRID would have had, see [`SpamVerdict`], by the moderators' decisions.
    pub publish: ByDecision,
    pub hold: ByDecision,
    pub spam: ByDecision,
    /// Matches of each rule and term, most frequent first.
    pub rules: Vec<RuleCount>,
    /// The comments on which rules and moderators disagree most.
    pub examples: Vec<Example>,
}

/// The matches of a rule or a term.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleCount {
    pub rule: Rule,
    pub term: Option<Uuid>,
    /// The term's pattern; empty for a rule.
    pub pattern: String,
    pub met: ByDecision,
}

impl Replay {
    /// Assesses comments again with rules and terms only. The model is left out, because it learned from these
    /// decisions, and so are form signals, which are known only during a submit.
    pub fn of(terms: &TermSet, decided: &[PastComment], thresholds: Thresholds) -> Self {
        let mut replay = Self::default();
        let mut rules: BTreeMap<(Rule, Option<Uuid>), ByDecision> = BTreeMap::new();
        let mut examples: Vec<Example> = Vec::new();
        for comment in decided {
            let (example, findings) = judged(comment, terms, thresholds);
            let cell = match example.verdict {
                SpamVerdict::Publish => &mut replay.publish,
                SpamVerdict::Hold => &mut replay.hold,
                SpamVerdict::Spam => &mut replay.spam,
            };
            cell.count(comment.status);
            let mut met: Vec<_> = findings.iter().map(|finding| (finding.rule, finding.term)).collect();
            met.sort_unstable();
            met.dedup();
            for key in met {
                rules.entry(key).or_default().count(comment.status);
            }
            if disagreement(&example) > 0.0 {
                examples.push(example);
                examples.sort_by(|a, b| disagreement(b).total_cmp(&disagreement(a)));
                examples.truncate(EXAMPLES);
            }
        }
        let named = |term: Option<Uuid>| term.and_then(|id| terms.pattern_of(id)).unwrap_or_default().to_owned();
        let counted = |((rule, term), met)| RuleCount { rule, term, pattern: named(term), met };
        replay.rules = rules.into_iter().map(counted).collect();
        replay.rules.sort_by_key(|count| std::cmp::Reverse(count.met.total()));
        Self { examples, ..replay }
    }
}

/// Measures how much an automatic result differs from a person's decision, 0 to 2. A held comment has no difference,
/// because a person decides it.
fn disagreement(example: &Example) -> f64 {
    match (example.verdict, example.status) {
        (SpamVerdict::Spam, Status::Approved) => 1.0 + example.score,
        (SpamVerdict::Publish, Status::Spam) => 1.5 - example.score,
        (SpamVerdict::Publish, Status::Rejected | Status::Removed) => 1.0 - example.score,
        _ => 0.0,
    }
}
