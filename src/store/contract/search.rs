//! The index for searches by words.

use async_trait::async_trait;
use uuid::Uuid;

use crate::domain::{
    Result,
    id::{CommentId, SiteId},
    search::{Found, Search},
};

/// The index for searches by words. A background job fills it after submits. Every comment that is not erased is in the
/// index or in its backlog.
#[async_trait]
pub trait SearchStore: Send + Sync {
    /// Returns the result of a search on the site, among comments of every status. If the result does not name all
    /// comments, the caller must look through the queue in its order.
    async fn search(&self, site: &SiteId, search: &Search) -> Result<Found>;

    /// Returns the sites that have comments in the backlog.
    async fn unindexed_sites(&self) -> Result<Vec<SiteId>>;

    /// Indexes about `count` comments of the backlog, newest first. Returns how many left the backlog.
    async fn index_comments(&self, site: &SiteId, count: usize) -> Result<usize>;

    /// Checks `count` comments after `after` in the order of their ids. Adds those that are not indexed to the backlog,
    /// as the batch `batch`: a replica of an older version wrote them. Returns the last comment that was checked, or
    /// `None` if there are no more.
    async fn find_unindexed(
        &self,
        site: &SiteId,
        after: CommentId,
        count: usize,
        batch: Uuid,
    ) -> Result<Option<CommentId>>;
}
