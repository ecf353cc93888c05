//! All watches of this process: their limits and the pollers that they share.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::broadcast,
    time::{Instant, Interval, MissedTickBehavior, interval_at},
};
use tokio_util::sync::CancellationToken;

use super::change_feed::{FoundChanges, Pollers};
use crate::{
    domain::{
        Error, Result,
        access::Caller,
        id::SiteId,
        permits::{Permit, Permits, Shares},
    },
    ops::metric,
    store::Store,
};

/// Largest number of concurrent watches of this process, of one site and of one token.
const SHARES: Shares = Shares { all: 256, site: 192, token: 64 };

/// Retry-after of a watch that is denied because there are too many, or that fell behind.
pub(super) const RETRY_AFTER: Duration = Duration::from_secs(1);

/// All watches of this process.
pub(super) struct Watches {
    pollers: Arc<Pollers>,
    permits: Arc<Permits>,
    heartbeat: Duration,
}

impl Watches {
    pub(super) fn new(heartbeat: Duration) -> Self {
        Self { pollers: Arc::default(), permits: Arc::default(), heartbeat }
    }

    /// Takes a permit for one more watch of `caller`.
    ///
    /// # Errors
    /// `Overloaded` when this process, the caller's site or the caller's token has too many watches.
    pub(super) fn open(&self, caller: &Arc<Caller>) -> Result<OpenWatch> {
        let full = || Error::Overloaded { what: "queue watches", retry_after: RETRY_AFTER };
        self.permits.take(caller, SHARES).map(OpenWatch::new).ok_or_else(full)
    }

    /// Subscribes to the changes of a site from now on. Some earlier changes may be received, too.
    pub(super) async fn changes(
        &self,
        store: &Arc<dyn Store>,
        site: &SiteId,
    ) -> Result<broadcast::Receiver<FoundChanges>> {
        self.pollers.follow(store, site).await
    }

    /// Creates the timer of one watch's heartbeats.
    pub(super) fn beats(&self) -> Interval {
        let mut beats = interval_at(Instant::now() + self.heartbeat, self.heartbeat);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        beats
    }

    /// Returns the token that is cancelled when all watches end.
    pub(super) fn over(&self) -> CancellationToken {
        self.pollers.over.clone()
    }

    /// Ends all watches, including those that are opened later.
    pub(super) fn end(&self) {
        self.pollers.over.cancel();
    }
}

/// The permit of an open watch. Metrics count it until it is dropped.
pub(super) struct OpenWatch(#[expect(dead_code, reason = "released when dropped")] Permit);

impl OpenWatch {
    fn new(permit: Permit) -> Self {
        metric::watches(1.0);
        Self(permit)
    }
}

impl Drop for OpenWatch {
    fn drop(&mut self) {
        metric::watches(-1.0);
    }
}
