//! The local tier: the counts of every limit in this process, charged together.

use std::sync::Arc;

use governor::clock::{Clock, DefaultClock};
use tokio::sync::Notify;

use super::limit_counts::LimitCounts;
use crate::{
    domain::rate_limit::{Charge, LimitName, Quotas},
    limiter::tier_answer::{ChargeOutcome, denies},
};

/// Largest number of subjects of one limit. 100,000 keys take about 15 MB. At the default quotas, one process cannot
/// serve as many readers in the minute before a count drains.
pub(in crate::limiter) const CAPACITY: usize = 100_000;

/// The counts of all limits under one set of quotas. The clock is a parameter for tests only.
pub(in crate::limiter) struct Local<C: Clock = DefaultClock> {
    quotas: Quotas,
    /// The counts in the order of `LimitName::ALL`. New quotas keep the counts of limits whose quota is unchanged.
    limits: Vec<Arc<LimitCounts<C>>>,
    capacity: usize,
    crowded: Arc<Notify>,
    clock: C,
}

impl<C: Clock + Clone> Local<C> {
    pub(in crate::limiter) fn new(quotas: Quotas, capacity: usize, crowded: &Arc<Notify>, clock: C) -> Self {
        let fresh = Self { quotas, limits: Vec::new(), capacity, crowded: Arc::clone(crowded), clock };
        let limits = LimitName::ALL.iter().map(|name| fresh.counts(*name)).collect();
        Self { limits, ..fresh }
    }

    /// Creates the tier under other quotas. Limits whose quota and reserve are unchanged keep their counts.
    pub(in crate::limiter) fn with_quotas(&self, quotas: Quotas) -> Self {
        let (crowded, clock) = (Arc::clone(&self.crowded), self.clock.clone());
        let fresh = Self { quotas, limits: Vec::new(), capacity: self.capacity, crowded, clock };
        let known = |quotas: &Quotas, name| (quotas.get(name).quota, quotas.reserve(name));
        let stays = |name: LimitName| known(&fresh.quotas, name) == known(&self.quotas, name);
        let counts = |name: LimitName| if stays(name) { Arc::clone(self.limit(name)) } else { fresh.counts(name) };
        let limits = LimitName::ALL.iter().map(|name| counts(*name)).collect();
        Self { limits, ..fresh }
    }

    fn counts(&self, name: LimitName) -> Arc<LimitCounts<C>> {
        let (quota, reserve) = (self.quotas.get(name).quota, self.quotas.reserve(name));
        Arc::new(LimitCounts::new(quota, reserve, self.capacity, &self.crowded, self.clock.clone()))
    }

    pub(in crate::limiter) fn quotas(&self) -> &Quotas {
        &self.quotas
    }

    /// Counts every charge, or none of them when an enforced limit denies one. Returns one outcome per charge, in the
    /// order of the charges.
    pub(in crate::limiter) fn take(&self, charges: &[Charge]) -> Vec<ChargeOutcome> {
        let outcomes: Vec<_> = charges
            .iter()
            .map(|charge| self.limit(charge.limit).take(charge, charge.keeps_free(&self.quotas)))
            .collect();
        let each = || charges.iter().zip(outcomes.iter().copied());
        if each().any(|(charge, outcome)| denies(&self.quotas, charge, outcome)) {
            self.refund(charges, &outcomes);
        }
        outcomes
    }

    /// Refunds the charges that are counted according to `outcomes`.
    pub(in crate::limiter) fn refund(&self, charges: &[Charge], outcomes: &[ChargeOutcome]) {
        for (charge, _) in charges.iter().zip(outcomes).filter(|(_, outcome)| outcome.is_taken()) {
            self.limit(charge.limit).refund(charge);
        }
    }

    /// Drops counts that have drained and frees their memory.
    pub(in crate::limiter) fn sweep(&self) {
        for limit in &self.limits {
            limit.sweep();
        }
    }

