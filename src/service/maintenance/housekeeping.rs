//! What must happen now and then: forgetting old request rows and nonces, measuring the queue.

use std::{collections::BTreeSet, sync::PoisonError};

use chrono::{DateTime, Duration, Utc};

use crate::{
    domain::{
        Result,
        id::SiteId,
        request::REQUEST_HOURS,
        stats::{GAUGED, QueueGauge},
    },
    ops::metric,
    service::Workflow,
};

/// Nonces are kept this long, in hours: far longer than any challenge lives, clock skew included.
const NONCE_HOURS: i64 = 48;

/// Longest time that an erasure waits for the log to be cleaned.
const CLEANING: std::time::Duration = std::time::Duration::from_millis(250);

impl Workflow {
    /// Drops what no replay can need any more, and answers how many rows went. Any replica may run it at any time.
    ///
    /// # Errors
    /// The store's only.
    pub async fn forget_old(&self, now: DateTime<Utc>) -> Result<u64> {
        self.core.store.forget(now - Duration::hours(REQUEST_HOURS), now - Duration::hours(NONCE_HOURS)).await
    }

    /// Updates the queue gauges.
    ///
    /// # Errors
    /// The store's only.
    pub async fn measure_queue(&self, now: DateTime<Utc>) -> Result<()> {
        let gauges = self.core.store.queue_gauges(GAUGED).await?;
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
        self.core.store.survey().await
    }

    /// Removes erased text from the database's write-ahead log and measures the log. Returns `false` when something was in
    /// the way; then it must be called again.
    ///
    /// # Errors
    /// The store's only.
    pub async fn clean_log(&self) -> Result<bool> {
        if let Some(bytes) = self.core.store.log_bytes() {
            metric::log_size(bytes);
        }
        self.core.store.clean_log().await
    }

    /// Makes the first attempt to clean the log after an erasure. Most succeed within milliseconds, so that nothing of the
    /// text is left when the erasure is answered; what this one leaves is retried in the background.
    pub(in crate::service) async fn try_to_clean_log(&self) {
        let cleaned = tokio::time::timeout(CLEANING, self.core.store.clean_log()).await;
        if !matches!(cleaned, Ok(Ok(true))) {
            tracing::info!("erased text is in the write-ahead log until nobody reads it: retrying in the background");
        }
    }

    /// Answers when the store can be written to.
    ///
    /// # Errors
    /// The store's only.
    pub async fn ping(&self) -> Result<()> {
        self.core.store.ping().await
    }
}
