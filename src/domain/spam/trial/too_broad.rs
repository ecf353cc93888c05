//! Detection of terms that match too many comments.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::domain::{
    lifecycle::Status,
    spam::{PastComment, Reading, Term, TermSet, TermState},
};

/// Least number of decided matches of a term before the percentage of approved ones is used.
const MIN_DECIDED: usize = 20;
/// A term is too broad if more than this percentage of its decided matches were approved.
const MAX_APPROVED_PERCENT: usize = 50;
/// Least number of received comments before the percentage of matches is used.
const MIN_RECEIVED: usize = 200;
/// A term is too broad if it matches more than this percentage of the received comments.
const MAX_MET_PERCENT: usize = 10;

/// A term that matches too many comments, with the numbers that show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooBroad {
    pub term: Uuid,
    /// Numbers of matching comments that were decided, of approved ones among them, of matching received ones, and of
    /// all received ones.
    pub decided: usize,
    pub approved: usize,
    pub met: usize,
    pub received: usize,
}

/// Finds the enforced terms that match too many comments. Only comments after a term's last change count, so that a
/// term that is enforced again starts a new trial.
pub fn too_broad(terms: &[Term], set: &TermSet, decided: &[PastComment], received: &[PastComment]) -> Vec<TooBroad> {
    let (of_decided, of_received) = (Met::of(set, decided), Met::of(set, received));
    let judged = terms.iter().filter(|term| term.state == TermState::Enforce).map(|term| {
        let (decided, approved) = of_decided.since(term.id, term.updated_at);
        let (met, _) = of_received.since(term.id, term.updated_at);
        let received = received.iter().filter(|comment| comment.at > term.updated_at).count();
        TooBroad { term: term.id, decided, approved, met, received }
    });
    judged.filter(TooBroad::is_too_broad).collect()
}

impl TooBroad {
    const fn is_too_broad(&self) -> bool {
        let overruled = self.decided >= MIN_DECIDED && self.approved * 100 > self.decided * MAX_APPROVED_PERCENT;
        let everywhere = self.received >= MIN_RECEIVED && self.met * 100 > self.received * MAX_MET_PERCENT;
        overruled || everywhere
    }
}

/// The times of the comments that each term matches, and whether each comment is approved.
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

    /// Counts the matching comments and the approved ones among them after `since`.
    fn since(&self, term: Uuid, since: DateTime<Utc>) -> (usize, usize) {
        let met = self.0.get(&term).map_or(&[][..], Vec::as_slice);
        let after = || met.iter().filter(|(at, _)| *at > since);
        (after().count(), after().filter(|(_, approved)| *approved).count())
    }
}
