//! The audit.

use serde::Serialize;

use super::{present, rfc3339};
use crate::names;
use duyet_proto::v1;

#[derive(Debug, Serialize)]
pub(crate) struct AuditEntry {
    id: String,
    at: Option<String>,
    actor: String,
    action: String,
    comment_id: Option<String>,
    article_id: Option<String>,
    from_status: Option<&'static str>,
    to_status: Option<&'static str>,
    revision: i64,
    reason: Option<&'static str>,
    note: String,
    request_id: String,
    batch_id: Option<String>,
    reverts: Option<String>,
    ban_id: Option<String>,
}

/// A page of the audit.
#[derive(Debug, Serialize)]
pub(crate) struct Audit {
    pub(crate) entries: Vec<AuditEntry>,
    pub(crate) next_page_token: Option<String>,
}

impl From<v1::AuditEntry> for AuditEntry {
    fn from(entry: v1::AuditEntry) -> Self {
        Self {
            at: rfc3339(entry.at.as_ref()),
            from_status: names::status(entry.from_status),
            to_status: names::status(entry.to_status),
            reason: names::reason(entry.reason),
            id: entry.id,
            actor: entry.actor,
            action: entry.action,
            comment_id: present(entry.comment_id),
            article_id: present(entry.article_id),
            revision: entry.revision,
            note: entry.note,
            request_id: entry.request_id,
            batch_id: present(entry.batch_id),
            reverts: present(entry.reverts),
            ban_id: present(entry.ban_id),
        }
    }
}
