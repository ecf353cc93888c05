use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::domain::{
    Result,
    case::ReviewCase,
    id::{CommentId, SiteId},
    page::{Cursor, Page, QueuePage},
    queue::QueueFilter,
};

/// The moderators' queue.
#[async_trait]
pub trait QueueStore: Send + Sync {
    /// Returns a page of the queue. [`crate::domain::queue::QueueOrder::Due`] lists takedowns only. With a query, a
    /// page may have fewer cases than requested, or none, although there is a next page.
    async fn list_queue(&self, page: &QueuePage<'_>) -> Result<Page<ReviewCase>>;

    /// Counts the comments between `after` and `until` of a page, regardless of its size, up to `most`.
    async fn count_queue(&self, page: &QueuePage<'_>, most: i64) -> Result<i64>;

    /// Returns the key of the last of `page.size` comments after `page.after`, whether or not they match the filter.
    /// `None` if there are fewer comments, or if no index has the order, so that a search must read the whole queue.
    async fn queue_slice(&self, page: &QueuePage<'_>) -> Result<Option<Cursor>>;

    /// Returns one case with its details and the claim in force at `now`.
    async fn find_case(&self, site: &SiteId, id: CommentId, now: DateTime<Utc>) -> Result<Option<ReviewCase>>;

    /// Returns the existing comments of `ids` in any order, each with whether it matches the filter at `now`.
    async fn find_cases(
        &self,
        site: &SiteId,
        ids: &[CommentId],
        filter: &QueueFilter,
        now: DateTime<Utc>,
    ) -> Result<Vec<(ReviewCase, bool)>>;
}
