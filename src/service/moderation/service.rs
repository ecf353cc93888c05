//! The service of the queue and of decisions.

use std::{sync::Arc, time::Duration};

use super::{queue_totals::QueueTotals, watches::Watches};
use crate::service::core::Core;

/// The service of the queue, of claims and of decisions.
pub struct Moderation {
    pub(super) core: Arc<Core>,
    pub(super) watches: Watches,
    pub(super) totals: QueueTotals,
}

impl Moderation {
    /// Creates the service. Its watches send a heartbeat after every period of `heartbeat`.
    pub(in crate::service) fn new(core: Arc<Core>, heartbeat: Duration) -> Self {
        Self { watches: Watches::new(heartbeat), totals: QueueTotals::default(), core }
    }

    /// Ends all watches, so that a graceful shutdown does not wait for them.
    pub(in crate::service) fn end_watches(&self) {
        self.watches.end();
    }
}
