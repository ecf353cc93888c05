//! Reverts of decisions, bans and batches. A change can be reverted only if nothing changed after it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Error, Result,
    audit::AuditEntry,
    comment::Comment,
    decision::DecisionError,
    id::{CommentId, SiteId},
    request::RequestRow,
};

/// Time in which moderators may revert their own decisions, in hours.
pub const OWN_HOURS: i64 = 24;

/// The entries to revert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Target {
    Entry(Uuid),
    Batch(Uuid),
    /// The actor's newest decision that can be reverted and has not been reverted yet, with its batch.
    Last,
}

/// A revert, as it is passed to the store.
#[derive(Debug, Clone)]
pub struct Revert {
    /// Id of the batch of new entries. Their ids follow it, so it has the timestamp `at` as they do.
    pub batch: Uuid,
    pub site: SiteId,
    pub target: Target,
    pub actor: String,
    /// True for an admin, who may revert decisions of other moderators, and without a time limit.
    pub any: bool,
    pub at: DateTime<Utc>,
    /// Idempotency record for replays. The store fills in its response.
    pub request: Option<RequestRow>,
}

impl Revert {
    /// Checks that the actor may revert `entry`.
    ///
    /// # Errors
    /// [`Error::RevertDenied`] if the entry is too old or another moderator's, and the actor is not an admin.
    pub fn check_allowed(&self, entry: &AuditEntry) -> Result<()> {
        let own = entry.actor == self.actor && entry.at >= self.own_since();
        if self.any || own { Ok(()) } else { Err(Error::RevertDenied) }
    }

    /// Computes the time from which the actor's own decisions may be reverted.
    pub fn own_since(&self) -> DateTime<Utc> {
        self.at - chrono::Duration::hours(OWN_HOURS)
    }

    /// Derives the id of the `nth` new entry of a batch. The ids are ordered, and need no randomness.
    pub const fn entry_id(&self, nth: usize) -> Uuid {
        Uuid::from_u128(self.batch.as_u128() + 1 + nth as u128)
    }
}

/// The subject that a revert changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Subject {
    Comment(CommentId),
    Ban(Uuid),
}

impl Subject {
    pub const fn comment(self) -> Option<CommentId> {
        if let Self::Comment(id) = self { Some(id) } else { None }
    }

    pub const fn ban(self) -> Option<Uuid> {
        if let Self::Ban(id) = self { Some(id) } else { None }
    }

    pub fn of(entry: &AuditEntry) -> Option<Self> {
        if !entry.action.is_revertible() {
            return None;
        }
        match (entry.comment, entry.to_status, entry.ban) {
            (Some(comment), Some(_), _) => Some(Self::Comment(comment)),
            // A ban may name the comment that it was created from.
            (_, None, Some(ban)) => Some(Self::Ban(ban)),
            _ => None,
        }
    }
}

/// The result of a revert.
#[derive(Debug, Clone, PartialEq)]
pub struct RevertResult {
    /// Id of the batch of new entries; `None` if a single entry was reverted.
    pub batch: Option<Uuid>,
    pub items: Vec<Reverted>,
}

/// The result of one item of a revert.
#[derive(Debug, Clone, PartialEq)]
pub struct Reverted {
    pub subject: Subject,
    /// The comment after the revert; `None` for a ban.
    pub comment: Option<Comment>,
    /// Id of the new audit entry.
    pub result: Result<Uuid, DecisionError>,
}

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::*;
    use crate::domain::{audit::AuditAction, id::SiteId, lifecycle::Status};

    fn now() -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + Duration::days(20_000)
    }

    fn revert(any: bool) -> Revert {
        Revert {
            batch: Uuid::from_u128(7),
            site: SiteId::parse("bao-hue").unwrap(),
            target: Target::Last,
            actor: "lan".into(),
            any,
            at: now(),
            request: None,
        }
    }

    fn entry(action: AuditAction, actor: &str, hours: i64) -> AuditEntry {
        AuditEntry::new(Uuid::nil(), action, actor, now() - Duration::hours(hours))
    }

    #[test]
    fn moderators_can_revert_their_own_decisions_for_a_day_and_admins_can_revert_all() {
        for (actor, hours, own) in [("lan", 0, true), ("lan", OWN_HOURS, true), ("lan", 25, false), ("minh", 0, false)]
        {
            let entry = entry(AuditAction::Approve, actor, hours);
            assert_eq!(revert(false).check_allowed(&entry).is_ok(), own, "{actor}, {hours} h ago");
            assert!(revert(true).check_allowed(&entry).is_ok());
        }
    }

    #[test]
    fn a_subject_is_what_the_entry_changed() {
        let comment = CommentId(Uuid::from_u128(1));
        let ban = Uuid::from_u128(2);
        let decided = AuditEntry {
            comment: Some(comment),
            to_status: Some(Status::Spam),
            ban: Some(ban),
            ..entry(AuditAction::Spam, "lan", 0)
        };
        assert_eq!(Subject::of(&decided), Some(Subject::Comment(comment)));
        let banned = AuditEntry { comment: Some(comment), ban: Some(ban), ..entry(AuditAction::CreateBan, "lan", 0) };
        assert_eq!(Subject::of(&banned), Some(Subject::Ban(ban)));
        let looked = AuditEntry { comment: Some(comment), ..entry(AuditAction::RevealSender, "lan", 0) };
        assert_eq!(Subject::of(&looked), None);
        assert_eq!(Subject::of(&entry(AuditAction::UpdateSite, "lan", 0)), None);
    }

    #[test]
    fn new_entries_are_ordered_and_none_has_the_batchs_id() {
        let revert = revert(false);
        assert!(revert.batch < revert.entry_id(0) && revert.entry_id(0) < revert.entry_id(1));
    }
}
