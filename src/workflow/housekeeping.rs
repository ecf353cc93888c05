//! What must happen now and then: forgetting old request rows and nonces, measuring the queue.

use std::{collections::BTreeSet, sync::PoisonError};

use chrono::{DateTime, Duration, Utc};

use super::Workflow;
use crate::{
    domain::{
        Result,
        id::SiteId,
        request::REQUEST_HOURS,
        stats::{GAUGED, QueueGauge},
    },
    ops::metric,
};

/// Nonces are kept this long, in hours: far longer than any challenge lives, clock skew included.
const NONCE_HOURS: i64 = 48;

impl Workflow {
    /// Drops what no replay can need any more, and answers how many rows went. Any replica may run it at any time.
    ///
    /// # Errors
    /// The store's only.
    pub async fn forget_old(&self, now: DateTime<Utc>) -> Result<u64> {
        self.store.forget(now - Duration::hours(REQUEST_HOURS), now - Duration::hours(NONCE_HOURS)).await
    }

    /// Updates the queue gauges.
    ///
    /// # Errors
    /// The store's only.
    pub async fn measure_queue(&self, now: DateTime<Utc>) -> Result<()> {
        let gauges = self.store.queue_gauges(GAUGED).await?;
        for gauge in &gauges {
            metric::queue(gauge, now);
        }
        // The store names sites where something waits or is due: those it named last time are empty now.
        let sites: BTreeSet<SiteId> = gauges.into_iter().map(|gauge| gauge.site).collect();
        let mut measured = self.measured.lock().unwrap_or_else(PoisonError::into_inner);
        for cleared in measured.difference(&sites) {
            metric::queue(&QueueGauge::empty(cleared.clone()), now);
        }
        *measured = sites;
        Ok(())
    }

    /// Has a new database look at how much there is, as soon as there is something; answers whether it did by now.
    ///
    /// # Errors
    /// The store's only.
    pub async fn survey(&self) -> Result<bool> {
        self.store.survey().await
    }

    /// Answers when the store can be written to.
    ///
    /// # Errors
    /// The store's only.
    pub async fn ping(&self) -> Result<()> {
        self.store.ping().await
    }
}
