//! All watches of this process: how many there may be, and what they share.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::broadcast,
    time::{Instant, Interval, MissedTickBehavior, interval_at},
};
use tokio_util::sync::CancellationToken;

use super::change_feed::{FoundChanges, LookOuts};
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

/// Watches of one process at once, of one site and of one token.
const SHARES: Shares = Shares { all: 256, site: 192, token: 64 };

/// Who is told to come again finds a permit when somebody else's watch ended.
pub(super) const RETRY_AFTER: Duration = Duration::from_secs(1);

/// All watches of this process.
pub(super) struct Watches {
    look_outs: Arc<LookOuts>,
    permits: Arc<Permits>,
    heartbeat: Duration,
}

impl Watches {
    pub(super) fn new(heartbeat: Duration) -> Self {
        Self { look_outs: Arc::default(), permits: Arc::default(), heartbeat }
    }

    /// Takes a permit for one more watch of `caller`.
    ///
    /// # Errors
    /// `Overloaded` when too many watch: of all, of the caller's site, or with their token.
    pub(super) fn open(&self, caller: &Arc<Caller>) -> Result<OpenWatch> {
        let full = || Error::Overloaded { what: "queue watches", retry_after: RETRY_AFTER };
        self.permits.take(caller, SHARES).map(OpenWatch::new).ok_or_else(full)
    }

    /// Returns what changes on a site from now on, and perhaps what did shortly before.
    ///
    /// # Errors
    /// Those of the store.
    pub(super) async fn changes(
        &self,
        store: &Arc<dyn Store>,
        site: &SiteId,
    ) -> Result<broadcast::Receiver<FoundChanges>> {
        self.look_outs.follow(store, site).await
    }

    /// Returns the beats of one watch.
    pub(super) fn beats(&self) -> Interval {
        let mut beats = interval_at(Instant::now() + self.heartbeat, self.heartbeat);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        beats
    }

    /// Returns the token that is cancelled when all watches end.
    pub(super) fn over(&self) -> CancellationToken {
        self.look_outs.over.clone()
    }

    /// Ends all, those to come included.
    pub(super) fn end(&self) {
        self.look_outs.over.cancel();
    }
}

/// A permit among the watches, counted.
pub(super) struct OpenWatch(#[expect(dead_code, reason = "given back when dropped")] Permit);

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
