//! Compares counts with the comments and decisions that they count. They change in one transaction, so a difference
//! in public counts is a bug: it is reported, and never repaired silently. Statistics are repaired, because a replica
//! of an earlier version does not update them during an upgrade; each repair is logged.

use std::sync::PoisonError;

use chrono::{DateTime, Utc};

use super::{Maintenance, jobs::Run};
use crate::{
    domain::{
        Result,
        id::SiteId,
        stats::{CountDrift, Job},
    },
    ops::metric,
    service::clock::Now,
};

impl Maintenance {
    /// Counts again, reports differences in public counts and repairs the statistics. Then adds comments that the word
    /// index lacks to its backlog.
    pub(super) async fn recount(&self, run: &Run<'_>, clock: Now<'_>) -> Result<bool> {
        let now = clock();
        let drift = self.core.store.count_drift(run.site).await?;
        if drift != CountDrift::default() {
            let CountDrift { comments, replies } = drift;
            tracing::error!(site = %run.site, comments, replies, "public counts are wrong");
        }
        metric::count_drift(run.site, drift);
        let repaired = self.core.store.repair_stats(run.site, now).await?;
        if repaired > 0 {
            tracing::warn!(site = %run.site, repaired, "statistics were wrong and have been repaired");
        }
        let until = Job::Recount.next_after(now);
        self.drift_measured.lock().unwrap_or_else(PoisonError::into_inner).insert(run.site.clone(), until);
        self.find_unindexed(run, clock).await
    }

    /// Clears this replica's gauge if the next recount was due before `now`: another replica has done it and reports
    /// the drift.
    pub(super) fn forget_drift(&self, site: &SiteId, now: DateTime<Utc>) {
        let mut measured = self.drift_measured.lock().unwrap_or_else(PoisonError::into_inner);
        if measured.get(site).is_some_and(|until| *until <= now) {
            measured.remove(site);
            metric::count_drift(site, CountDrift::default());
        }
    }
}
