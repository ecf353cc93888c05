//! Shows an admin the hashes behind a comment.

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use super::Privacy;
use crate::{
    domain::{
        Error, Result,
        access::Caller,
        audit::{AuditAction, AuditEntry, AuditFilter},
        id::CommentId,
        request::REQUEST_HOURS,
        submission::SenderTrace,
    },
    service::ids::new_id,
};

/// Maximum number of earlier reveals, of one comment by one admin, that are searched for a resend.
const LOOKS: usize = 100;

/// A checked request to see who sent a comment.
#[derive(Debug, Clone)]
pub struct RevealRequest {
    pub comment: CommentId,
    /// Why it is needed.
    pub note: String,
    pub request_id: Uuid,
}

impl Privacy {
    /// Returns the hashes behind a comment and the id of this call's audit entry. The entry is durable before
    /// anything is returned. A resend writes no second entry.
    ///
    /// # Errors
    /// `CommentNotFound`.
    pub async fn reveal_sender(
        &self,
        caller: &Caller,
        request: RevealRequest,
        now: DateTime<Utc>,
    ) -> Result<(SenderTrace, Uuid)> {
        let (site, id) = (&caller.site, request.comment);
        let _flight = self.core.requests.enter(site, request.request_id).await;
        let comment = self.core.store.find_comment(site, id).await?.ok_or(Error::CommentNotFound(id))?;
        let trace = self.core.store.find_sender(site, id).await?.ok_or(Error::CommentNotFound(id))?;
        if let Some(look) = self.earlier_look(caller, &request, now).await? {
            return Ok((trace, look));
        }
        let entry = AuditEntry {
            comment: Some(id),
            article: Some(comment.article),
            revision: comment.revision,
            note: request.note,
            request_id: Some(request.request_id),
            ..AuditEntry::new(new_id(now), AuditAction::RevealSender, &caller.name, now)
        };
        self.core.store.record(site, &entry).await?;
        Ok((trace, entry.id))
    }

    /// Returns the audit entry that the same request wrote before.
    async fn earlier_look(&self, caller: &Caller, request: &RevealRequest, now: DateTime<Utc>) -> Result<Option<Uuid>> {
        let filter = AuditFilter {
            comment: Some(request.comment),
            actor: Some(caller.name.clone()),
            action: Some(AuditAction::RevealSender),
            since: Some(now - Duration::hours(REQUEST_HOURS)),
            ..AuditFilter::default()
        };
        let looks = self.core.store.list_audit(&caller.site, &filter, LOOKS, None).await?;
        let same = |entry: &&AuditEntry| entry.request_id == Some(request.request_id) && entry.note == request.note;
        Ok(looks.items.iter().find(same).map(|entry| entry.id))
    }
}
