//! Reverts of decisions, bans and batches.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::Moderation;
use crate::{
    domain::{
        Error, Result,
        access::{Caller, Role},
        revert::{Revert, RevertResult, Target},
    },
    ops::metric,
    service::{core::page_cache::is_hidden, ids::new_id, request_row::request_row},
};

/// A checked request for a revert.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct RevertRequest {
    pub target: Target,
    /// The idempotency key, which is not part of the payload.
    #[serde(skip)]
    pub request_id: Uuid,
}

impl Moderation {
    /// Reverts one entry, a batch, or the caller's last decision. Admins may revert entries of any moderator and any
    /// age.
    ///
    /// # Errors
    /// `AuditEntryNotFound`, `RevertDenied`, `NotRevertible`, `RequestIdReused`, and those of the store. A problem with
    /// one item is the result of that item.
    pub async fn revert(&self, caller: &Caller, request: RevertRequest, now: DateTime<Utc>) -> Result<RevertResult> {
        let row = request_row(&self.core.keyring, "Revert", caller, &request, request.request_id)?;
        let revert = Revert {
            batch: new_id(now),
            site: caller.site.clone(),
            target: request.target,
            actor: caller.name.clone(),
            any: caller.role == Role::Admin,
            at: now,
            request: Some(row),
        };
        let change = self.core.pages.change();
        let result = self.core.store.revert(&revert).await;
        let hides = |result: &RevertResult| result.items.iter().any(|item| is_hidden(item.comment.as_ref()));
        change.settle(result.as_ref().is_ok_and(hides)).await;
        match &result {
            Err(error) => metric::reverted(error.reason()),
            Ok(result) => {
                let reason = |error: &crate::domain::decision::DecisionError| Error::from(error.clone()).reason();
                let outcomes = result.items.iter().map(|item| item.result.as_ref().err().map_or("REVERTED", reason));
                outcomes.for_each(metric::reverted);
            }
        }
        result
    }
}
