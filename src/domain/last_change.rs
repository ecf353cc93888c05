//! The last change of a comment.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{id::CommentId, lifecycle::Status};

/// The last change of a comment's status: by whom, when and to which revision. A moderator whose expected revision is stale gets it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LastChange {
    pub comment: CommentId,
    /// Audit row of the last change; `None` when nobody decided yet.
    pub decision: Option<Uuid>,
    pub status: Status,
    pub revision: i64,
    /// Empty when nobody decided yet.
    pub actor: String,
    pub at: DateTime<Utc>,
}
