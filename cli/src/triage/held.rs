//! Comments that the moderator has claimed: the first one is on the screen, and the others follow without a round trip.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};

use duyet_proto::v1;

/// A claimed comment.
#[derive(Debug, Clone)]
pub(super) struct HeldComment {
    pub(super) comment: v1::Comment,
    /// The case. Its own field `comment` is empty, because the comment was moved to the field above.
    pub(super) case: v1::ReviewCase,
    /// End of the claim by the local clock. The estimate is never later than the real end.
    pub(super) until: DateTime<Utc>,
    /// True if a colleague has claimed or decided the comment since. A decision is still safe, because it names the
    /// expected revision.
    pub(super) lost: bool,
    /// True if a decision (later reverted, or a colleague's) ended the claim, and no new claim is known.
    pub(super) ended: bool,
}

impl HeldComment {
    pub(super) fn new(mut case: v1::ReviewCase, until: DateTime<Utc>) -> Option<Self> {
        let comment = case.comment.take()?;
        Some(Self { comment, case, until, lost: false, ended: false })
    }
}

/// Claimed comments in display order.
#[derive(Debug, Default)]
pub(super) struct HeldComments {
    cases: VecDeque<HeldComment>,
    /// Skipped comments. They return when no other comment is held, unless their claims end first.
    skipped: VecDeque<HeldComment>,
}

impl HeldComments {
    pub(super) fn current(&self) -> Option<&HeldComment> {
        self.cases.front()
    }

    pub(super) fn current_id(&self) -> Option<&str> {
        self.cases.front().map(|held| held.comment.id.as_str())
    }

    /// Counts the comments after the one on the screen.
    pub(super) fn ready(&self) -> usize {
        self.cases.len().saturating_sub(1)
    }

    pub(super) fn contains(&self, id: &str) -> bool {
        self.cases.iter().any(|held| held.comment.id == id)
    }

    pub(super) fn ids(&self) -> Vec<String> {
        self.cases.iter().chain(&self.skipped).map(|held| held.comment.id.clone()).collect()
    }

    /// Adds a newly claimed comment. If it was skipped, it is no longer skipped.
    pub(super) fn add(&mut self, held: HeldComment) {
        self.skipped.retain(|skipped| skipped.comment.id != held.comment.id);
        self.cases.push_back(held);
    }

    /// Shows a comment on the screen again.
    pub(super) fn bring_back(&mut self, held: HeldComment) {
        self.remove(&held.comment.id);
        self.cases.push_front(held);
    }

    /// Replaces a held comment. A comment that is not held is added after the one on the screen.
    pub(super) fn refresh(&mut self, held: HeldComment) {
        match self.get_mut(&held.comment.id) {
            Some(known) => *known = held,
            None => self.cases.insert(self.cases.len().min(1), held),
        }
    }

    /// Removes the comment on the screen and shows the next one.
    pub(super) fn take(&mut self) -> Option<HeldComment> {
        let held = self.cases.pop_front();
        self.bring_skipped();
        held
    }

    /// Skips the comment on the screen. Returns false if there is no other.
    pub(super) fn skip(&mut self) -> bool {
        let Some(held) = self.cases.pop_front() else { return false };
        let id = held.comment.id.clone();
        self.skipped.push_back(held);
        self.bring_skipped();
        self.current_id() != Some(id.as_str())
    }

    pub(super) fn remove(&mut self, id: &str) {
        self.cases.retain(|held| held.comment.id != id);
        self.skipped.retain(|held| held.comment.id != id);
        self.bring_skipped();
    }

    /// Updates the status and the revision of a comment.
    pub(super) fn revise(&mut self, comment: &v1::Comment) {
        for held in self.cases.iter_mut().filter(|held| held.comment.id == comment.id) {
            held.comment.status = comment.status;
            held.comment.revision = comment.revision;
        }
    }

    pub(super) fn get_mut(&mut self, id: &str) -> Option<&mut HeldComment> {
        self.cases.iter_mut().chain(&mut self.skipped).find(|held| held.comment.id == id)
    }

    /// Returns the comments whose claims to renew, at most `most`: all of them if one claim ends before `until`, else
    /// none. Leaves out lost claims, and comments with an unacknowledged operation (`is_open`).
    pub(super) fn to_renew(&self, until: DateTime<Utc>, most: usize, is_open: impl Fn(&str) -> bool) -> Vec<String> {
        let ours = || self.cases.iter().filter(|held| !held.lost && !is_open(&held.comment.id)).take(most);
        if ours().any(|held| held.until < until) {
            ours().map(|held| held.comment.id.clone()).collect()
        } else {
            vec![]
        }
    }

    /// Counts the comments that must be claimed again before `until`, because a decision ended their claims.
    pub(super) fn to_claim_again(&self, until: DateTime<Utc>, is_open: impl Fn(&str) -> bool) -> usize {
        let is_due = |held: &&HeldComment| held.ended && !held.lost && held.until < until && !is_open(&held.comment.id);
        self.cases.iter().filter(is_due).count()
    }

    /// Extends the claims in `ours`. The other claims in `asked` are lost, and their comments are removed, except the
    /// one on the screen. A claim that a decision ended is not lost while the service still returns other comments
    /// (`is_dry` is false). Returns whether a claim was lost.
    pub(super) fn renewed(&mut self, asked: &[String], ours: &[String], is_dry: bool, until: DateTime<Utc>) -> bool {
        let current = self.current_id().map(str::to_owned);
        let mut some_lost = false;
        for held in &mut self.cases {
            let is_ours = ours.contains(&held.comment.id);
            if is_ours {
                (held.lost, held.ended) = (false, false);
            } else if !asked.contains(&held.comment.id) {
                continue;
            } else if !held.ended || is_dry {
                held.lost = true;
                some_lost = true;
            }
            held.until = held.until.max(until);
        }
        self.cases.retain(|held| !held.lost || Some(&held.comment.id) == current.as_ref());
        some_lost
    }

    /// Removes skipped comments whose claim has ended.
    pub(super) fn expire(&mut self, now: DateTime<Utc>) {
        self.skipped.retain(|held| now < held.until);
    }

    fn bring_skipped(&mut self) {
        if self.cases.is_empty() {
            self.cases.append(&mut self.skipped);
        }
    }
}
