//! The last change of a comment's status.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{id::CommentId, lifecycle::Status};

/// The last change of a comment's status: who made it, when, and to which revision. A moderator whose expected revision
/// is stale receives it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LastChange {
    pub comment: CommentId,
    /// Audit row of the last change; `None` if no moderator has decided yet.
    pub decision: Option<Uuid>,
    pub status: Status,
    pub revision: i64,
    /// Empty if no moderator has decided yet.
    pub actor: String,
    pub at: DateTime<Utc>,
}
