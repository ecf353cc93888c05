//! What moderators do: the queue, one case, a decision, the audit.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::queue_search;
use crate::{
    domain::{
        Error, Result,
        access::Caller,
        audit::{AuditEntry, AuditFilter},
        case::ReviewCase,
        comment::Comment,
        decision::{DecisionAnswer, DecisionBatch, DecisionItem, Settled},
        id::{CommentId, SiteId},
        lifecycle::Action,
        page::QueuePage,
        queue::{QueueFilter, QueueOrder},
        reason::Reason,
    },
    ops::metric,
    service::{
        Workflow,
        ids::new_id,
        page_cache::is_hidden,
        page_token::{open_cursor, seal_cursor},
        request_row::request_row,
    },
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
    pub cases: Vec<ReviewCase>,
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

/// What a lone decision came to. In a replay the comment is as it is now.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    pub answer: DecisionAnswer,
    pub comment: Comment,
}

/// The answer to a batch of one.
fn only(settled: Vec<Settled>) -> Result<Decided> {
    let missing = || Error::internal("a decision without an answer");
    let Settled { comment, result } = settled.into_iter().next().ok_or_else(missing)?;
    Ok(Decided { answer: result?, comment: comment.ok_or_else(missing)? })
}

impl Workflow {
    /// A page of the queue.
    ///
    /// # Errors
    /// `PageTokenInvalid`.
    pub async fn list_queue(&self, site: &SiteId, request: &QueueRequest, now: DateTime<Utc>) -> Result<QueueList> {
        let bound_to = (&request.filter, request.order);
        let after = open_cursor(&self.core.keyring, site, "ListQueue", &bound_to, &request.page_token)?;
        let QueueRequest { filter, order, size, .. } = request;
        let filter = self.in_use(site, filter.clone()).await?;
        let page = QueuePage { site, filter: &filter, order: *order, size: *size, after, until: None, now };
        let total = queue_search::count(&*self.core.store, page.clone()).await?;
        let page = queue_search::list(&*self.core.store, page).await?;
        let next_page_token = seal_cursor(&self.core.keyring, site, "ListQueue", &bound_to, page.next)?;
        Ok(QueueList { cases: page.items, next_page_token, total })
    }

    /// The filter with the author's key in use: the author may have had another one when it was noted down.
    pub(in crate::service) async fn in_use(&self, site: &SiteId, mut filter: QueueFilter) -> Result<QueueFilter> {
        if let Some(author) = &mut filter.author {
            *author = self.core.store.author_keys(site, author).await?.into_iter().next().unwrap_or_default();
        }
        Ok(filter)
    }

    /// One case.
    ///
    /// # Errors
    /// `CommentNotFound`.
    pub async fn get_case(&self, site: &SiteId, id: CommentId, now: DateTime<Utc>) -> Result<ReviewCase> {
        self.core.store.find_case(site, id, now).await?.ok_or(Error::CommentNotFound(id))
    }

    /// Decides one comment. The actor is the caller, never a field of the request.
    ///
    /// # Errors
    /// `CommentNotFound`, `StaleRevision`, `InvalidTransition`, `RequestIdReused`.
    pub async fn decide(&self, caller: &Caller, request: DecideRequest, now: DateTime<Utc>) -> Result<Decided> {
        let row = request_row(&self.core.keyring, "Decide", caller, &request, request.request_id)?;
        let action = request.action;
        let item =
            DecisionItem { id: new_id(now), comment: request.comment, expected_revision: request.expected_revision };
        let batch = DecisionBatch {
            site: caller.site.clone(),
            action,
            recorded_as: action.into(),
            reason: request.reason,
            note: request.note,
            actor: caller.name.clone(),
            at: now,
            batch: None,
            items: vec![item],
            request: Some(row),
        };
        let change = self.core.pages.change();
        let result = self.core.store.decide(&batch).await.and_then(only);
        change.settle(result.as_ref().is_ok_and(|decided| is_hidden(Some(&decided.comment)))).await;
        let outcome = |decided: &Decided| if decided.answer.changed { "CHANGED" } else { "UNCHANGED" };
        metric::decided(action, result.as_ref().map_or_else(Error::reason, outcome));
        result
    }

    /// A page of the audit, newest first.
    ///
    /// # Errors
    /// `PageTokenInvalid`.
    pub async fn list_audit(&self, site: &SiteId, request: &AuditRequest) -> Result<AuditList> {
        let filter = &request.filter;
        let after = open_cursor(&self.core.keyring, site, "ListAudit", filter, &request.page_token)?;
        let page = self.core.store.list_audit(site, filter, request.size, after).await?;
        let next_page_token = seal_cursor(&self.core.keyring, site, "ListAudit", filter, page.next)?;
        Ok(AuditList { entries: page.items, next_page_token })
    }
}
