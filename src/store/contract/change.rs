use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::domain::{Result, change::Change, id::SiteId};

/// The change feed. Every transaction that changes a comment, article or site also adds the rows for the feed.
#[async_trait]
pub trait ChangeStore: Send + Sync {
    /// Returns at most `limit` of a site's changes with numbers after `after`, in the order of their numbers. A caller
    /// that continues after the last change that it received misses none, because a change is returned only when no
    /// open transaction can still add one before it.
    async fn changes(&self, site: &SiteId, after: i64, limit: usize) -> Result<Vec<Change>>;

    /// Returns an offset of the feed: all changes that are committed after this call have greater numbers.
    async fn newest_change(&self, site: &SiteId) -> Result<i64>;

    /// Deletes at most `limit` of a site's oldest changes from before `before`, but never the newest change.
    async fn prune_changes(&self, site: &SiteId, before: DateTime<Utc>, limit: usize) -> Result<u64>;
}

/// Maximum number of changes that a follower reads at once.
pub const MOST_CHANGES: usize = 10_000;
