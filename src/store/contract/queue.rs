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
    /// A page of the queue. [`crate::domain::queue::QueueOrder::Due`] lists takedowns only. With a query it may hold less than was asked
    /// for, even nothing, and have a next page.
    async fn list_queue(&self, page: &QueuePage<'_>) -> Result<Page<ReviewCase>>;

    /// Counts the comments between `after` and `until` of a page, regardless of its size, and no more than `most`.
    async fn count_queue(&self, page: &QueuePage<'_>, most: i64) -> Result<i64>;

    /// The key of the last of `page.size` comments after `page.after`, which may or may not match the filter. `None` when there are
    /// fewer, or where no index has the order: then nothing but the whole can be looked through.
    async fn queue_slice(&self, page: &QueuePage<'_>) -> Result<Option<Cursor>>;

    /// One case with its details and the claim in force at `now`.
    async fn find_case(&self, site: &SiteId, id: CommentId, now: DateTime<Utc>) -> Result<Option<ReviewCase>>;

    /// The comments of `ids` that exist, in no order, each with whether it matches the filter at `now`.
    async fn find_cases(
        &self,
        site: &SiteId,
        ids: &[CommentId],
        filter: &QueueFilter,
        now: DateTime<Utc>,
    ) -> Result<Vec<(ReviewCase, bool)>>;
}
