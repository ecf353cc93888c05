//! Maintenance: jobs, counts and the deletion of old rows.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::domain::{
    Result,
    id::{CommentId, SiteId},
    stats::{CountDrift, Job, QueueGauge},
};

/// Periodic work.
#[async_trait]
pub trait MaintenanceStore: Send + Sync {
    /// Returns the size of each site's queue, counted up to `most` comments. Sites with an empty queue may be left out.
    async fn queue_gauges(&self, most: i64) -> Result<Vec<QueueGauge>>;

    /// Deletes request rows, spent nonces and finished erasures from before `before`.
    async fn forget(&self, before: DateTime<Utc>) -> Result<u64>;

    /// Returns every site that has an article.
    async fn sites(&self) -> Result<Vec<SiteId>>;

    /// Reserves a job for `holder` until `next_at`. Returns `false` if another replica has reserved it at `now`, or has
    /// done it and it is not due again. Only one of several concurrent calls gets the job. Its holder may reserve it
    /// again, to keep it longer.
    async fn begin_job(
        &self,
        site: &SiteId,
        job: Job,
        holder: Uuid,
        now: DateTime<Utc>,
        next_at: DateTime<Utc>,
    ) -> Result<bool>;

    /// Returns PENDING comments with their revisions, oldest first, at most `limit`: those that were submitted before
    /// `before` and had no later change. Comments with a takedown deadline are left out, because no job may end a
    /// takedown.
    async fn forgotten_pending(
        &self,
        site: &SiteId,
        before: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<(CommentId, i64)>>;

    /// Compares every public count of the site with the comments that it counts. Each of several steps compares a
    /// consistent snapshot.
    async fn count_drift(&self, site: &SiteId) -> Result<CountDrift>;
}
