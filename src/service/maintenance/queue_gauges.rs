//! The metrics of every site's queue.

use std::{collections::BTreeSet, sync::PoisonError};

use chrono::{DateTime, Utc};

use super::Maintenance;
use crate::{
    domain::{
        Result,
        id::SiteId,
        stats::{GAUGED, QueueGauge},
    },
    ops::metric,
};

impl Maintenance {
    /// Updates the queue gauges.
    pub async fn measure_queue(&self, now: DateTime<Utc>) -> Result<()> {
        let gauges = self.core.store.queue_gauges(GAUGED).await?;
        for gauge in &gauges {
            metric::queue(gauge, now);
        }
        // The store returns only sites where a comment waits or is due. Sites returned last time and missing now have
        // an empty queue.
        let sites: BTreeSet<SiteId> = gauges.into_iter().map(|gauge| gauge.site).collect();
        let mut measured = self.waiting_sites.lock().unwrap_or_else(PoisonError::into_inner);
        for cleared in measured.difference(&sites) {
            metric::queue(&QueueGauge::empty(cleared.clone()), now);
        }
        *measured = sites;
        Ok(())
    }
}
