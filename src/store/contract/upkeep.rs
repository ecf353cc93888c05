//! Upkeep: jobs, counts and what is deleted after a time.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::domain::{
    Result,
    id::{CommentId, SiteId},
    stats::{CountDrift, Job, QueueGauge},
};

/// What is done now and then.
#[async_trait]
pub trait UpkeepStore: Send + Sync {
    /// Returns what waits, by site, counting no more than `most` comments of each; sites where nothing waits may be left out.
    async fn queue_gauges(&self, most: i64) -> Result<Vec<QueueGauge>>;

    /// Deletes request rows, spent nonces and finished erasures from before `before`, and returns how many rows that were.
    async fn forget(&self, before: DateTime<Utc>) -> Result<u64>;

    /// Returns every site that has an article.
    async fn sites(&self) -> Result<Vec<SiteId>>;

    /// Takes a job until `next_at`. `false` when another replica has it at `now`, or did it and it is not due again. Of concurrent calls
    /// one gets it; its holder may take it again, to hold it longer.
    async fn begin_job(
        &self,
        site: &SiteId,
        job: Job,
        holder: Uuid,
        now: DateTime<Utc>,
        next_at: DateTime<Utc>,
    ) -> Result<bool>;

    /// Returns PENDING comments with their revisions that were submitted before `before` and that nothing happened to since, oldest first,
    /// at most `limit`. Those with a takedown's deadline are left out: no job stops it.
    async fn forgotten_pending(
        &self,
        site: &SiteId,
        before: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<(CommentId, i64)>>;

    /// Compares every public count of the site with the comments it counts, in steps that each see one moment.
    async fn count_drift(&self, site: &SiteId) -> Result<CountDrift>;
}
