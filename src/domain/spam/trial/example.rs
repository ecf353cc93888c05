//! One comment of a trial, as it is shown.

use crate::domain::{
    id::CommentId,
    lifecycle::Status,
    spam::{Field, Finding, FormSignals, Knowledge, PastComment, SpamVerdict, TermSet, Thresholds, assess, verdict},
};

/// Comments that a trial shows.
pub(super) const EXAMPLES: usize = 10;
/// Characters shown on either side of a match.
const AROUND: usize = 60;

/// One comment of a trial.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    pub id: CommentId,
    /// What it says around the match; its beginning, where nothing was met.
    pub text: String,
    pub status: Status,
    pub verdict: SpamVerdict,
    /// By rules and terms alone.
    pub score: f64,
}

/// Judges a comment by rules and terms alone, and returns what they found in it.
pub(super) fn judged(comment: &PastComment, terms: &TermSet, thresholds: Thresholds) -> (Example, Vec<Finding>) {
    let assessment = assess(&comment.text, &FormSignals::default(), &Knowledge { model: None, terms: Some(terms) });
    let verdict = verdict(&assessment, thresholds);
    let text = surroundings(comment, &assessment.findings);
    let example = Example { id: comment.id, text, status: comment.status, verdict, score: assessment.score };
    (example, assessment.findings)
}

/// A term says more than a rule.
fn surroundings(comment: &PastComment, findings: &[Finding]) -> String {
    let placed = || findings.iter().filter_map(|finding| Some((finding, finding.field?)));
    let shown = placed().find(|(finding, _)| finding.term.is_some()).or_else(|| placed().next());
    let Some((finding, field)) = shown else {
        return comment.text.content.chars().take(2 * AROUND).collect();
    };
    let text = match field {
        Field::AuthorName => &comment.text.author_name,
        Field::Title => &comment.text.title,
        Field::Content => &comment.text.content,
    };
    let before: Vec<char> = text[..finding.start].chars().rev().take(AROUND).collect();
    let before = before.into_iter().rev();
    before.chain(text[finding.start..finding.end].chars()).chain(text[finding.end..].chars().take(AROUND)).collect()
}
