//! What rules and terms say of comments that people decided about.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::example::{EXAMPLES, Example, judged};
use crate::domain::{
    lifecycle::Status,
    spam::{PastComment, Rule, SpamVerdict, TermSet, Thresholds},
};

/// Three figures about comments that were approved, rejected or removed, and spam.
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

    /// All of them.
    pub const fn total(&self) -> usize {
        self.approved + self.rejected + self.spam
    }
}

/// What rules and terms say of comments that people decided about.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Replay {
    /// What HYBRID would have done with which; by [`SpamVerdict`].
    pub publish: ByDecision,
    pub hold: ByDecision,
    pub spam: ByDecision,
    /// What each rule and each term met, most first.
    pub rules: Vec<RuleCount>,
    /// Where rules and people disagree most.
    pub examples: Vec<Example>,
}

/// What one rule, or one term, met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleCount {
    pub rule: Rule,
    pub term: Option<Uuid>,
    /// The term's words; empty without a term.
    pub pattern: String,
    pub met: ByDecision,
}

impl Replay {
    /// Judges comments anew, without the model, which learned from these very decisions, and without what only the moment of a
    /// submit tells.
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

/// How wrong a verdict is by what a person decided, 0 to 2. Holding is never wrong: it asks that person.
fn disagreement(example: &Example) -> f64 {
    match (example.verdict, example.status) {
        (SpamVerdict::Spam, Status::Approved) => 1.0 + example.score,
        (SpamVerdict::Publish, Status::Spam) => 1.5 - example.score,
        (SpamVerdict::Publish, Status::Rejected | Status::Removed) => 1.0 - example.score,
        _ => 0.0,
    }
}
