//! What a term would have met among approved comments.

use super::example::{EXAMPLES, Example, judged};
use crate::domain::spam::{PastComment, Reading, TermSet, Thresholds};

/// What a term would have met.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Collisions {
    /// Approved comments that it stands in.
    pub would_match: usize,
    /// Approved comments looked at.
    pub sampled: usize,
    /// The last decided of those met.
    pub examples: Vec<Example>,
}

/// Tries terms on comments that were approved.
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
