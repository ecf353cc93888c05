//! Computes what a revert writes. Both databases share this code.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::outcome::{self, ChangedComment, LastDecision};
use crate::domain::{
    Error, Result,
    audit::{AuditAction, AuditEntry},
    comment::Comment,
    decision::DecisionError,
    id::CommentId,
    lifecycle::Status,
    revert::{Revert, RevertResult, Reverted, Subject},
};

/// The audit entries that a revert names.
pub(super) struct FoundEntries {
    pub(super) entries: Vec<AuditEntry>,
    pub(super) is_batch: bool,
}

/// The state of the entries' subjects, read under their locks.
pub(super) struct RevertState {
    pub(super) comments: HashMap<CommentId, Comment>,
    /// The last entry of each comment.
    pub(super) last: HashMap<CommentId, LastDecision>,
    pub(super) bans: HashMap<Uuid, BanState>,
    /// The entries that were already reverted.
    pub(super) reverted: HashSet<Uuid>,
}

/// The state of a ban that a revert depends on.
pub(super) struct BanState {
    pub(super) expires_at: DateTime<Utc>,
    pub(super) revoked_at: Option<DateTime<Utc>>,
    /// The last audit entry of the ban.
    pub(super) last: Option<Uuid>,
}

/// A changed ban, and the audit entry of the change.
pub(super) struct BanChange {
    pub(super) ban: Uuid,
    pub(super) revoked_at: Option<DateTime<Utc>>,
    pub(super) revoked_by: String,
    pub(super) entry: AuditEntry,
}

/// Everything that a revert writes.
#[derive(Default)]
pub(super) struct Changes {
    pub(super) comments: Vec<ChangedComment>,
    pub(super) bans: Vec<BanChange>,
}

/// A checked revert.
pub(super) struct CheckedRevert<'a> {
    revert: &'a Revert,
    entries: Vec<(Subject, AuditEntry)>,
    batch: Option<Uuid>,
}

impl<'a> CheckedRevert<'a> {
    /// Checks whether the found entries may be reverted. Fails with `AuditEntryNotFound`, `RevertDenied` or
    /// `NotRevertible`.
    pub(super) fn check(revert: &'a Revert, found: FoundEntries) -> Result<Self> {
        if found.entries.is_empty() {
            return Err(Error::AuditEntryNotFound);
        }
        found.entries.iter().try_for_each(|entry| revert.check_allowed(entry))?;
        let subject = |entry: AuditEntry| Subject::of(&entry).map(|subject| (subject, entry));
        let entries: Vec<_> = found.entries.into_iter().filter_map(subject).collect();
        if entries.is_empty() {
            return Err(Error::NotRevertible);
        }
        Ok(Self { revert, entries, batch: found.is_batch.then_some(revert.batch) })
    }

    pub(super) fn entries(&self) -> Vec<Uuid> {
        self.entries.iter().map(|(_, entry)| entry.id).collect()
    }

    pub(super) fn comments(&self) -> Vec<CommentId> {
        self.entries.iter().filter_map(|(subject, _)| subject.comment()).collect()
    }

    pub(super) fn bans(&self) -> Vec<Uuid> {
        self.entries.iter().filter_map(|(subject, _)| subject.ban()).collect()
    }

    pub(super) fn settle(&self, state: &RevertState) -> (RevertResult, Changes) {
        let mut items = Vec::with_capacity(self.entries.len());
        let mut changes = Changes::default();
        for (nth, (subject, entry)) in self.entries.iter().enumerate() {
            items.push(match *subject {
                Subject::Comment(id) => self.comment(nth, id, entry, state, &mut changes),
                Subject::Ban(id) => self.ban(nth, id, entry, state, &mut changes),
            });
        }
        outcome::recount(items.iter_mut().filter_map(|item| item.comment.as_mut()), &changes.comments);
        (RevertResult { batch: self.batch, items }, changes)
    }

    fn comment(
        &self,
        nth: usize,
        id: CommentId,
        entry: &AuditEntry,
        state: &RevertState,
        changes: &mut Changes,
    ) -> Reverted {
        let found = state.comments.get(&id).cloned();
        let result = found.clone().ok_or(DecisionError::CommentNotFound(id)).and_then(|mut comment| {
            let to = judge(entry, &comment, state)?;
            let before = entry.before.clone().unwrap_or_default();
            let attention = before.restored(&comment.attention);
            let entry = outcome::change(&mut comment, to, before.reviewed_at, attention, self.entry(nth, entry));
            Ok(ChangedComment { comment, entry })
        });
        let subject = Subject::Comment(id);
        match result {
            Err(error) => Reverted { subject, comment: found, result: Err(error) },
            Ok(outcome) => {
                let comment = Some(outcome.comment.clone());
                let result = Ok(outcome.entry.id);
                changes.comments.push(outcome);
                Reverted { subject, comment, result }
            }
        }
    }

