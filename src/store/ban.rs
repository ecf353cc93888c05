//! Computes what a new ban writes. Both databases share this code.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::{
    Error, Result,
    audit::{AuditAction, AuditEntry},
    ban::{Along, Ban, BanMade, BanSubject, NewBan},
    comment::Comment,
    decision::{DecisionAnswer, DecisionBatch, DecisionItem, MAX_ITEMS, Settled},
    id::CommentId,
    lifecycle::Action,
    page::Cursor,
};

/// Returns the subject of an author ban in the form of the author key of comments.
pub(super) fn author_of(subject: &BanSubject) -> Result<&str> {
    std::str::from_utf8(&subject.key).map_err(Error::internal)
}

/// Number of comments to select for rejection along with a ban: one more than are rejected, which shows whether there
/// are more.
pub(super) const CANDIDATES: usize = MAX_ITEMS + 1;

/// Returns the decision that rejects the comments of the banned subject. Each is given with its revision.
pub(super) fn rejection(new: &NewBan, along: &Along, mut found: Vec<(CommentId, i64)>) -> DecisionBatch {
    found.truncate(MAX_ITEMS);
    let at = new.ban.created_at;
    let item =
        |(nth, (comment, expected_revision))| DecisionItem { id: along.entry_id(nth), comment, expected_revision };
    DecisionBatch {
        site: new.site.clone(),
        action: Action::Reject,
        recorded_as: AuditAction::Reject,
        reason: Some(new.ban.reason),
        note: new.ban.note.clone(),
        actor: new.ban.created_by.clone(),
        at,
        batch: Some(along.batch),
        items: found.into_iter().enumerate().map(item).collect(),
        request: new.request.clone(),
    }
}

/// Returns the result of a new ban. Comments that changed concurrently are left out. If no comment remains, the ban has
/// no batch.
pub(super) fn made(new: &NewBan, mut settled: Vec<Settled>, more: bool) -> BanMade {
    settled.retain(|one| one.result.as_ref().is_ok_and(|answer| answer.changed));
    let batch = new.along.filter(|_| !settled.is_empty()).map(|along| along.batch);
    BanMade { ban: Ban { batch, ..new.ban.clone() }, settled, more }
}

pub(super) fn creation(new: &NewBan, made: &BanMade) -> AuditEntry {
    let Ban { id, reason, note, created_by, created_at, batch, .. } = &made.ban;
    AuditEntry {
        reason: Some(*reason),
        note: note.clone(),
        request_id: new.request.as_ref().map(|request| request.id),
        batch: *batch,
        ban: Some(*id),
        ..AuditEntry::new(*id, AuditAction::CreateBan, created_by, *created_at)
    }
}

/// Returns the ban without its note, for a stored response. A replay reads the note from the ban itself, where an
/// erasure can remove it.
pub(super) fn without_note(ban: &Ban) -> Ban {
    Ban { note: String::new(), ..ban.clone() }
}

/// The response to a new ban as it is stored for replays, without text of readers or moderators.
#[derive(Serialize, Deserialize)]
pub(super) struct Remembered {
    ban: Ban,
    #[serde(rename = "verdicts")]
    answers: Vec<DecisionAnswer>,
    more: bool,
}

impl Remembered {
    pub(super) fn of(made: &BanMade) -> Self {
        let answers = made.settled.iter().filter_map(|one| one.result.clone().ok()).collect();
        Self { ban: without_note(&made.ban), answers, more: made.more }
    }

    pub(super) const fn ban(&self) -> Uuid {
        self.ban.id
    }

    pub(super) fn comments(&self) -> Vec<CommentId> {
        self.answers.iter().map(|answer| answer.last_change.comment).collect()
    }

    /// Returns the first response, with the current comments and the current note of the ban.
    pub(super) fn answer(self, note: String, mut now: impl FnMut(CommentId) -> Option<Comment>) -> BanMade {
        let settled = |answer: DecisionAnswer| Settled { comment: now(answer.last_change.comment), result: Ok(answer) };
        BanMade {
            ban: Ban { note, ..self.ban },
            settled: self.answers.into_iter().map(settled).collect(),
            more: self.more,
        }
    }
}

pub(super) fn revoked(ban: Ban, entry: &AuditEntry) -> Ban {
    Ban { revoked_at: Some(entry.at), revoked_by: entry.actor.clone(), ..ban }
}

pub(super) fn cursor(ban: &Ban) -> Cursor {
    Cursor { at: ban.created_at, id: ban.id, score: 0.0 }
}
