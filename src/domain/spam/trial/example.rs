//! Example comments in the result of a trial.

use crate::domain::{
    id::CommentId,
    lifecycle::Status,
    spam::{Field, Finding, FormSignals, Knowledge, PastComment, SpamVerdict, TermSet, Thresholds, assess, verdict},
};

/// Largest number of examples in a result.
pub(super) const EXAMPLES: usize = 10;
/// Number of characters shown before and after a match.
const AROUND: usize = 60;

/// An example comment in the result of a trial.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    pub id: CommentId,
    /// The text around the match, or the start of the content without a match.
    pub text: String,
    pub status: Status,
    pub verdict: SpamVerdict,
    /// Score of rules and terms, without the model.
    pub score: f64,
}

/// Assesses a comment with rules and terms only.
pub(super) fn judged(comment: &PastComment, terms: &TermSet, thresholds: Thresholds) -> (Example, Vec<Finding>) {
    let assessment = assess(&comment.text, &FormSignals::default(), &Knowledge { model: None, terms: Some(terms) });
    let verdict = verdict(&assessment, thresholds);
    let text = surroundings(comment, &assessment.findings);
    let example = Example { id: comment.id, text, status: comment.status, verdict, score: assessment.score };
    (example, assessment.findings)
}

/// Cuts out the text around a finding. A term's finding is preferred to a rule's.
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
