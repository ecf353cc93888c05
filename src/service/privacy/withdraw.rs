//! Withdrawal of one comment by its reader.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::{Privacy, clean_log::try_to_clean_log};
use crate::{
    domain::{
        Error, Result, access::Caller, audit::AuditAction, id::CommentId, lifecycle::Status, privacy::Erasure,
        request::RequestRow, violation::Problem,
    },
    ops::metric,
    service::{ids::new_id, request_row::request_row},
};

/// A checked request to withdraw a comment.
#[derive(Debug, Clone, Serialize)]
pub struct WithdrawRequest {
    pub comment: CommentId,
    /// The receipt that the reader got when the comment was submitted.
    pub receipt: String,
    /// Not part of the payload, whose hash shows whether a resend has the same content.
    #[serde(skip)]
    pub request_id: Uuid,
}

impl Privacy {
    /// Erases a public or pending comment for the reader who holds its receipt. Returns `false` when it was erased
    /// before. Erased comments count for no trust level, so a withdrawal does not lower the reader's trust.
    ///
    /// # Errors
    /// `Invalid` (the receipt is not of this comment), `CommentNotFound`, `InvalidTransition` (a moderator took it down
    /// or rejected it), `RequestIdReused`.
    pub async fn withdraw(&self, caller: &Caller, request: WithdrawRequest, now: DateTime<Utc>) -> Result<bool> {
        let (site, id) = (&caller.site, request.comment);
        let row = request_row(&self.core.keyring, "WithdrawComment", caller, &request, request.request_id)?;
        let _flight = self.core.requests.enter(site, row.id).await;
        let change = self.core.pages.change();
        if let Some(known) = self.core.store.find_request(site, row.id).await? {
            change.settle(true).await;
            return known.replay(&row);
        }
        if self.core.keyring.open_receipt(site, &request.receipt) != Some(id) {
            return Err(Error::invalid("receipt", Problem::UnknownValue));
        }
        let entry = new_id(now);
        let erasure = Erasure {
            site: site.clone(),
            action: AuditAction::Withdraw,
            actor: caller.name.clone(),
            note: String::new(),
            at: now,
            batch: entry,
            items: vec![(entry, id)],
            only: None,
            request_id: Some(row.id),
            remember: Some(RequestRow { response: "true".into(), ..row }),
        };
        if self.core.store.erase(&erasure).await? > 0 {
            try_to_clean_log(&*self.core.store).await;
            change.settle(true).await;
            metric::erased(site, AuditAction::Withdraw, 1);
            return Ok(true);
        }
        match self.core.store.find_comment(site, id).await?.map(|comment| comment.status) {
            None => Err(Error::CommentNotFound(id)),
            Some(Status::Erased) => {
                // The call that erased it may still wait until no replica shows it.
                change.settle(true).await;
                Ok(false)
            }
            Some(from) => Err(Error::InvalidTransition { from, to: Status::Erased }),
        }
    }
}
