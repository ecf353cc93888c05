//! The counts that one process keeps under one set of quotas.

use std::{num::NonZeroU32, sync::Arc};

use governor::clock::DefaultClock;
use tokio::{sync::Notify, time::Instant};

use super::{
    local::{CAPACITY, Local},
    recent_denials::RecentDenials,
};
use crate::domain::rate_limit::Quotas;

/// The tiers of this process. New quotas replace them as a whole.
pub(super) struct Tiers {
    /// The tier with the same quotas as Redis, so that it denies only what Redis would deny too.
    pub(super) whole: Local,
    /// The tier with this replica's part of the quotas, which decides while Redis is not in use. It also counts while
    /// Redis is in use, so that its counts do not start from zero in an outage. `None` for a single replica.
    pub(super) part: Option<Local>,
    pub(super) denied: RecentDenials,
    replicas: NonZeroU32,
}

impl Tiers {
    pub(super) fn new(quotas: Quotas, replicas: NonZeroU32, crowded: &Arc<Notify>) -> Self {
        let tier = |quotas| Local::new(quotas, CAPACITY, crowded, DefaultClock::default());
        let part = (replicas > NonZeroU32::MIN).then(|| tier(quotas.divided_by(replicas)));
        Self { whole: tier(quotas), part, denied: RecentDenials::default(), replicas }
    }

    /// Creates the tiers under other quotas. Limits whose quota is unchanged keep their counts. Remembered denials are
    /// dropped, because their charges may be allowed now.
    pub(super) fn with_quotas(&self, quotas: Quotas) -> Self {
        let part = self.part.as_ref().map(|part| part.with_quotas(quotas.divided_by(self.replicas)));
        Self { whole: self.whole.with_quotas(quotas), part, denied: RecentDenials::default(), replicas: self.replicas }
    }

    pub(super) fn sweep(&self) {
        self.whole.sweep();
        if let Some(part) = &self.part {
            part.sweep();
        }
        self.denied.sweep(Instant::now());
    }
}
