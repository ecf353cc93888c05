use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::domain::{Result, change::Change, id::SiteId};

/// The change feed. Every change of a comment, article or site adds its rows in its own transaction.
#[async_trait]
pub trait ChangeStore: Send + Sync {
    /// Returns at most `limit` of a site's changes after the number `after`, in the order of their numbers. A caller that
    /// continues after the last one that it got misses none: a change is returned once no open transaction can still add one
    /// before it.
    async fn changes(&self, site: &SiteId, after: i64, limit: usize) -> Result<Vec<Change>>;

    /// Returns a number after which all changes come that are committed later than this call.
    async fn newest_change(&self, site: &SiteId) -> Result<i64>;

    /// Deletes at most `limit` of a site's oldest changes from before `before`, and never the newest one. Returns how many
    /// were deleted.
    async fn prune_changes(&self, site: &SiteId, before: DateTime<Utc>, limit: usize) -> Result<u64>;
}

/// The most changes that a follower asks for at once.
pub const MOST_CHANGES: usize = 10_000;
