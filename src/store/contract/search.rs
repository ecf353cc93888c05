//! The index of words.

use async_trait::async_trait;
use uuid::Uuid;

use crate::domain::{
    Result,
    id::{CommentId, SiteId},
    search::{Found, Search},
};

/// The index of words, which a job fills behind the submits. A comment that is not erased is in the index or in its backlog.
#[async_trait]
pub trait SearchStore: Send + Sync {
    /// Returns what the search finds on the site, in comments of every status. Where it does not name them all, comments are to be
    /// looked through in a queue's order.
    async fn search(&self, site: &SiteId, search: &Search) -> Result<Found>;

    /// Returns the sites that have comments in the backlog.
    async fn unindexed_sites(&self) -> Result<Vec<SiteId>>;

    /// Indexes about `count` comments of the backlog, the newest first. Returns how many left the backlog.
    async fn index_comments(&self, site: &SiteId, count: usize) -> Result<usize>;

    /// Looks at `count` comments after `after` in the order of their ids, and adds those to the backlog, as the batch `batch`, that are not
    /// indexed: a replica of an older version wrote them. Returns the last one that was looked at; `None` when there are no more.
    async fn find_unindexed(
        &self,
        site: &SiteId,
        after: CommentId,
        count: usize,
        batch: Uuid,
    ) -> Result<Option<CommentId>>;
}
