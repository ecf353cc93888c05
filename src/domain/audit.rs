//! Entries of the append-only audit, which hold no personal data.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    actor::SYSTEM,
    comment::Attention,
    id::{ArticleId, CommentId},
    lifecycle::{Action, Status},
    reason::Reason,
};

named_enum! {
    /// The kind of change that an audit entry records.
    AuditAction {
        Approve = "APPROVE",
        Reject = "REJECT",
        Spam = "SPAM",
        Requeue = "REQUEUE",
        /// An earlier entry was reverted.
        Revert = "REVERT",
        /// The service rejected a comment because no moderator reviewed it in time.
        Expire = "EXPIRE",
        /// A takedown deadline was set or moved.
        Escalate = "ESCALATE",
        CreateBan = "CREATE_BAN",
        RevokeBan = "REVOKE_BAN",
        UpdateArticle = "UPDATE_ARTICLE",
        UpdateSite = "UPDATE_SITE",
        Lockdown = "LOCKDOWN",
        /// An admin read the hashes that identify a comment's sender.
        RevealSender = "REVEAL_SENDER",
        /// The text was erased because a person asked for it.
        Erase = "ERASE",
        /// The text was erased because its reader withdrew the comment.
        Withdraw = "WITHDRAW",
        /// The text was erased because its retention period was over.
        Purge = "PURGE",
        PutTerm = "PUT_TERM",
        DeleteTerm = "DELETE_TERM",
        /// The service put a term into SHADOW because it matched too many comments.
        StandDownTerm = "STAND_DOWN_TERM",
    }
}

impl From<Action> for AuditAction {
    fn from(action: Action) -> Self {
        match action {
            Action::Approve => Self::Approve,
            Action::Reject => Self::Reject,
            Action::Spam => Self::Spam,
            Action::Requeue => Self::Requeue,
        }
    }
}

impl AuditAction {
    /// Lists the actions that [`super::revert::Target::Last`] considers: all revertible ones except reverts.
    pub fn revertible_as_last() -> impl Iterator<Item = Self> + Clone + Send {
        Self::ALL.iter().copied().filter(|action| action.is_revertible() && *action != Self::Revert)
    }

    pub const fn is_decision(self) -> bool {
        matches!(self, Self::Approve | Self::Reject | Self::Spam | Self::Requeue)
    }

    pub const fn is_revertible(self) -> bool {
        match self {
            Self::Approve
            | Self::Reject
            | Self::Spam
            | Self::Requeue
            | Self::Revert
            | Self::Expire
            | Self::Escalate
            | Self::CreateBan
            | Self::RevokeBan => true,
            Self::UpdateArticle
            | Self::UpdateSite
            | Self::Lockdown
            | Self::RevealSender
            | Self::Erase
            | Self::Withdraw
            | Self::Purge
            | Self::PutTerm
            | Self::DeleteTerm
            | Self::StandDownTerm => false,
        }
    }
}

named_enum! {
    /// Who is responsible for a comment's status. Only a person's approval raises the trust level of its reader.
    Judge {
        /// A person approved this comment alone, by `Decide`.
        Person = "PERSON",
        /// The service rejected the comment because no moderator reviewed it in time.
        System = "SYSTEM",
    }
}

/// The state of a comment before an entry, apart from its status. A revert of the entry restores it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before {
    pub reviewed_at: Option<DateTime<Utc>>,
    pub attention: Attention,
    /// The attention right after the entry. A revert compares it with the present attention to find what was added
    /// later.
    #[serde(default)]
    pub left: Attention,
}

impl Before {
    /// Computes the attention that a revert of the entry gives to a comment that now has `now`. Reports that arrived
    /// after the entry stay open, and the flag that they set stays too.
    pub fn restored(&self, now: &Attention) -> Attention {
        let since = (now.open_reports - self.left.open_reports).max(0);
        let flagged_since = now.flagged_at.filter(|_| since > 0);
        Attention {
            flagged_at: self.attention.flagged_at.or(flagged_since),
            reports: now.reports,
            open_reports: self.attention.open_reports + since,
            takedown: self.attention.takedown,
        }
    }
}

/// One entry of the audit.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    pub id: Uuid,
    pub at: DateTime<Utc>,
    /// Name of the token that made the change, or [`SYSTEM`].
    pub actor: String,
    pub action: AuditAction,
    pub comment: Option<CommentId>,
    pub article: Option<ArticleId>,
    /// `None` if the entry is not about a comment's status, such as one about a ban or a policy.
    pub from_status: Option<Status>,
    /// `None` if the entry is not about a comment's status, such as one about a ban or a policy.
    pub to_status: Option<Status>,
    /// Revision of the comment, article or site after the change.
    pub revision: i64,
    pub reason: Option<Reason>,
    pub note: String,
    pub request_id: Option<Uuid>,
    /// The batch that the entry belongs to.
    pub batch: Option<Uuid>,
    /// The entry that this one reverts.
    pub reverts: Option<Uuid>,
    pub ban: Option<Uuid>,
    pub before: Option<Before>,
}