    fn limit(&self, name: LimitName) -> &Arc<LimitCounts<C>> {
        &self.limits[name as usize]
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use governor::clock::FakeRelativeClock;

    use super::*;
    use crate::domain::rate_limit::ChargeWeight;

    const SECOND: Duration = Duration::from_secs(1);

    fn tier(device: &str, site: &str) -> (Local<FakeRelativeClock>, FakeRelativeClock) {
        let quotas = Quotas {
            submits_per_device: device.parse().unwrap(),
            submits_per_site: site.parse().unwrap(),
            ..Quotas::default()
        };
        let clock = FakeRelativeClock::default();
        (Local::new(quotas, 10, &Arc::new(Notify::new()), clock.clone()), clock)
    }

    fn device(subject: &str) -> Charge {
        Charge { limit: LimitName::SubmitsPerDevice, subject: format!("default/{subject}"), weight: ChargeWeight::One }
    }

    fn site() -> Charge {
        Charge { limit: LimitName::SubmitsPerSite, subject: "default/site".to_owned(), weight: ChargeWeight::One }
    }

    fn taken(remaining: u32) -> ChargeOutcome {
        ChargeOutcome::Taken { remaining }
    }

    fn denied(seconds: u32) -> ChargeOutcome {
        ChargeOutcome::Denied { retry_after: SECOND * seconds }
    }

    #[test]
    fn a_reserve_stays_free_for_known_readers() {
        let (tier, clock) = tier("3/30s", "6/60s");
        let stranger = Charge { weight: ChargeWeight::OneBesideReserve, ..site() };
        for remaining in [5, 4, 3] {
            assert_eq!(tier.take(std::slice::from_ref(&stranger)), [taken(remaining)]);
        }
        assert_eq!(tier.take(std::slice::from_ref(&stranger)), [denied(10)], "three events are reserved");
        for remaining in [2, 1, 0] {
            assert_eq!(tier.take(&[site()]), [taken(remaining)]);
        }
        assert_eq!(tier.take(&[site()]), [denied(10)]);
        tier.refund(&[site()], &[taken(0)]);
        assert_eq!(tier.take(std::slice::from_ref(&stranger)), [denied(30)]);
        clock.advance(SECOND * 30);
        assert_eq!(tier.take(std::slice::from_ref(&stranger)), [taken(3)]);
        // A denied charge beside the reserve refunds the other charges of its check.
        assert_eq!(tier.take(&[device("a"), stranger]), [taken(2), denied(10)]);
        assert_eq!(tier.take(&[device("a")]), [taken(2)]);
    }

    #[test]
    fn when_one_charge_is_denied_none_stays_counted() {
        let (tier, _) = tier("9/90s", "2/20s");
        for remaining in [8, 7] {
            assert!(
                matches!(tier.take(&[device("a"), site()])[0], ChargeOutcome::Taken { remaining: r } if r == remaining)
            );
        }
        for _ in 0..20 {
            assert_eq!(tier.take(&[device("a"), site()])[1], denied(10));
        }
        assert_eq!(tier.take(&[device("a")]), [taken(6)]);
    }

    #[test]
    fn a_denial_in_shadow_mode_refunds_no_other_charge() {
        let (tier, _) = tier("1/10s SHADOW", "9/90s");
        assert_eq!(tier.take(&[device("a"), site()]), [taken(0), taken(8)]);
        assert_eq!(tier.take(&[device("a"), site()]), [denied(10), taken(7)]);
        assert_eq!(tier.take(&[site()]), [taken(6)], "an allowed charge is counted");
    }

    #[test]
    fn new_quotas_keep_the_counts_of_unchanged_limits() {
        let (tier, _) = tier("3/30s", "2/20s");
        tier.take(&[device("a"), site()]);
        let quotas = Quotas { submits_per_device: "2/20s".parse().unwrap(), ..tier.quotas().clone() };
        let quotas = Quotas { submits_per_site: "2/20s SHADOW".parse().unwrap(), ..quotas };
        let changed = tier.with_quotas(quotas);
        assert_eq!(changed.take(&[device("a"), site()]), [taken(1), taken(0)], "a change of mode keeps the counts");
    }

    #[test]
    fn a_subject_has_one_count_for_any_number_of_checks() {
        let (tier, _) = tier("5/24h", "1000000/24h");
        for _ in 0..1_000 {
            tier.take(&[device("a"), site(), Charge { weight: ChargeWeight::Look, ..device("a") }]);
        }
        assert_eq!(LimitName::ALL.iter().map(|name| tier.limit(*name).subjects()).sum::<usize>(), 2);
    }
}
