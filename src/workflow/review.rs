//! What moderators do: the queue, one case, a decision, the audit.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::{Workflow, submit::new_id};
use crate::{
    domain::{
        Error, Result,
        access::Caller,
        audit::{AuditEntry, AuditFilter},
        case::{Case, QueueFilter, QueueOrder},
        decision::{Decided, Decision, Reason},
        id::{CommentId, SiteId},
        lifecycle::Action,
        page::QueuePage,
        request::RequestRow,
    },
    keyring::payload_hash,
    ops::metric,
};

/// A checked request for a page of the queue.
#[derive(Debug, Clone)]
pub struct QueueRequest {
    pub filter: QueueFilter,
    pub order: QueueOrder,
    pub size: usize,
    pub page_token: String,
}

/// A page of the queue.
pub struct QueueList {
    pub cases: Vec<Case>,
    pub next_page_token: String,
    pub total: i64,
}

/// A checked request for a page of the audit.
#[derive(Debug, Clone)]
pub struct AuditRequest {
    pub filter: AuditFilter,
    pub size: usize,
    pub page_token: String,
}

/// A page of the audit.
pub struct AuditList {
    pub entries: Vec<AuditEntry>,
    pub next_page_token: String,
}

/// A checked decision.
#[derive(Debug, Clone, Serialize)]
pub struct DecideRequest {
    pub comment: CommentId,
    pub action: Action,
    pub expected_revision: i64,
    pub reason: Option<Reason>,
    pub note: String,
    /// Not part of the payload.
    #[serde(skip)]
    pub request_id: Uuid,
}

impl Workflow {
    /// A page of the queue.
    ///
    /// # Errors
    /// `PageTokenInvalid`.
    pub async fn list_queue(&self, site: &SiteId, request: &QueueRequest) -> Result<QueueList> {
        let bound_to = (&request.filter, request.order);
        let after = self.open_cursor(site, "ListQueue", &bound_to, &request.page_token)?;
        let page = QueuePage { site, filter: &request.filter, order: request.order, size: request.size, after };
        let page = self.store.list_queue(&page).await?;
        let total = self.store.count_queue(site, &request.filter).await?;
        let next_page_token = self.seal_cursor(site, "ListQueue", &bound_to, page.next)?;
        Ok(QueueList { cases: page.items, next_page_token, total })
    }

    /// One case.
    ///
    /// # Errors
    /// `CommentNotFound`.
    pub async fn get_case(&self, site: &SiteId, id: CommentId) -> Result<Case> {
        self.store.find_case(site, id).await?.ok_or(Error::CommentNotFound(id))
    }

    /// Decides one comment. The actor is the caller, never a field of the request.
    ///
    /// # Errors
    /// `CommentNotFound`, `StaleRevision`, `InvalidTransition`, `RequestIdReused`.
    pub async fn decide(&self, caller: &Caller, request: DecideRequest, now: DateTime<Utc>) -> Result<Decided> {
        let payload = serde_json::to_vec(&(&caller.name, &request)).map_err(Error::internal)?;
        let row = RequestRow {
            id: request.request_id,
            payload_hash: payload_hash("Decide", &payload),
            response: String::new(),
        };
        let action = request.action;
        let decision = Decision {
            id: new_id(now),
            site: caller.site.clone(),
            comment: request.comment,
            action,
            expected_revision: request.expected_revision,
            reason: request.reason,
            note: request.note,
            actor: caller.name.clone(),
            at: now,
            request: Some(row),
        };
        let result = self.store.decide(&decision).await;
        metric::decided(
            action,
            result
                .as_ref()
                .map_or_else(Error::reason, |decided| if decided.verdict.changed { "CHANGED" } else { "UNCHANGED" }),
        );
        result
    }

    /// A page of the audit, newest first.
    ///
    /// # Errors
    /// `PageTokenInvalid`.
    pub async fn list_audit(&self, site: &SiteId, request: &AuditRequest) -> Result<AuditList> {
        let filter = &request.filter;
        let bound_to = (filter.comment, &filter.actor, &filter.action, filter.since, filter.until);
        let after = self.open_cursor(site, "ListAudit", &bound_to, &request.page_token)?;
        let page = self.store.list_audit(site, filter, request.size, after).await?;
        let next_page_token = self.seal_cursor(site, "ListAudit", &bound_to, page.next)?;
        Ok(AuditList { entries: page.items, next_page_token })
    }
}
