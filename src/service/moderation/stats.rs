//! How the queue and the moderators are doing.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::Moderation;
use crate::{
    domain::{Result, access::Caller, spam::Thresholds, stats::Stats},
    service::core::{
        assessment::Learned,
        concurrency_limits::{Cost, Expensive},
    },
};

/// Numbers of a site, and what its decisions taught.
pub struct SiteStats {
    pub numbers: Stats,
    /// In force on the site.
    pub thresholds: Thresholds,
    /// `None` before the first decision.
    pub learned: Option<Arc<Learned>>,
}

impl Moderation {
    /// Numbers of the caller's site from `since` on, and of what waits at `now`.
    ///
    /// # Errors
    /// `Overloaded` beyond the caller's share of expensive calls, or the store's.
    pub async fn stats(
        &self,
        caller: &Arc<Caller>,
        since: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Expensive<SiteStats>> {
        let (site, permit) = (&caller.site, self.core.expensive.take(caller, Cost::Report)?);
        let numbers = self.core.store.stats(site, since, now).await?;
        let assessor = &self.core.assessor;
        let stats = SiteStats { numbers, thresholds: assessor.thresholds(site), learned: assessor.learned(site) };
        Ok(Expensive::new(stats, Some(permit)))
    }
}
