//! Entries of the append-only audit. No personal data in them.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    decision::Reason,
    id::{ArticleId, CommentId},
    lifecycle::Status,
};

/// Name of the audit action that an article change writes.
pub const UPDATE_ARTICLE: &str = "UPDATE_ARTICLE";

/// One line.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    pub id: Uuid,
    pub at: DateTime<Utc>,
    /// Name of the token that acted.
    pub actor: String,
    /// A name of [`super::lifecycle::Action`], or [`UPDATE_ARTICLE`].
    pub action: String,
    pub comment: Option<CommentId>,
    pub article: Option<ArticleId>,
    pub from_status: Option<Status>,
    pub to_status: Option<Status>,
    /// Revision after the change.
    pub revision: i64,
    pub reason: Option<Reason>,
    pub note: String,
    pub request_id: Option<Uuid>,
}

/// Which entries. Conditions add up.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AuditFilter {
    pub comment: Option<CommentId>,
    pub actor: Option<String>,
    pub action: Option<String>,
    pub since: Option<DateTime<Utc>>,
    pub until: Option<DateTime<Utc>>,
}
