//! Statistics of a site's queue and moderators.

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

/// The statistics of a site, and the model that is learned from its decisions.
pub struct SiteStats {
    pub numbers: Stats,
    /// The thresholds in force on the site.
    pub thresholds: Thresholds,
    /// The model, or `None` before the first decision.
    pub learned: Option<Arc<Learned>>,
}

impl Moderation {
    /// Returns the statistics of the caller's site from `since` on, and of the comments that are pending at `now`.
    ///
    /// # Errors
    /// `Overloaded` beyond the caller's share of expensive calls, and those of the store.
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
