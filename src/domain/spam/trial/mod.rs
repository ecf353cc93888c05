//! Terms and rules tried on what people decided: before a term is listed, when somebody asks, and every hour on their own.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    assessment::{Knowledge, assess},
    finding::{Field, Finding, Rule},
    form::FormSignals,
    reading::Reading,
    term_set::TermSet,
    terms::{PastComment, Term, TermState},
};
use crate::domain::{
    id::CommentId,
    lifecycle::Status,
    policy::{self, SpamVerdict, Thresholds},
};

/// Comments that a trial shows.
const EXAMPLES: usize = 10;
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

fn judged(comment: &PastComment, terms: &TermSet, thresholds: Thresholds) -> (Example, Vec<Finding>) {
    let assessment = assess(&comment.text, &FormSignals::default(), &Knowledge { model: None, terms: Some(terms) });
    let verdict = policy::verdict(&assessment, thresholds);
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

/// A term stands down that people overrule: of at least so many comments it stands in that they decided about …
const MIN_DECIDED: usize = 20;
/// … more than so many of 100 were approved.
const MAX_APPROVED_PERCENT: usize = 50;
/// Or it stands in too much: of at least so many comments that came …
const MIN_RECEIVED: usize = 200;
/// … in more than so many of 100.
const MAX_MET_PERCENT: usize = 10;

/// A term that holds too much, and by what figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooBroad {
    pub term: Uuid,
    /// Comments that it stands in: decided about, and of them approved; received, and all received.
    pub decided: usize,
    pub approved: usize,
    pub met: usize,
    pub received: usize,
}

/// Terms in force that hold too much, judged by what came after they were changed last: who puts one in force again has it tried anew.
pub fn too_broad(terms: &[Term], set: &TermSet, decided: &[PastComment], received: &[PastComment]) -> Vec<TooBroad> {
    let (of_decided, of_received) = (Met::of(set, decided), Met::of(set, received));
    let judged = terms.iter().filter(|term| term.state == TermState::Enforce).map(|term| {
        let (decided, approved) = of_decided.since(term.id, term.updated_at);
        let (met, _) = of_received.since(term.id, term.updated_at);
        let received = received.iter().filter(|comment| comment.at > term.updated_at).count();
        TooBroad { term: term.id, decided, approved, met, received }
    });
    judged.filter(TooBroad::stands_down).collect()
}

impl TooBroad {
    const fn stands_down(&self) -> bool {
        let overruled = self.decided >= MIN_DECIDED && self.approved * 100 > self.decided * MAX_APPROVED_PERCENT;
        let everywhere = self.received >= MIN_RECEIVED && self.met * 100 > self.received * MAX_MET_PERCENT;
        overruled || everywhere
    }
}

/// When each term was met, and whether that comment is approved.
struct Met(BTreeMap<Uuid, Vec<(DateTime<Utc>, bool)>>);

impl Met {
    fn of(set: &TermSet, comments: &[PastComment]) -> Self {
        let mut met: BTreeMap<Uuid, Vec<_>> = BTreeMap::new();
        for comment in comments {
            let found = set.find(&Reading::of(&comment.text)).findings;
            let mut terms: Vec<Uuid> = found.iter().filter_map(|finding| finding.term).collect();
            terms.sort_unstable();
            terms.dedup();
            for term in terms {
                met.entry(term).or_default().push((comment.at, comment.status == Status::Approved));
            }
        }
        Self(met)
    }

    /// How often after `since`, and how often in an approved comment.
    fn since(&self, term: Uuid, since: DateTime<Utc>) -> (usize, usize) {
        let met = self.0.get(&term).map_or(&[][..], Vec::as_slice);
        let after = || met.iter().filter(|(at, _)| *at > since);
        (after().count(), after().filter(|(_, approved)| *approved).count())
    }
}

#[cfg(test)]
mod tests;
