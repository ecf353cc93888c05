//! The end of retention: erases old comments and deletes old salts, author keys, statistics and change-feed rows.

use chrono::{DateTime, Duration, Utc};

use super::{Maintenance, jobs::Run};
use crate::{
    domain::{
        Result,
        actor::SYSTEM,
        address,
        audit::AuditAction,
        ban,
        privacy::{ERASED_AT_ONCE, Erasure, Outlived},
        stats::kept_since,
    },
    ops::metric,
    service::{clock::Now, ids::new_id},
};

/// Number of change-feed rows that one transaction deletes.
const CHANGES_AT_ONCE: usize = 5_000;

impl Maintenance {
    /// Erases comments whose retention has ended, batch after batch. Deletes old change-feed rows, old statistics,
    /// unused author keys and the salts of months that no ban can refer to any more. The spam model keeps what it
    /// learned.
    pub(super) async fn purge(&self, run: &Run<'_>, clock: Now<'_>) -> Result<bool> {
        let now = clock();
        let retention = self.core.defaults.get().retention;
        let outlived = Outlived::at(now, retention);
        if !self.close_log(run, outlived.spam_before.max(outlived.rejected_before), clock).await? {
            return Ok(false);
        }
        let oldest = ban::recent_months(now).pop().unwrap_or(now);
        let forgotten = self.core.store.forget_salts(run.site, &address::month_of(oldest)).await?;
        if forgotten > 0 {
            tracing::info!(site = %run.site, months = forgotten, "deleted the salts of old address hashes");
        }
        self.core.store.forget_idle_authors(run.site).await?;
        self.core.store.prune_stats(run.site, kept_since(now)).await?;
        if !self.prune_changes(run, now - Duration::days(retention.changes_days), clock).await? {
            return Ok(false);
        }
        loop {
            let purged = self.purge_batch(run, outlived, clock()).await?;
            if purged == 0 {
                return Ok(true);
            }
            if !self.hold(run, clock()).await? {
                return Ok(false);
            }
        }
    }

    /// Deletes change-feed rows older than `before`, batch after batch.
    async fn prune_changes(&self, run: &Run<'_>, before: DateTime<Utc>, clock: Now<'_>) -> Result<bool> {
        while self.core.store.prune_changes(run.site, before, CHANGES_AT_ONCE).await? > 0 {
            if !self.hold(run, clock()).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn purge_batch(&self, run: &Run<'_>, outlived: Outlived, now: DateTime<Utc>) -> Result<u64> {
        let site = run.site;
        let found = self.core.store.outlived(site, &outlived, ERASED_AT_ONCE).await?;
        if found.is_empty() {
            return Ok(0);
        }
        let erasure = Erasure {
            site: site.clone(),
            action: AuditAction::Purge,
            actor: SYSTEM.to_owned(),
            note: String::new(),
            at: now,
            batch: new_id(now),
            items: found.into_iter().map(|comment| (new_id(now), comment)).collect(),
            only: Some(outlived),
            request_id: None,
            remember: None,
        };
        let _change = self.core.pages.change();
        let purged = self.core.store.erase(&erasure).await?;
        tracing::info!(%site, purged, "erased comments whose retention has ended");
        metric::erased(site, AuditAction::Purge, purged);
        Ok(purged)
    }
}
