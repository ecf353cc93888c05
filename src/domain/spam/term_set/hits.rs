use super::compiled_term::CompiledTerm;
use crate::domain::spam::{Finding, Term, TermState, TermTier};

/// The combined effect of the terms in a comment.
#[derive(Debug, Default, PartialEq)]
pub struct TermHits {
    pub findings: Vec<Finding>,
    /// Sum of the weights of the enforced terms.
    pub weight: f64,
    pub holds: bool,
    pub marks_spam: bool,
}

impl TermHits {
    /// Adds the effect of a match. `surely` states that the text cannot be another word that is written without marks.
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
