//! Bans as rows, and what making one writes, worked out once for both databases.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{parse, rows::Read};
use crate::domain::{
    Error, Result,
    audit::{AuditAction, AuditEntry},
    ban::{Along, Ban, BanMade, BanSubject, NewBan},
    comment::Comment,
    decision::{DecisionAnswer, DecisionBatch, DecisionItem, MAX_ITEMS, Settled},
    id::CommentId,
    key::KeyMark,
    lifecycle::Action,
    page::Cursor,
    pseudonym::Pseudonym,
    submission::{Sender, SenderTrace},
};

/// Of `ban_columns!`.
pub(super) fn ban(columns: &mut impl Read) -> Result<Ban> {
    Ok(Ban {
        id: columns.uuid()?,
        kind: parse::named(&columns.text()?)?,
        author: columns.text()?,
        effect: parse::named(&columns.text()?)?,
        reason: parse::named(&columns.text()?)?,
        note: columns.text()?,
        created_by: columns.text()?,
        created_at: columns.time()?,
        expires_at: columns.time()?,
        comment: columns.maybe_uuid()?.map(CommentId),
        batch: columns.maybe_uuid()?,
        revoked_at: columns.maybe_time()?,
        revoked_by: columns.text()?,
    })
}

/// Of `sender_columns!`.
pub(super) fn sender(columns: &mut impl Read) -> Result<SenderTrace> {
    let (device, address, prefix) = (hash(columns)?, hash(columns)?, hash(columns)?);
    let author = columns.text()?;
    let (key, address_key) = (mark(columns)?, mark(columns)?);
    Ok(SenderTrace {
        sender: Sender { device, address, prefix, author, key },
        address_key,
        fingerprint: columns.bytes()?,
        created_at: columns.time()?,
    })
}

fn mark(columns: &mut impl Read) -> Result<Option<KeyMark>> {
    columns.joined(1, |columns| columns.int().map(KeyMark))
}

fn hash(columns: &mut impl Read) -> Result<Option<Pseudonym>> {
    columns.joined(1, Read::bytes)
}

/// The subject of an author ban, as comments have it.
pub(super) fn author_of(subject: &BanSubject) -> Result<&str> {
    std::str::from_utf8(&subject.key).map_err(Error::internal)
}

/// One more than goes along, to know whether there are more.
pub(super) const CANDIDATES: usize = MAX_ITEMS + 1;

/// The decision on the comments that go along, each with its revision.
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

/// The ban with what went along. Comments that moved meanwhile are left out; without any the ban has no batch.
pub(super) fn made(new: &NewBan, mut settled: Vec<Settled>, more: bool) -> BanMade {
    settled.retain(|one| one.result.as_ref().is_ok_and(|answer| answer.changed));
    let batch = new.along.filter(|_| !settled.is_empty()).map(|along| along.batch);
    BanMade { ban: Ban { batch, ..new.ban.clone() }, settled, more }
}

/// The audit entry of a ban made.
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

/// The ban without its note, as a stored response has it: the note is read from the ban itself, where an erasure reaches it.
pub(super) fn without_note(ban: &Ban) -> Ban {
    Ban { note: String::new(), ..ban.clone() }
}

/// What is remembered of a ban made: no text of readers or moderators in it.
#[derive(Serialize, Deserialize)]
pub(super) struct Remembered {
    ban: Ban,
    verdicts: Vec<DecisionAnswer>,
    more: bool,
}

impl Remembered {
    pub(super) fn of(made: &BanMade) -> Self {
        let verdicts = made.settled.iter().filter_map(|one| one.result.clone().ok()).collect();
        Self { ban: without_note(&made.ban), verdicts, more: made.more }
    }

    pub(super) const fn ban(&self) -> Uuid {
        self.ban.id
    }

    pub(super) fn comments(&self) -> Vec<CommentId> {
        self.verdicts.iter().map(|answer| answer.last_change.comment).collect()
    }

    /// The first answer, with the comments and the ban's note as they are now.
    pub(super) fn answer(self, note: String, mut now: impl FnMut(CommentId) -> Option<Comment>) -> BanMade {
        let settled = |answer: DecisionAnswer| Settled { comment: now(answer.last_change.comment), result: Ok(answer) };
        BanMade {
            ban: Ban { note, ..self.ban },
            settled: self.verdicts.into_iter().map(settled).collect(),
            more: self.more,
        }
    }
}

/// The ban after its end by `entry`.
pub(super) fn revoked(ban: Ban, entry: &AuditEntry) -> Ban {
    Ban { revoked_at: Some(entry.at), revoked_by: entry.actor.clone(), ..ban }
}

/// Where a page of bans continues.
pub(super) fn cursor(ban: &Ban) -> Cursor {
    Cursor { at: ban.created_at, id: ban.id, score: 0.0 }
}
