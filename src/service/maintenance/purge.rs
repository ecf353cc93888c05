//! Emptying what was kept long enough, and forgetting whose old hashes of addresses were.

use chrono::{DateTime, Utc};

use super::{Maintenance, jobs::Run};
use crate::{
    domain::{
        Result,
        actor::SYSTEM,
        address,
        audit::AuditAction,
        ban,
        privacy::{ERASED_AT_ONCE, Erasure, Outlived},
    },
    ops::metric,
    service::{clock::Now, ids::new_id},
};

impl Maintenance {
    /// Empties batch after batch until nothing is left that was kept long enough, and forgets the salts of months that no ban can be about
    /// any more. What spam taught stays learned. `false` when another replica has the job by now.
    ///
    /// # Errors
    /// The store's only.
    pub(super) async fn purge(&self, run: &Run<'_>, clock: Now<'_>) -> Result<bool> {
        let now = clock();
        let outlived = Outlived::at(now, self.core.defaults.get().retention);
        if !self.close_log(run, outlived.spam_before.max(outlived.rejected_before), clock).await? {
            return Ok(false);
        }
        let oldest = ban::recent_months(now).pop().unwrap_or(now);
        let forgotten = self.core.store.forget_salts(run.site, &address::month_of(oldest)).await?;
        if forgotten > 0 {
            tracing::info!(site = %run.site, months = forgotten, "hashes of old addresses lost their salt");
        }
        self.core.store.forget_idle_authors(run.site).await?;
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
        tracing::info!(%site, purged, "comments that were kept long enough were emptied");
        metric::erased(site, AuditAction::Purge, purged);
        Ok(purged)
    }
}
