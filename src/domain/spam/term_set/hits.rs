use super::compiled_term::CompiledTerm;
use crate::domain::spam::{Finding, Term, TermState, TermTier};

/// What a comment's terms come to.
#[derive(Debug, Default, PartialEq)]
pub struct TermHits {
    pub findings: Vec<Finding>,
    /// Sum over the terms that are enforced.
    pub weight: f64,
    pub holds: bool,
    pub marks_spam: bool,
}

impl TermHits {
    /// Adds the effect of a term that was found; `surely` when it can be no other word.
    pub(super) fn note(&mut self, compiled: &CompiledTerm, surely: bool, first_time: bool) {
        let Term { tier, state, weight, .. } = compiled.term;
        if state != TermState::Enforce {
            return;
        }
        self.weight += if first_time { weight } else { 0.0 };
        match tier {
            TermTier::Exact if surely => self.marks_spam = true,
            TermTier::Exact | TermTier::Stripped => self.holds = true,
            TermTier::Teencode => {}
        }
    }
}
