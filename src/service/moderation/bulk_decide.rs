//! One decision on many comments.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::Moderation;
use crate::{
    domain::{
        Error, Result,
        access::Caller,
        decision::{DecisionBatch, DecisionItem, Settled},
        id::CommentId,
        lifecycle::Action,
        reason::Reason,
    },
    keyring::batch_id,
    ops::metric,
    service::{core::page_cache::is_hidden, ids::new_id, request_row::request_row},
};

/// A checked bulk decision.
#[derive(Debug, Clone, Serialize)]
pub struct BulkRequest {
    /// The comments without duplicates, each with the revision that the moderator saw.
    pub items: Vec<(CommentId, i64)>,
    pub action: Action,
    pub reason: Option<Reason>,
    pub note: String,
    /// The idempotency key, which is not part of the payload.
    #[serde(skip)]
    pub request_id: Uuid,
}

/// The results of a bulk decision, in the order of its items. A replay has the comments in their current state.
#[derive(Debug)]
pub struct BulkDecided {
    pub batch: Uuid,
    pub items: Vec<(CommentId, Settled)>,
}

impl Moderation {
    /// Decides each comment independently of the others, by its own revision.
    ///
    /// # Errors
    /// `RequestIdReused`, and those of the store. A problem with one comment is the result of that comment.
    pub async fn bulk_decide(&self, caller: &Caller, request: BulkRequest, now: DateTime<Utc>) -> Result<BulkDecided> {
        let row = request_row(&self.core.keyring, "BulkDecide", caller, &request, request.request_id)?;
        let batch_id = batch_id(&caller.name, row.id);
        let item = |&(comment, expected_revision)| DecisionItem { id: new_id(now), comment, expected_revision };
        let batch = DecisionBatch {
            site: caller.site.clone(),
            action: request.action,
            recorded_as: request.action.into(),
            reason: request.reason,
            note: request.note,
            actor: caller.name.clone(),
            at: now,
            batch: Some(batch_id),
            items: request.items.iter().map(item).collect(),
            request: Some(row),
        };
        let change = self.core.pages.change();
        let settled = self.core.store.decide(&batch).await?;
        change.settle(settled.iter().any(|one| is_hidden(one.comment.as_ref()))).await;
        for one in &settled {
            metric::decided(request.action, outcome(one));
        }
        let items = batch.items.iter().map(|item| item.comment).zip(settled).collect();
        Ok(BulkDecided { batch: batch_id, items })
    }
}

/// Returns the label under which metrics count the result of one item.
fn outcome(settled: &Settled) -> &'static str {
    match &settled.result {
        Ok(answer) if answer.changed => "CHANGED",
        Ok(_) => "UNCHANGED",
        Err(error) => Error::from(error.clone()).reason(),
    }
}
