//! Indexes the words of new comments, and of those that an older version wrote.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{Maintenance, jobs::Run};
use crate::{
    domain::{Result, id::CommentId, stats::Job},
    service::{clock::Now, ids::new_id},
};

/// Number of comments that one transaction indexes, or those of one batch of submits if it is larger. Erasures wait for
/// this transaction, and in SQLite all writes do, so it must be short even when every comment has the maximum length.
const AT_ONCE: usize = 25;

/// The job pauses for this many times the duration of a batch, so that it takes little CPU from submits. It still
/// indexes some hundred comments a second.
const REST: u32 = 15;

/// How long a run lasts before other sites get their turn.
const TURN: Duration = Duration::from_secs(10);

/// Number of comments that one statement compares with the index.
const COMPARED: usize = 2_000;

impl Maintenance {
    /// Indexes the comments of every site that are not indexed yet, and returns the number of runs. Every replica may
    /// call it at any time.
    ///
    /// # Errors
    /// The store's error: that of listing the sites, or that of the last run that failed. All other runs are completed
    /// first.
    pub async fn index_search(&self, clock: Now<'_>) -> Result<u64> {
        let mut runs = 0;
        let mut failed = None;
        for site in self.core.store.unindexed_sites().await? {
            match self.run_job(&site, Job::Index, clock).await {
                Ok(ran) => runs += u64::from(ran),
                Err(error) => failed = Some(error),
            }
        }
        failed.map_or(Ok(runs), Err)
    }

    /// Indexes batch after batch until none is left or the turn is over.
    pub(super) async fn index_site(&self, run: &Run<'_>, clock: Now<'_>) -> Result<bool> {
        let until = Instant::now() + TURN;
        loop {
            let began = Instant::now();
            let indexed = self.core.store.index_comments(run.site, AT_ONCE).await?;
            if indexed < AT_ONCE || Instant::now() >= until {
                return Ok(true);
            }
            sleep(began.elapsed() * REST).await;
            if !self.hold(run, clock()).await? {
                return Ok(false);
            }
        }
    }

    /// Adds comments that are missing in the index to the backlog. Replicas of an earlier version write such comments
    /// during an upgrade.
    pub(super) async fn find_unindexed(&self, run: &Run<'_>, clock: Now<'_>) -> Result<bool> {
        let mut after = CommentId(uuid::Uuid::nil());
        loop {
            let batch = new_id(clock());
            let Some(last) = self.core.store.find_unindexed(run.site, after, COMPARED, batch).await? else {
                return Ok(true);
            };
            after = last;
            if !self.hold(run, clock()).await? {
                return Ok(false);
            }
        }
    }
}
