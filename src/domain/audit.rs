//! Entries of the append-only audit. No personal data in them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    comment::Attention,
    decision::{Judge, Reason},
    id::{ArticleId, CommentId},
    lifecycle::{Action, Status},
};

/// Who acts when no token does. No token may have this name.
pub const SYSTEM: &str = "system";

named_enum! {
    /// What was done.
    AuditAction {
        Approve = "APPROVE",
        Reject = "REJECT",
        Spam = "SPAM",
        Requeue = "REQUEUE",
        /// An entry was taken back.
        Revert = "REVERT",
        /// Nobody reviewed it in time.
        Expire = "EXPIRE",
        /// A takedown clock was started or moved.
        Escalate = "ESCALATE",
        CreateBan = "CREATE_BAN",
        RevokeBan = "REVOKE_BAN",
        UpdateArticle = "UPDATE_ARTICLE",
        UpdateSite = "UPDATE_SITE",
        Lockdown = "LOCKDOWN",
        /// An admin looked at the hashes behind a comment.
        RevealSender = "REVEAL_SENDER",
        /// A person asked for it: the text is gone.
        Erase = "ERASE",
        /// Its reader took it back: the text is gone.
        Withdraw = "WITHDRAW",
        /// Its time was over: the text is gone.
        Purge = "PURGE",
        PutTerm = "PUT_TERM",
        DeleteTerm = "DELETE_TERM",
        /// A term held too much, and is on trial again.
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
    /// What "take back my last deed" looks for: all that can be taken back but the taking back itself.
    pub fn deeds() -> impl Iterator<Item = Self> + Clone + Send {
        Self::ALL.iter().copied().filter(|action| action.is_revertible() && *action != Self::Revert)
    }

    /// True for what [`super::revert::Revert`] can take back.
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

/// What was on a comment before an entry, beyond its status: what taking the entry back restores.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before {
    pub reviewed_at: Option<DateTime<Utc>>,
    pub attention: Attention,
    /// What the entry made of the attention: what differs from it now came since.
    #[serde(default)]
    pub left: Attention,
}

impl Before {
    /// The attention that taking the entry back restores on a comment that has `now`. Reports that came since stay open, and so does
    /// what they flagged.
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

/// One line.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    pub id: Uuid,
    pub at: DateTime<Utc>,
    /// Name of the token that acted, or [`SYSTEM`].
    pub actor: String,
    pub action: AuditAction,
    pub comment: Option<CommentId>,
    pub article: Option<ArticleId>,
    /// `None` where no comment was changed.
    pub from_status: Option<Status>,
    /// `None` where no comment was changed.
    pub to_status: Option<Status>,
    /// Revision after the change.
    pub revision: i64,
    pub reason: Option<Reason>,
    pub note: String,
    pub request_id: Option<Uuid>,
    /// What it was done together with.
    pub batch: Option<Uuid>,
    /// The entry that this one took back.
    pub reverts: Option<Uuid>,
    pub ban: Option<Uuid>,
    pub before: Option<Before>,
}

impl AuditEntry {
    /// An entry that says only who did what and when.
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

    /// Returns who is recorded as having brought the comment where this entry puts it; the outer `None` leaves what is recorded.
    ///
    /// Only a person's decision on this very comment counts as a [`Judge::Person`], also when it confirms a comment that was public
    /// before. Batches (`BulkDecide`, `ApprovePending`, bans) and reverts never do. `look_changed` says that the entry changed whether or
    /// when a moderator looked at the comment.
    pub fn judgement(&self, look_changed: bool) -> Option<Option<Judge>> {
        let moved = self.from_status != self.to_status;
        match self.action {
            AuditAction::Approve if self.batch.is_none() && self.actor != SYSTEM => Some(Some(Judge::Person)),
            AuditAction::Expire => Some(Some(Judge::System)),
            AuditAction::Revert if look_changed => Some(None),
            _ => moved.then_some(None),
        }
    }
}

/// Which entries. Conditions add up.
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
    fn reports_that_came_since_are_added_to_those_that_were_open() {
        assert_eq!(restored(reported(3, true), reported(0, false), &reported(2, false)), reported(5, true));
        assert_eq!(restored(reported(0, false), reported(0, false), &reported(4, true)), reported(4, true));
    }

    #[test]
    fn only_a_persons_own_decision_vouches_for_a_comment() {
        let entry = |action, from, to| AuditEntry {
            from_status: Some(from),
            to_status: Some(to),
            ..AuditEntry::new(Uuid::nil(), action, "minh", DateTime::UNIX_EPOCH)
        };
        let approval = entry(AuditAction::Approve, Status::Pending, Status::Approved);
        assert_eq!(approval.judgement(true), Some(Some(Judge::Person)));
        let look = entry(AuditAction::Approve, Status::Approved, Status::Approved);
        assert_eq!(look.judgement(true), Some(Some(Judge::Person)));
        let in_a_batch = |entry: &AuditEntry| AuditEntry { batch: Some(Uuid::max()), ..entry.clone() };
        assert_eq!(in_a_batch(&approval).judgement(true), Some(None));
        assert_eq!(in_a_batch(&look).judgement(true), None, "what a person said before stays");
        assert_eq!(AuditEntry { actor: SYSTEM.into(), ..approval.clone() }.judgement(true), Some(None));
        let back = entry(AuditAction::Revert, Status::Removed, Status::Approved);
        assert_eq!(back.judgement(true), Some(None), "a revert raises no trust");
        assert_eq!(entry(AuditAction::Revert, Status::Approved, Status::Approved).judgement(true), Some(None));
        assert_eq!(entry(AuditAction::Escalate, Status::Approved, Status::Approved).judgement(false), None);
        let expired =
            AuditEntry { batch: Some(Uuid::max()), ..entry(AuditAction::Expire, Status::Pending, Status::Rejected) };
        assert_eq!(expired.judgement(true), Some(Some(Judge::System)));
    }

    #[test]
    fn what_the_entry_left_open_is_not_counted_twice() {
        assert_eq!(restored(reported(2, false), reported(2, true), &reported(2, true)), reported(2, false));
        assert_eq!(restored(reported(0, false), reported(3, true), &reported(3, true)), reported(0, false));
    }
}
