//! How the queue and the moderators are doing.

use chrono::{DateTime, Utc};

use crate::{
    domain::{Result, id::SiteId, stats::Stats},
    service::Workflow,
};

impl Workflow {
    /// Numbers of a site from `since` on, and of what waits at `now`.
    ///
    /// # Errors
    /// The store's only.
    pub async fn stats(&self, site: &SiteId, since: DateTime<Utc>, now: DateTime<Utc>) -> Result<Stats> {
        self.core.store.stats(site, since, now).await
    }
}
