//! Demands that a comment be taken down.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::Moderation;
use crate::{
    domain::{
        Error, Result,
        access::Caller,
        audit::{AuditAction, AuditEntry},
        comment::{Takedown, TakedownKind},
        id::CommentId,
        report::{Escalated, Escalation},
    },
    ops::metric,
    service::{ids::new_id, request_row::request_row},
};

/// A checked demand.
#[derive(Debug, Clone, Serialize)]
pub struct EscalateRequest {
    pub comment: CommentId,
    pub kind: TakedownKind,
    /// `None` means the kind's own term.
    pub due_at: Option<DateTime<Utc>>,
    pub note: String,
    /// Not part of the payload.
    #[serde(skip)]
    pub request_id: Uuid,
}

impl Moderation {
    /// Starts, or moves, a comment's takedown clock. The actor is the caller.
    ///
    /// # Errors
    /// `CommentNotFound`, `NotRevertible` for an erased one, `RequestIdReused`.
    pub async fn escalate(&self, caller: &Caller, request: EscalateRequest, now: DateTime<Utc>) -> Result<Escalated> {
        let row = request_row(&self.core.keyring, "Escalate", caller, &request, request.request_id)?;
        let entry = AuditEntry::new(new_id(now), AuditAction::Escalate, &caller.name, now);
        let escalation = Escalation {
            site: caller.site.clone(),
            comment: request.comment,
            takedown: Takedown::starting(request.kind, request.due_at, now),
            entry: AuditEntry { note: request.note, ..entry },
            request: Some(row),
        };
        let _change = self.core.pages.change();
        let result = self.core.store.escalate(&escalation).await;
        metric::escalated(request.kind, result.as_ref().map_or_else(Error::reason, |_| "ESCALATED"));
        result
    }
}
