//! The service of the queue and of decisions.

use std::{sync::Arc, time::Duration};

use super::{queue_totals::QueueTotals, watches::Watches};
use crate::service::core::Core;

/// The queue, who works on what, and decisions.
pub struct Moderation {
    pub(super) core: Arc<Core>,
    pub(super) watches: Watches,
    pub(super) totals: QueueTotals,
}

impl Moderation {
    /// Watches show that they are alive every `heartbeat`.
    pub(in crate::service) fn new(core: Arc<Core>, heartbeat: Duration) -> Self {
        Self { watches: Watches::new(heartbeat), totals: QueueTotals::default(), core }
    }

    /// Ends all watches, so that a drain need not wait for them.
    pub(in crate::service) fn end_watches(&self) {
        self.watches.end();
    }
}
