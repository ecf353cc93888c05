use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::domain::{Result, id::SiteId, stats::Stats};

/// Numbers for newsrooms. Every transaction that changes a comment or decides on one also appends the change of the statistics, in the same
/// transaction.
#[async_trait]
pub trait StatsStore: Send + Sync {
    /// Returns what happened from the clock hour of `since` on, and what waits at `now`.
    async fn stats(&self, site: &SiteId, since: DateTime<Utc>, now: DateTime<Utc>) -> Result<Stats>;

    /// Sums up at most `limit` appended changes, of any sites, and returns how many those were. Answers do not change by it, and concurrent
    /// calls share the work.
    async fn fold_stats(&self, limit: usize) -> Result<u64>;

    /// Compares the statistics of a site, as far back as they are kept at `now`, with the comments and decisions that they count, and mends
    /// them, in steps that each see one moment. Returns the sum of the absolute differences.
    async fn mend_stats(&self, site: &SiteId, now: DateTime<Utc>) -> Result<i64>;

    /// Forgets a site's statistics from before `before`, other than of what waits, and returns how many rows those were.
    async fn prune_stats(&self, site: &SiteId, before: DateTime<Utc>) -> Result<u64>;
}