    fn ban(&self, nth: usize, id: Uuid, entry: &AuditEntry, state: &RevertState, changes: &mut Changes) -> Reverted {
        let result = match state.bans.get(&id) {
            None => Err(DecisionError::NotRevertible),
            // A ban has two states only, so any later entry reverted this one.
            Some(ban) if !is_last(entry, ban) || state.reverted.contains(&entry.id) => {
                Err(DecisionError::AlreadyReverted)
            }
            Some(ban) => {
                let (at, actor) = (self.revert.at, &self.revert.actor);
                let ends = ban.revoked_at.is_none() && at < ban.expires_at;
                let entry = AuditEntry { ban: Some(id), ..self.entry(nth, entry) };
                let made = entry.id;
                changes.bans.push(BanChange {
                    ban: id,
                    revoked_at: ends.then_some(at),
                    revoked_by: if ends { actor.clone() } else { String::new() },
                    entry,
                });
                Ok(made)
            }
        };
        Reverted { subject: Subject::Ban(id), comment: None, result }
    }

    /// Returns the entry that reverts `entry`, without the statuses and the previous state.
    fn entry(&self, nth: usize, entry: &AuditEntry) -> AuditEntry {
        let Revert { actor, at, request, .. } = self.revert;
        AuditEntry {
            comment: entry.comment,
            article: entry.article.clone(),
            request_id: request.as_ref().map(|request| request.id),
            batch: self.batch,
            reverts: Some(entry.id),
            ..AuditEntry::new(self.revert.entry_id(nth), AuditAction::Revert, actor, *at)
        }
    }
}

/// Returns the status that reverting `entry` restores. Only the last entry can be reverted, and only if the comment is
/// in the state in which the entry left it. The second condition is necessary because the clocks of replicas may put
/// two entries of one revision in the wrong order.
fn judge(entry: &AuditEntry, comment: &Comment, state: &RevertState) -> Result<Status, DecisionError> {
    if state.reverted.contains(&entry.id) {
        return Err(DecisionError::AlreadyReverted);
    }
    let Some(from) = entry.from_status.filter(|_| comment.status != Status::Erased) else {
        return Err(DecisionError::NotRevertible);
    };
    let last = state.last.get(&comment.id);
    let left = entry.before.as_ref().and_then(|before| before.left.takedown);
    let untouched = comment.revision == entry.revision
        && Some(comment.status) == entry.to_status
        && comment.attention.takedown == left;
    if untouched && last.is_some_and(|last| last.id == entry.id) {
        Ok(from)
    } else {
        Err(DecisionError::Stale(Box::new(outcome::last_change(comment, last.cloned()))))
    }
}

/// Returns whether the entry is the last one of the ban, and the ban is in the state in which the entry left it.
fn is_last(entry: &AuditEntry, ban: &BanState) -> bool {
    let as_left = match entry.action {
        AuditAction::CreateBan => ban.revoked_at.is_none(),
        AuditAction::RevokeBan => ban.revoked_at.is_some(),
        _ => true,
    };
    as_left && ban.last == Some(entry.id)
}

/// The response to a revert as it is stored for replays, without text.
#[derive(Serialize, Deserialize)]
pub(super) struct Remembered {
    batch: Option<Uuid>,
    items: Vec<(Subject, Result<Uuid, DecisionError>)>,
}

impl Remembered {
    pub(super) fn of(result: &RevertResult) -> Self {
        let items = result.items.iter().map(|item| (item.subject, item.result.clone())).collect();
        Self { batch: result.batch, items }
    }

    pub(super) fn comments(&self) -> Vec<CommentId> {
        self.items.iter().filter_map(|(subject, _)| subject.comment()).collect()
    }

    /// Returns the first response, with the current comments.
    pub(super) fn answer(self, comments: &HashMap<CommentId, Comment>) -> RevertResult {
        let item = |(subject, result): (Subject, _)| {
            let comment = subject.comment().and_then(|id| comments.get(&id).cloned());
            Reverted { subject, comment, result }
        };
        RevertResult { batch: self.batch, items: self.items.into_iter().map(item).collect() }
    }
}
