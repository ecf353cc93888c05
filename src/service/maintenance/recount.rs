//! Comparing public counts with the comments they count. They change in one transaction with the comments, so a difference is a
//! fault: it is told, and never repaired in silence.

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
};

impl Maintenance {
    /// Counts again, and tells what is found. Always `true`: to count twice is no harm.
    ///
    /// # Errors
    /// The store's only.
    pub(super) async fn recount(&self, run: &Run<'_>, now: DateTime<Utc>) -> Result<bool> {
        let drift = self.core.store.count_drift(run.site).await?;
        if drift != CountDrift::default() {
            let CountDrift { comments, replies } = drift;
            tracing::error!(site = %run.site, comments, replies, "public counts are wrong");
        }
        metric::count_drift(run.site, drift);
        let mut measured = self.drift_measured.lock().unwrap_or_else(PoisonError::into_inner);
        measured.insert(run.site.clone(), Job::Recount.next_after(now));
        Ok(true)
    }

    /// Clears this replica's gauge once the next recount was due: another replica did it, and has the gauge.
    pub(super) fn forget_drift(&self, site: &SiteId, now: DateTime<Utc>) {
        let mut measured = self.drift_measured.lock().unwrap_or_else(PoisonError::into_inner);
        if measured.get(site).is_some_and(|until| *until <= now) {
            measured.remove(site);
            metric::count_drift(site, CountDrift::default());
        }
    }
}
