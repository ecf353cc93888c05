use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::domain::{
    Result,
    case::{Case, QueueFilter, QueueOrder},
    id::{CommentId, SiteId},
    page::{Page, QueuePage},
};

/// The moderators' queue.
#[async_trait]
pub trait QueueStore: Send + Sync {
    /// A page of the queue. [`QueueOrder::Due`] lists takedowns only.
    async fn list_queue(&self, page: &QueuePage<'_>) -> Result<Page<Case>>;

    /// How many comments all pages of that order hold together at `now`, counted up to
    /// [`crate::domain::case::EXACT_TOTAL`] + 1.
    async fn count_queue(
        &self,
        site: &SiteId,
        filter: &QueueFilter,
        order: QueueOrder,
        now: DateTime<Utc>,
    ) -> Result<i64>;

    /// One case with its details and the claim in force at `now`.
    async fn find_case(&self, site: &SiteId, id: CommentId, now: DateTime<Utc>) -> Result<Option<Case>>;

    /// The comments of `ids` that exist, in no order, each with whether it matches the filter at `now`.
    async fn find_cases(
        &self,
        site: &SiteId,
        ids: &[CommentId],
        filter: &QueueFilter,
        now: DateTime<Utc>,
    ) -> Result<Vec<(Case, bool)>>;

    /// Comments that changed at or after `since`: each change's id with its comment, in no order, of the newest at most
    /// [`MOST_CHANGES`]. Reports and escalations count as changes.
    async fn changed_comments(&self, site: &SiteId, since: DateTime<Utc>) -> Result<Vec<(Uuid, CommentId)>>;
}

/// When so many changed, others may have, too.
pub const MOST_CHANGES: usize = 10_000;
