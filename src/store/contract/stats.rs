use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::domain::{Result, id::SiteId, stats::Stats};

/// Numbers for newsrooms.
#[async_trait]
pub trait StatsStore: Send + Sync {
    /// What happened from `since` on, and what waits at `now`.
    async fn stats(&self, site: &SiteId, since: DateTime<Utc>, now: DateTime<Utc>) -> Result<Stats>;
}
