//! One decision on one comment.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::Moderation;
use crate::{
    domain::{
        Error, Result,
        access::Caller,
        comment::Comment,
        decision::{DecisionAnswer, DecisionBatch, DecisionItem, Settled},
        id::CommentId,
        lifecycle::Action,
        reason::Reason,
    },
    ops::metric,
    service::{core::page_cache::is_hidden, ids::new_id, request_row::request_row},
};

/// A checked decision.
#[derive(Debug, Clone, Serialize)]
pub struct DecideRequest {
    pub comment: CommentId,
    pub action: Action,
    pub expected_revision: i64,
    pub reason: Option<Reason>,
    pub note: String,
    /// The idempotency key, which is not part of the payload.
    #[serde(skip)]
    pub request_id: Uuid,
}

/// The result of a decision on one comment. A replay has the comment in its current state.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    pub answer: DecisionAnswer,
    pub comment: Comment,
}

fn only(settled: Vec<Settled>) -> Result<Decided> {
    let missing = || Error::internal("a decision without an answer");
    let Settled { comment, result } = settled.into_iter().next().ok_or_else(missing)?;
    Ok(Decided { answer: result?, comment: comment.ok_or_else(missing)? })
}

impl Moderation {
    /// Decides one comment. The actor is the caller, never a field of the request.
    ///
    /// # Errors
    /// `CommentNotFound`, `StaleRevision`, `InvalidTransition`, `RequestIdReused`, and those of the store.
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
}
