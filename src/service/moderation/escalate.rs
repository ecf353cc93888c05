//! Takedowns, which are demands with a deadline that a comment be removed.

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

/// A checked request for a takedown.
#[derive(Debug, Clone, Serialize)]
pub struct EscalateRequest {
    pub comment: CommentId,
    pub kind: TakedownKind,
    /// The deadline. `None` means the default deadline of the kind.
    pub due_at: Option<DateTime<Utc>>,
    pub note: String,
    /// The idempotency key, which is not part of the payload.
    #[serde(skip)]
    pub request_id: Uuid,
}

impl Moderation {
    /// Starts a comment's takedown or changes its deadline. The actor is the caller.
    ///
    /// # Errors
    /// `CommentNotFound`, `NotRevertible` for an erased comment, `RequestIdReused`, and those of the store.
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