impl AuditEntry {
    /// Creates an entry with only an id, an action, an actor and a time.
    pub fn new(id: Uuid, action: AuditAction, actor: &str, at: DateTime<Utc>) -> Self {
        Self {
            id,
            at,
            actor: actor.to_owned(),
            action,
            comment: None,
            article: None,
            from_status: None,
            to_status: None,
            revision: 0,
            reason: None,
            note: String::new(),
            request_id: None,
            batch: None,
            reverts: None,
            ban: None,
            before: None,
        }
    }

    /// Returns who is recorded as responsible for the comment's status after this entry.
    ///
    /// Only a person's approval of this comment alone makes them responsible, also when it confirms a public comment.
    /// Batches (`BulkDecide`, `ApprovePending`, bans) and reverts never do.
    pub fn judge(&self) -> Option<Judge> {
        match self.action {
            AuditAction::Approve if self.batch.is_none() && self.actor != SYSTEM => Some(Judge::Person),
            AuditAction::Expire => Some(Judge::System),
            _ => None,
        }
    }

    /// Checks whether [`judge`](Self::judge) replaces the recorded value. `look_changed` is true if the entry changed
    /// whether or when a moderator reviewed the comment.
    pub fn replaces_judge(&self, look_changed: bool) -> bool {
        let is_revert = self.action == AuditAction::Revert && look_changed;
        self.judge().is_some() || self.from_status != self.to_status || is_revert
    }
}

/// A filter of audit entries. All set conditions must match (AND).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct AuditFilter {
    pub comment: Option<CommentId>,
    pub article: Option<ArticleId>,
    pub actor: Option<String>,
    pub action: Option<AuditAction>,
    pub batch: Option<Uuid>,
    pub ban: Option<Uuid>,
    pub since: Option<DateTime<Utc>>,
    pub until: Option<DateTime<Utc>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reported(open_reports: i32, flagged: bool) -> Attention {
        let flagged_at = flagged.then_some(DateTime::UNIX_EPOCH);
        Attention { flagged_at, reports: 9, open_reports, takedown: None }
    }

    fn restored(before: Attention, left: Attention, now: &Attention) -> Attention {
        Before { reviewed_at: None, attention: before, left }.restored(now)
    }

    #[test]
    fn reports_after_the_entry_are_added_to_those_before_it() {
        assert_eq!(restored(reported(3, true), reported(0, false), &reported(2, false)), reported(5, true));
        assert_eq!(restored(reported(0, false), reported(0, false), &reported(4, true)), reported(4, true));
    }

    #[test]
    fn only_a_single_decision_by_a_person_makes_them_responsible_for_the_status() {
        let entry = |action, from, to| AuditEntry {
            from_status: Some(from),
            to_status: Some(to),
            ..AuditEntry::new(Uuid::nil(), action, "minh", DateTime::UNIX_EPOCH)
        };
        let judged = |entry: &AuditEntry, look_changed| (entry.replaces_judge(look_changed), entry.judge());
        let approval = entry(AuditAction::Approve, Status::Pending, Status::Approved);
        assert_eq!(judged(&approval, true), (true, Some(Judge::Person)));
        let look = entry(AuditAction::Approve, Status::Approved, Status::Approved);
        assert_eq!(judged(&look, true), (true, Some(Judge::Person)));
        let in_a_batch = |entry: &AuditEntry| AuditEntry { batch: Some(Uuid::max()), ..entry.clone() };
        assert_eq!(judged(&in_a_batch(&approval), true), (true, None));
        assert_eq!(judged(&in_a_batch(&look), true), (false, None), "the recorded judge is kept");
        assert_eq!(judged(&AuditEntry { actor: SYSTEM.into(), ..approval }, true), (true, None));
        let back = entry(AuditAction::Revert, Status::Removed, Status::Approved);
        assert_eq!(judged(&back, true), (true, None), "a revert makes no one responsible");
        assert_eq!(judged(&entry(AuditAction::Revert, Status::Approved, Status::Approved), true), (true, None));
        assert_eq!(judged(&entry(AuditAction::Escalate, Status::Approved, Status::Approved), false), (false, None));
        let expired = in_a_batch(&entry(AuditAction::Expire, Status::Pending, Status::Rejected));
        assert_eq!(judged(&expired, true), (true, Some(Judge::System)));
    }

    #[test]
    fn reports_that_the_entry_left_open_are_not_counted_twice() {
        assert_eq!(restored(reported(2, false), reported(2, true), &reported(2, true)), reported(2, false));
        assert_eq!(restored(reported(0, false), reported(3, true), &reported(3, true)), reported(0, false));
    }
}
