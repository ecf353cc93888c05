//! Terms that hold too much.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::domain::{
    lifecycle::Status,
    spam::{PastComment, Reading, Term, TermSet, TermState},
};

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
