//! What one process counts itself, under one set of quotas.

use std::{num::NonZeroU32, sync::Arc};

use governor::clock::DefaultClock;
use tokio::{sync::Notify, time::Instant};

use super::{
    local::{CAPACITY, Local},
    recent_denials::RecentDenials,
};
use crate::domain::rate_limit::Quotas;

/// The tiers of this process. Replaced as a whole by new quotas.
pub(super) struct Tiers {
    /// Has the same quotas as Redis, so it denies only what Redis would deny too.
    pub(super) whole: Local,
    /// This replica's part of the quotas, for when Redis is out of use. It counts all along, so that no outage starts from zero.
    /// `None` where there is nothing to divide.
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

    /// The same under other quotas: counts of limits whose quota stays go on; what was denied may be allowed now.
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
