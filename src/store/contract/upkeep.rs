//! Upkeep: the schema, the write-ahead log, jobs and counts.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::domain::{
    Result,
    id::{CommentId, SiteId},
    stats::{CountDrift, Job, QueueGauge},
};

/// The database itself, and what is done now and then.
#[async_trait]
pub trait UpkeepStore: Send + Sync {
    /// Brings the schema up to date under a lock, so that replicas may start together.
    async fn migrate(&self) -> Result<()>;

    /// Answers when a write could be made now.
    async fn ping(&self) -> Result<()>;

    /// Has a database that plans by how much there is look at that for the first time, once there is something, and answers whether it
    /// did by now. What was planned before is planned anew.
    async fn survey(&self) -> Result<bool>;

    /// Removes what was erased from the write-ahead log, where the database leaves that to its user. Never waits for
    /// readers or writers of other processes: `false` when one was in the way, and the caller tries again later.
    async fn clean_log(&self) -> Result<bool>;

    /// Size of the write-ahead log in bytes; `None` where the database keeps it by itself.
    fn log_bytes(&self) -> Option<u64>;

    /// Ends all connections; nothing may be called after it.
    async fn close(&self);

    /// What waits, by site, counting no more than `most` comments of each; sites where nothing waits may be left out.
    async fn queue_gauges(&self, most: i64) -> Result<Vec<QueueGauge>>;

    /// Drops request rows, finished erasures and nonces from before the given times, and answers how many rows went.
    async fn forget(&self, requests_before: DateTime<Utc>, nonces_before: DateTime<Utc>) -> Result<u64>;

    /// Every site that has an article.
    async fn sites(&self) -> Result<Vec<SiteId>>;

    /// Takes a job until `next_at`. `false` when somebody has it at `now`, or did it and it is not due again. Of any number that ask at once, one
    /// gets it; who has it may take it again, to hold it longer.
    async fn begin_job(
        &self,
        site: &SiteId,
        job: Job,
        holder: Uuid,
        now: DateTime<Utc>,
        next_at: DateTime<Utc>,
    ) -> Result<bool>;

    /// PENDING comments with their revisions that were submitted before `before` and that nothing happened to since, oldest first, at most `limit`.
    /// Those with a takedown's clock are left out: no job stops it.
    async fn forgotten_pending(
        &self,
        site: &SiteId,
        before: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<(CommentId, i64)>>;

    /// Compares every public count of the site with the comments it counts, in steps that each see one moment.
    async fn count_drift(&self, site: &SiteId) -> Result<CountDrift>;
}
