//! Erasure and retention of personal data.

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

/// Retention periods in days. The text of a comment that is not public is kept from a moderator's last review, or from
/// the submit if there was no review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// Days after which the text of a comment with status SPAM is erased, 1 to 3650. Leave enough time to revert
    /// decisions and to train the model.
    pub spam_days: i64,
    /// Days after which the text of a comment with status REJECTED is erased, 1 to 3650. Leave readers enough time to
    /// ask for the reason.
    pub rejected_days: i64,
    /// Days after which rows of the change feed are deleted, 1 to 365. Must be longer than any consumer may be
    /// offline.
    pub changes_days: i64,
}

impl Default for Retention {
    fn default() -> Self {
        Self { spam_days: 30, rejected_days: 180, changes_days: 7 }
    }
}

/// Cut-off times of the retention periods. A comment exceeds its period if its last review is earlier than the cut-off,
/// or its submit if there was no review.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outlived {
    pub spam_before: DateTime<Utc>,
    pub rejected_before: DateTime<Utc>,
}

impl Outlived {
    /// Computes the times for an erasure at `now`.
    pub fn at(now: DateTime<Utc>, retention: Retention) -> Self {
        Self {
            spam_before: now - Duration::days(retention.spam_days),
            rejected_before: now - Duration::days(retention.rejected_days),
        }
    }

    /// Checks whether the comment exceeds its retention period. A comment with a running takedown deadline does not,
    /// so that no maintenance job ends the takedown.
    pub fn holds(&self, comment: &Comment) -> bool {
        let before = match comment.status {
            Status::Spam => self.spam_before,
            Status::Rejected => self.rejected_before,
            Status::Pending | Status::Approved | Status::Removed | Status::Erased => return false,
        };
        comment.reviewed_at.unwrap_or(comment.created_at) < before && comment.attention.takedown.is_none()
    }
}

/// Largest number of comments that one transaction erases.
pub const ERASED_AT_ONCE: usize = 200;

/// Comments whose texts are to be erased. Comments that are already erased stay unchanged.
#[derive(Debug, Clone)]
pub struct Erasure {
    pub site: SiteId,
    /// [`AuditAction::Erase`], [`AuditAction::Withdraw`] or [`AuditAction::Purge`].
    pub action: AuditAction,
    pub actor: String,
    pub note: String,
    pub at: DateTime<Utc>,
    pub batch: Uuid,
    /// Pairs of the id of an audit entry and the comment that it is for.
    pub items: Vec<(Uuid, CommentId)>,
    /// If set, an item is erased only if its comment exceeds its retention period at that time. `None` erases all
    /// items.
    pub only: Option<Outlived>,
    /// The request that asked for the erasure, if there is one. If it started a [`PersonErasure`], the erased comments
    /// are added to its progress.
    pub request_id: Option<Uuid>,
    /// Idempotency record to store in the same transaction if a comment is erased. Its response is already filled in.
    pub remember: Option<RequestRow>,
}

/// An erasure of all comments of a person. It is stored, so that it continues after its call ends or its server stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonErasure {
    pub request: Uuid,
    /// Id of the batch that all audit entries belong to.
    pub batch: Uuid,
    pub actor: String,
    pub note: String,
    /// The person's author keys. Empty if the erasure is of one comment only.
    pub authors: Vec<String>,
    /// The person's devices, whose reports are erased too.
    pub devices: Vec<Pseudonym>,
    /// The only comment to erase, or the one that identified the author. It is erased last.
    pub comment: Option<CommentId>,
    /// Numbers of erased rows so far, of all calls and background runs together.
    pub progress: ErasureProgress,
    pub started_at: DateTime<Utc>,
    pub is_finished: bool,
}

/// Numbers of rows that an erasure has erased so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ErasureProgress {
    pub comments: u64,
    pub reports: u64,
}

/// A report that a reader made, without data of other people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FiledReport {
    pub comment: CommentId,
    pub reason: Option<Reason>,
    pub note: String,
    pub created_at: DateTime<Utc>,
}
