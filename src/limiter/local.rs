//! The local tier: governor's GCRA in this process, one keyed limiter per limit.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use governor::{
    RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::StateInformationMiddleware,
};
use tokio::sync::Notify;

use super::{cells::Cells, verdict::Outcome};
use crate::domain::rate_limit::{Charge, LimitName, Quota, Quotas};

/// Most subjects one limit remembers: 100,000 keys are about 15 MB, and at the default quotas more readers than
/// one process could serve in the minute before a count drains.
pub(super) const CAPACITY: usize = 100_000;

/// Every limit of one set of quotas. The clock is a parameter for tests only.
pub(super) struct Local<C: Clock = DefaultClock> {
    quotas: Quotas,
    /// In the order of `LimitName::ALL`.
    limits: Vec<Limit<C>>,
    clock: C,
}

struct Limit<C: Clock> {
    limiter: RateLimiter<String, Cells, C, StateInformationMiddleware>,
    cells: Cells,
    interval: Duration,
}

impl<C: Clock + Clone> Local<C> {
    pub(super) fn new(quotas: Quotas, capacity: usize, crowded: &Arc<Notify>, clock: C) -> Self {
        let limit = |name: &LimitName| {
            let quota = governor_quota(quotas.get(*name).quota);
            let cells = Cells::new(capacity, Arc::clone(crowded));
            let limiter = RateLimiter::new(quota, cells.clone(), clock.clone());
            Limit { limiter, cells, interval: quota.replenish_interval() }
        };
        Self { limits: LimitName::ALL.iter().map(limit).collect(), quotas, clock }
    }

    pub(super) fn quotas(&self) -> &Quotas {
        &self.quotas
    }

    /// Counts every charge, or none when one of them is refused: an outcome per charge, in their order.
    pub(super) fn take(&self, charges: &[Charge]) -> Vec<Outcome> {
        let outcomes: Vec<_> = charges.iter().map(|charge| self.take_one(charge)).collect();
        if outcomes.iter().any(|outcome| !outcome.is_taken()) {
            for (charge, _) in charges.iter().zip(&outcomes).filter(|(_, outcome)| outcome.is_taken()) {
                self.refund_one(charge);
            }
        }
        outcomes
    }

    /// Takes charges back that were all counted.
    pub(super) fn refund(&self, charges: &[Charge]) {
        for charge in charges {
            self.refund_one(charge);
        }
    }

    /// Drops counts that have drained, and the memory they took.
    pub(super) fn sweep(&self) {
        for limit in &self.limits {
            limit.limiter.retain_recent();
            limit.limiter.shrink_to_fit();
        }
    }

    fn take_one(&self, charge: &Charge) -> Outcome {
        match self.limit(charge.limit).limiter.check_key(&charge.subject) {
            Ok(state) => Outcome::Taken { remaining: state.remaining_burst_capacity() },
            Err(not_until) => Outcome::Refused { retry_after: not_until.wait_time_from(self.clock.now()) },
        }
    }

    fn refund_one(&self, charge: &Charge) {
        let limit = self.limit(charge.limit);
        limit.cells.refund(&charge.subject, limit.interval.into());
    }

    fn limit(&self, name: LimitName) -> &Limit<C> {
        &self.limits[name as usize]
    }
}

/// A quota of no duration, which no parser lets through, becomes the strictest one instead of none.
fn governor_quota(quota: Quota) -> governor::Quota {
    match governor::Quota::with_period(quota.interval()) {
        Some(one) => one.allow_burst(quota.burst),
        None => governor::Quota::per_hour(NonZeroU32::MIN),
    }
}

#[cfg(test)]
mod tests {
    use governor::{clock::FakeRelativeClock, state::keyed::ShrinkableKeyedStateStore};
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn tier(device: &str, site: &str, capacity: usize) -> (Local<FakeRelativeClock>, FakeRelativeClock, Arc<Notify>) {
        let quotas = Quotas {
            submits_per_device: device.parse().unwrap(),
            submits_per_site: site.parse().unwrap(),
            ..Quotas::default()
        };
        let (clock, crowded) = (FakeRelativeClock::default(), Arc::new(Notify::new()));
        (Local::new(quotas, capacity, &crowded, clock.clone()), clock, crowded)
    }

    fn device(subject: &str) -> Charge {
        Charge {
            limit: LimitName::SubmitsPerDevice,
            subject: format!("default/{subject}"),
            weight: crate::domain::rate_limit::Weight::One,
        }
    }

    fn site() -> Charge {
        Charge {
            limit: LimitName::SubmitsPerSite,
            subject: "default/site".to_owned(),
            weight: crate::domain::rate_limit::Weight::One,
        }
    }

    fn taken(remaining: u32) -> Outcome {
        Outcome::Taken { remaining }
    }

    fn refused(seconds: u32) -> Outcome {
        Outcome::Refused { retry_after: SECOND * seconds }
    }

    #[test]
    fn a_whole_burst_fits_and_then_one_per_interval() {
        let (tier, clock, _) = tier("3/30s", "100/1m", 10);
        for remaining in [2, 1, 0] {
            assert_eq!(tier.take(&[device("a")]), [taken(remaining)]);
        }
        assert_eq!(tier.take(&[device("a")]), [refused(10)]);
        assert_eq!(tier.take(&[device("b")]), [taken(2)]);
        clock.advance(SECOND * 10);
        assert_eq!(tier.take(&[device("a")]), [taken(0)]);
    }

