use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::domain::{Result, id::SiteId, stats::Stats};

/// Statistics for newsrooms. Every transaction that changes a comment or decides on one also appends the changes of the
/// statistics.
#[async_trait]
pub trait StatsStore: Send + Sync {
    /// Returns the statistics from the clock hour of `since` on, and the state of the queue at `now`.
    async fn stats(&self, site: &SiteId, since: DateTime<Utc>, now: DateTime<Utc>) -> Result<Stats>;

    /// Adds at most `limit` appended changes, of any sites, to the sums. Results do not change by it, and concurrent
    /// calls share the work.
    async fn fold_stats(&self, limit: usize) -> Result<u64>;

    /// Compares a site's statistics, as far back as they are kept at `now`, with the comments and decisions that they
    /// count, and corrects them. Each of several steps compares a consistent snapshot. Returns the sum of the absolute
    /// differences.
    async fn repair_stats(&self, site: &SiteId, now: DateTime<Utc>) -> Result<i64>;

    /// Deletes a site's statistics from before `before`, except those of waiting comments.
    async fn prune_stats(&self, site: &SiteId, before: DateTime<Utc>) -> Result<u64>;
}
