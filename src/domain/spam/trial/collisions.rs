//! Matches of a new term among approved comments.

use super::example::{EXAMPLES, Example, judged};
use crate::domain::spam::{PastComment, Reading, TermSet, Thresholds};

/// The matches of a term among approved comments.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Collisions {
    /// Number of approved comments that match.
    pub would_match: usize,
    /// Number of approved comments that were tested.
    pub sampled: usize,
    /// The most recently decided matches.
    pub examples: Vec<Example>,
}

/// Tests terms with approved comments.
pub fn collisions(terms: &TermSet, approved: &[PastComment], thresholds: Thresholds) -> Collisions {
    let mut report = Collisions { sampled: approved.len(), ..Collisions::default() };
    for comment in approved {
        let found = terms.find(&Reading::of(&comment.text)).findings;
        if found.is_empty() {
            continue;
        }
        report.would_match += 1;
        if report.examples.len() < EXAMPLES {
            report.examples.push(judged(comment, terms, thresholds).0);
        }
    }
    report
}
