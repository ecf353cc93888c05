//! What is erased, and what is kept about a person.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    audit::AuditAction,
    comment::Comment,
    id::{CommentId, SiteId},
    lifecycle::Status,
    pseudonym::Pseudonym,
    reason::Reason,
    request::RequestRow,
};

/// How many days data is kept. The text of comments that are not public is kept from a moderator's last review, or from
/// the submit when there was no review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// Of SPAM: long enough to revert a decision and to learn from it.
    pub spam_days: i64,
    /// Of REJECTED: as long as somebody may ask why.
    pub rejected_days: i64,
    /// Of the change feed's rows: longer than any follower is away.
    pub changes_days: i64,
}

impl Default for Retention {
    fn default() -> Self {
        Self { spam_days: 30, rejected_days: 180, changes_days: 7 }
    }
}

/// Before when what is kept for a time only must have been looked at, or submitted where nobody looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outlived {
    pub spam_before: DateTime<Utc>,
    pub rejected_before: DateTime<Utc>,
}

impl Outlived {
    /// What has outlived its time at `now`.
    pub fn at(now: DateTime<Utc>, retention: Retention) -> Self {
        Self {
            spam_before: now - Duration::days(retention.spam_days),
            rejected_before: now - Duration::days(retention.rejected_days),
        }
    }

    /// Whether the comment has. One with a takedown's clock has not: no job stops it.
    pub fn holds(&self, comment: &Comment) -> bool {
        let before = match comment.status {
            Status::Spam => self.spam_before,
            Status::Rejected => self.rejected_before,
            Status::Pending | Status::Approved | Status::Removed | Status::Erased => return false,
        };
        comment.reviewed_at.unwrap_or(comment.created_at) < before && comment.attention.takedown.is_none()
    }
}

/// How many comments go in one transaction.
pub const ERASED_AT_ONCE: usize = 200;

/// Comments to empty for good. What is already erased is left alone.
#[derive(Debug, Clone)]
pub struct Erasure {
    pub site: SiteId,
    /// [`AuditAction::Erase`], [`AuditAction::Withdraw`] or [`AuditAction::Purge`].
    pub action: AuditAction,
    pub actor: String,
    pub note: String,
    pub at: DateTime<Utc>,
    pub batch: Uuid,
    /// Audit entry and comment.
    pub items: Vec<(Uuid, CommentId)>,
    /// Of them, only what has outlived its time when its turn comes; `None` for all.
    pub only: Option<Outlived>,
    /// The request that asked for it, if one did. Where it is a [`PersonErasure`], that counts what is emptied.
    pub request_id: Option<Uuid>,
    /// Remembered in the same transaction, if anything is emptied; the response is already filled in.
    pub remember: Option<RequestRow>,
}

/// An erasure of all that a person wrote, from its request until nothing is left. It outlives its call and its server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonErasure {
    pub request: Uuid,
    /// Names the audit entries.
    pub batch: Uuid,
    pub actor: String,
    pub note: String,
    /// The person's author keys; none where one comment stands for itself.
    pub authors: Vec<String>,
    /// The person's devices, whose reports go too.
    pub devices: Vec<Pseudonym>,
    /// The comment that stands for itself, or that led to the author: the last to be emptied.
    pub comment: Option<CommentId>,
    /// Erased so far, by all calls and runs together.
    pub progress: ErasureProgress,
    pub started_at: DateTime<Utc>,
    pub is_finished: bool,
}

/// How much an erasure has emptied so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ErasureProgress {
    pub comments: u64,
    pub reports: u64,
}

/// What a reader reported, as far as it is their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FiledReport {
    pub comment: CommentId,
    pub reason: Option<Reason>,
    pub note: String,
    pub created_at: DateTime<Utc>,
}
