//! Rejects comments that were not reviewed in time. Nothing is deleted: the comments remain readable, and the
//! decision can be reverted.

use chrono::{DateTime, Duration, Utc};

use super::{Maintenance, jobs::Run};
use crate::{
    domain::{
        Result,
        actor::SYSTEM,
        audit::AuditAction,
        decision::{DecisionBatch, DecisionItem, MAX_ITEMS},
        id::SiteId,
        lifecycle::Action,
        reason::Reason,
    },
    ops::metric,
    service::{clock::Now, ids::new_id},
};

impl Maintenance {
    /// Rejects batch after batch until none is left.
    pub(super) async fn expire_pending(&self, run: &Run<'_>, clock: Now<'_>) -> Result<bool> {
        loop {
            let expired = self.expire_batch(run.site, clock()).await?;
            if expired > 0 {
                tracing::info!(site = %run.site, expired, "comments that were not reviewed in time were rejected");
            }
            if expired == 0 {
                return Ok(true);
            }
            if !self.hold(run, clock()).await? {
                return Ok(false);
            }
        }
    }

    /// Rejects the oldest expired comments. Each is rejected at the revision that was read, so a concurrent decision of
    /// a moderator wins.
    async fn expire_batch(&self, site: &SiteId, now: DateTime<Utc>) -> Result<u64> {
        let before = now - Duration::days(self.core.defaults.get().expire_pending_days);
        let forgotten = self.core.store.forgotten_pending(site, before, MAX_ITEMS).await?;
        if forgotten.is_empty() {
            return Ok(0);
        }
        let item = |(comment, expected_revision)| DecisionItem { id: new_id(now), comment, expected_revision };
        let batch = DecisionBatch {
            site: site.clone(),
            action: Action::Reject,
            recorded_as: AuditAction::Expire,
            reason: Some(Reason::Expired),
            note: String::new(),
            actor: SYSTEM.to_owned(),
            at: now,
            batch: Some(new_id(now)),
            items: forgotten.into_iter().map(item).collect(),
            request: None,
        };
        let _change = self.core.pages.change();
        let settled = self.core.store.decide(&batch).await?;
        let changed = settled.iter().filter(|one| one.result.as_ref().is_ok_and(|answer| answer.changed));
        let expired = changed.count() as u64;
        metric::expired(site, expired);
        Ok(expired)
    }
}
