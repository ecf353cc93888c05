use crate::domain::spam::{Rule, Term, TermState, TermTier, views::Token};

/// A term with the keys of its words.
#[derive(Debug)]
pub(super) struct CompiledTerm {
    pub(super) term: Term,
    /// One key for each word.
    pub(super) keys: Vec<String>,
    pub(super) bears_marks: bool,
}

impl CompiledTerm {
    /// Checks whether words that are equal without marks match this term. A word with different marks never matches.
    pub(super) fn fits(&self, words: &[Token], keys: &[String], almost_unmarked: bool) -> bool {
        let by_tier = |word: &Token| match self.term.tier {
            TermTier::Exact => false,
            TermTier::Stripped => almost_unmarked,
            // `lon` without marks means a tin; only a digit in it shows that another word is meant.
            TermTier::Teencode => !self.bears_marks || word.plain != word.folded,
        };
        let agrees = |word: &Token| word.marked == word.folded && by_tier(word);
        words.iter().zip(keys).zip(&self.keys).all(|((word, said), listed)| said == listed || agrees(word))
    }

    pub(super) const fn rule_and_weight(&self) -> (Rule, f64) {
        match self.term.state {
            TermState::Enforce => (Rule::Term, self.term.weight),
            TermState::Shadow | TermState::Off => (Rule::TermShadow, 0.0),
        }
    }
}