    #[test]
    fn when_one_charge_is_refused_none_stays_counted() {
        let (tier, _, _) = tier("9/90s", "2/20s", 10);
        for remaining in [8, 7] {
            assert!(matches!(tier.take(&[device("a"), site()])[0], Outcome::Taken { remaining: r } if r == remaining));
        }
        for _ in 0..20 {
            assert_eq!(tier.take(&[device("a"), site()])[1], refused(10));
        }
        assert_eq!(tier.take(&[device("a")]), [taken(6)]);
    }

    #[test]
    fn a_refund_is_exact() {
        let (tier, clock, _) = tier("4/40s", "100/1m", 10);
        tier.take(&[device("a")]);
        clock.advance(SECOND * 3);
        for _ in 0..10 {
            assert_eq!(tier.take(&[device("a")]), [taken(2)]);
            tier.refund(&[device("a")]);
        }
        for remaining in [2, 1, 0] {
            assert_eq!(tier.take(&[device("a")]), [taken(remaining)]);
        }
        assert_eq!(tier.take(&[device("a")]), [refused(7)]);
    }

    #[test]
    fn refunds_never_make_more_than_a_burst() {
        let (tier, clock, _) = tier("2/20s", "100/1m", 10);
        tier.take(&[device("a")]);
        clock.advance(SECOND * 60);
        tier.refund(&[device("a"), device("a"), device("a")]);
        assert_eq!([tier.take(&[device("a")]), tier.take(&[device("a")])], [[taken(1)], [taken(0)]]);
        assert_eq!(tier.take(&[device("a")]), [refused(10)]);
    }

    #[test]
    fn strangers_share_one_count_when_the_table_is_full_and_known_subjects_keep_theirs() {
        let (tier, clock, crowded) = tier("2/20s", "100/1m", 3);
        for subject in ["a", "b", "c"] {
            assert_eq!(tier.take(&[device(subject)]), [taken(1)]);
        }
        assert_eq!(tier.take(&[device("d")]), [taken(1)]);
        assert_eq!(tier.take(&[device("e")]), [taken(0)]);
        assert_eq!(tier.take(&[device("f")]), [refused(10)]);
        tier.refund(&[device("e")]);
        assert_eq!(tier.take(&[device("g")]), [taken(0)]);
        assert_eq!(tier.take(&[device("a")]), [taken(0)]);
        assert_eq!(tier.limit(LimitName::SubmitsPerDevice).cells.len(), 3);
        let told = std::pin::pin!(crowded.notified());
        assert!(told.poll(&mut std::task::Context::from_waker(std::task::Waker::noop())).is_ready());

        clock.advance(SECOND * 40);
        tier.sweep();
        assert_eq!(tier.limit(LimitName::SubmitsPerDevice).cells.len(), 0);
        assert_eq!(tier.take(&[device("f")]), [taken(1)]);
    }

    #[test]
    fn a_sweep_forgets_only_what_has_drained() {
        let (tier, clock, _) = tier("2/20s", "100/1m", 10);
        tier.take(&[device("old")]);
        clock.advance(SECOND * 25);
        tier.take(&[device("new")]);
        tier.take(&[device("new")]);
        tier.sweep();
        assert_eq!(tier.limit(LimitName::SubmitsPerDevice).cells.len(), 1);
        assert_eq!(tier.take(&[device("new")]), [refused(10)]);
    }

    proptest! {
        #[test]
        fn never_more_than_a_burst_and_the_time_since(
            events in 1_u32..20,
            seconds in 1_u64..600,
            pauses in proptest::collection::vec((0_u64..20_000, 0_u8..4), 1..200),
        ) {
            let quota = Quota { events: NonZeroU32::new(events).unwrap(), period: Duration::from_secs(seconds) };
            let interval = u64::try_from(quota.interval().as_nanos()).unwrap();
            let (tier, clock, _) = tier(&quota.to_string(), "60000/1m", 10);
            let (mut admitted, mut elapsed) = (0_u64, 0_u64);
            for (milliseconds, kind) in pauses {
                clock.advance(Duration::from_millis(milliseconds));
                elapsed += milliseconds * 1_000_000;
                match tier.take(&[device("a"), site()])[0] {
                    Outcome::Taken { .. } if kind == 0 => tier.refund(&[device("a"), site()]),
                    Outcome::Taken { .. } => admitted += 1,
                    Outcome::Refused { retry_after } => {
                        // Asking again changes nothing; waiting as told is enough.
                        for _ in 0..kind {
                            prop_assert_eq!(tier.take(&[device("a"), site()])[0], Outcome::Refused { retry_after });
                        }
                        clock.advance(retry_after);
                        elapsed += u64::try_from(retry_after.as_nanos()).unwrap();
                        prop_assert!(tier.take(&[device("a"), site()])[0].is_taken());
                        admitted += 1;
                    }
                }
                prop_assert!(admitted <= u64::from(events) + elapsed / interval);
            }
        }
    }
}
