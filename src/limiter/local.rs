//! The local tier: governor's GCRA in this process, one keyed limiter per limit.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use governor::{
    RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::StateInformationMiddleware,
    nanos::Nanos,
};
use tokio::sync::Notify;

use super::{
    cells::Cells,
    tier_answer::{ChargeOutcome, denies},
};
use crate::domain::rate_limit::{Charge, ChargeWeight, LimitName, Quota, Quotas};

/// Most subjects one limit remembers: 100,000 keys are about 15 MB, and at the default quotas more readers than
/// one process could serve in the minute before a count drains.
pub(super) const CAPACITY: usize = 100_000;

/// Every limit of one set of quotas. The clock is a parameter for tests only.
pub(super) struct Local<C: Clock = DefaultClock> {
    quotas: Quotas,
    /// In the order of `LimitName::ALL`. Those whose quota stays live on under new quotas.
    limits: Vec<Arc<LimitCounts<C>>>,
    capacity: usize,
    crowded: Arc<Notify>,
    clock: C,
}

/// The counts of one limit.
struct LimitCounts<C: Clock> {
    limiter: RateLimiter<Charge, Cells, C, StateInformationMiddleware>,
    cells: Cells,
    interval: Duration,
}

impl<C: Clock + Clone> Local<C> {
    pub(super) fn new(quotas: Quotas, capacity: usize, crowded: &Arc<Notify>, clock: C) -> Self {
        let fresh = Self { quotas, limits: Vec::new(), capacity, crowded: Arc::clone(crowded), clock };
        let limits = LimitName::ALL.iter().map(|name| fresh.counts(*name)).collect();
        Self { limits, ..fresh }
    }

    /// The same tier under other quotas. Limits whose quota stays keep their counts.
    pub(super) fn with_quotas(&self, quotas: Quotas) -> Self {
        let (crowded, clock) = (Arc::clone(&self.crowded), self.clock.clone());
        let fresh = Self { quotas, limits: Vec::new(), capacity: self.capacity, crowded, clock };
        let known = |quotas: &Quotas, name| (quotas.get(name).quota, quotas.reserve(name));
        let stays = |name: LimitName| known(&fresh.quotas, name) == known(&self.quotas, name);
        let counts = |name: LimitName| if stays(name) { Arc::clone(self.limit(name)) } else { fresh.counts(name) };
        let limits = LimitName::ALL.iter().map(|name| counts(*name)).collect();
        Self { limits, ..fresh }
    }

    fn counts(&self, name: LimitName) -> Arc<LimitCounts<C>> {
        let quota = governor_quota(self.quotas.get(name).quota);
        let reserve = Nanos::from(quota.replenish_interval()) * u64::from(self.quotas.reserve(name));
        let cells = Cells::new(self.capacity, reserve, Arc::clone(&self.crowded));
        let limiter = RateLimiter::new(quota, cells.clone(), self.clock.clone());
        Arc::new(LimitCounts { limiter, cells, interval: quota.replenish_interval() })
    }

    pub(super) fn quotas(&self) -> &Quotas {
        &self.quotas
    }

    /// Counts every charge, or none when one of them is denied by a limit that is enforced: an outcome per charge, in their order.
    pub(super) fn take(&self, charges: &[Charge]) -> Vec<ChargeOutcome> {
        let outcomes: Vec<_> = charges.iter().map(|charge| self.take_one(charge)).collect();
        let each = || charges.iter().zip(outcomes.iter().copied());
        if each().any(|(charge, outcome)| denies(&self.quotas, charge, outcome)) {
            self.refund(charges, &outcomes);
        }
        outcomes
    }

    /// Refunds what was counted.
    pub(super) fn refund(&self, charges: &[Charge], outcomes: &[ChargeOutcome]) {
        for (charge, _) in charges.iter().zip(outcomes).filter(|(_, outcome)| outcome.is_taken()) {
            if charge.weight.counts() {
                let limit = self.limit(charge.limit);
                limit.cells.refund(&charge.subject, limit.interval.into());
            }
        }
    }

    /// Drops counts that have drained, and the memory they took.
    pub(super) fn sweep(&self) {
        for limit in &self.limits {
            limit.limiter.retain_recent();
            limit.limiter.shrink_to_fit();
        }
    }

    fn take_one(&self, charge: &Charge) -> ChargeOutcome {
        // Governor is asked for the events that must stay free as well, and the cells keep the event alone.
        let free = charge.keeps_free(&self.quotas);
        let asked = NonZeroU32::MIN.saturating_add(free);
        match self.limit(charge.limit).limiter.check_key_n(charge, asked) {
            Ok(Ok(state)) => {
                // Governor tells what is left after all it was asked for, of which a look has counted nothing.
                let uncounted = u32::from(charge.weight == ChargeWeight::Look);
                ChargeOutcome::Taken { remaining: state.remaining_burst_capacity() + free + uncounted }
            }
            Ok(Err(not_until)) => ChargeOutcome::Denied { retry_after: not_until.wait_time_from(self.clock.now()) },
            // A reserve is less than a burst, so this is never reached.
            Err(_) => ChargeOutcome::Denied { retry_after: self.limit(charge.limit).interval },
        }
    }

    fn limit(&self, name: LimitName) -> &Arc<LimitCounts<C>> {
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
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

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
    fn a_whole_burst_fits_and_then_one_per_interval() {
        let (tier, clock, _) = tier("3/30s", "100/1m", 10);
        for remaining in [2, 1, 0] {
            assert_eq!(tier.take(&[device("a")]), [taken(remaining)]);
        }
        assert_eq!(tier.take(&[device("a")]), [denied(10)]);
        assert_eq!(tier.take(&[device("b")]), [taken(2)]);
        clock.advance(SECOND * 10);
        assert_eq!(tier.take(&[device("a")]), [taken(0)]);
    }

    #[test]
    fn a_reserve_stays_free_for_those_who_may_use_it() {
        let (tier, clock, _) = tier("3/30s", "6/60s", 10);
        let stranger = Charge { weight: ChargeWeight::OneBesideReserve, ..site() };
        for remaining in [5, 4, 3] {
            assert_eq!(tier.take(std::slice::from_ref(&stranger)), [taken(remaining)]);
        }
        assert_eq!(tier.take(std::slice::from_ref(&stranger)), [denied(10)], "three stay free");
        for remaining in [2, 1, 0] {
            assert_eq!(tier.take(&[site()]), [taken(remaining)]);
        }
        assert_eq!(tier.take(&[site()]), [denied(10)]);
        tier.refund(&[site()], &[taken(0)]);
        assert_eq!(tier.take(std::slice::from_ref(&stranger)), [denied(30)]);
        clock.advance(SECOND * 30);
        assert_eq!(tier.take(std::slice::from_ref(&stranger)), [taken(3)]);
        // A denied stranger is not charged.
        assert_eq!(tier.take(&[device("a"), stranger]), [taken(2), denied(10)]);
        assert_eq!(tier.take(&[device("a")]), [taken(2)]);
    }

    #[test]
    fn when_one_charge_is_denied_none_stays_counted() {
        let (tier, _, _) = tier("9/90s", "2/20s", 10);
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
    fn a_refund_is_exact() {
        let (tier, clock, _) = tier("4/40s", "100/1m", 10);
        tier.take(&[device("a")]);
        clock.advance(SECOND * 3);
        for _ in 0..10 {
            assert_eq!(tier.take(&[device("a")]), [taken(2)]);
            tier.refund(&[device("a")], &[taken(0)]);
        }
        for remaining in [2, 1, 0] {
            assert_eq!(tier.take(&[device("a")]), [taken(remaining)]);
        }
        assert_eq!(tier.take(&[device("a")]), [denied(7)]);
    }

    #[test]
    fn refunds_never_make_more_than_a_burst() {
        let (tier, clock, _) = tier("2/20s", "100/1m", 10);
        tier.take(&[device("a")]);
        clock.advance(SECOND * 60);
        tier.refund(&[device("a"), device("a"), device("a")], &[taken(0); 3]);
        assert_eq!([tier.take(&[device("a")]), tier.take(&[device("a")])], [[taken(1)], [taken(0)]]);
        assert_eq!(tier.take(&[device("a")]), [denied(10)]);
    }

    #[test]
    fn strangers_share_one_count_when_the_table_is_full_and_known_subjects_keep_theirs() {
        let (tier, clock, crowded) = tier("2/20s", "100/1m", 3);
        for subject in ["a", "b", "c"] {
            assert_eq!(tier.take(&[device(subject)]), [taken(1)]);
        }
        assert_eq!(tier.take(&[device("d")]), [taken(1)]);
        assert_eq!(tier.take(&[device("e")]), [taken(0)]);
        assert_eq!(tier.take(&[device("f")]), [denied(10)]);
        tier.refund(&[device("e")], &[taken(0)]);
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
        assert_eq!(tier.take(&[device("new")]), [denied(10)]);
    }

    fn look(subject: &str) -> Charge {
        Charge { weight: ChargeWeight::Look, ..device(subject) }
    }

    #[test]
    fn a_look_counts_nothing_and_leaves_no_count_behind() {
        let (tier, clock, _) = tier("3/30s burst 2", "100/1m", 10);
        for _ in 0..20 {
            assert_eq!(tier.take(&[look("a")]), [taken(2)]);
        }
        assert_eq!(tier.limit(LimitName::SubmitsPerDevice).cells.len(), 0);
        tier.take(&[device("a")]);
        clock.advance(SECOND * 4);
        for _ in 0..20 {
            assert_eq!(tier.take(&[look("a")]), [taken(1)]);
        }
        assert_eq!(tier.take(&[device("a")]), [taken(0)]);
        assert_eq!(tier.take(&[look("a")]), [denied(6)], "a look is denied as an event would be");
    }

    #[test]
    fn a_look_takes_nothing_from_those_who_come_at_the_same_moment() {
        let (tier, _, _) = tier("2/24h", "100/1m", 10_000);
        let (last, done) = (AtomicU32::new(0), AtomicBool::new(false));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    tier.take(&[look(&last.load(Ordering::Relaxed).to_string())]);
                }
            });
            let denied = (0..10_000).filter(|number| {
                let subject = number.to_string();
                tier.take(&[device(&subject)]);
                last.store(*number, Ordering::Relaxed);
                // Long enough for looks to fall upon it.
                (0..20).for_each(|_| drop(tier.take(&[look(&subject)])));
                !tier.take(&[device(&subject)])[0].is_taken()
            });
            let denied = denied.count();
            done.store(true, Ordering::Relaxed);
            assert_eq!(denied, 0, "a look stood in the way");
        });
    }

    #[test]
    fn a_look_at_a_stranger_when_the_table_is_full_sees_what_strangers_share() {
        let (tier, _, _) = tier("2/20s", "100/1m", 1);
        tier.take(&[device("a")]);
        assert_eq!(tier.take(&[look("b")]), [taken(2)]);
        assert_eq!([tier.take(&[device("b")]), tier.take(&[device("c")])], [[taken(1)], [taken(0)]]);
        assert_eq!([tier.take(&[look("d")]), tier.take(&[look("a")])], [[denied(10)], [taken(1)]]);
    }

    #[test]
    fn a_shadow_counts_and_gives_nothing_else_back() {
        let (tier, _, _) = tier("1/10s SHADOW", "9/90s", 10);
        assert_eq!(tier.take(&[device("a"), site()]), [taken(0), taken(8)]);
        assert_eq!(tier.take(&[device("a"), site()]), [denied(10), taken(7)]);
        assert_eq!(tier.take(&[site()]), [taken(6)], "what was let through is counted");
    }

    #[test]
    fn new_quotas_leave_the_counts_of_others_alone() {
        let (tier, _, _) = tier("3/30s", "2/20s", 10);
        tier.take(&[device("a"), site()]);
        let quotas = Quotas { submits_per_device: "2/20s".parse().unwrap(), ..tier.quotas().clone() };
        let quotas = Quotas { submits_per_site: "2/20s SHADOW".parse().unwrap(), ..quotas };
        let changed = tier.with_quotas(quotas);
        assert_eq!(changed.take(&[device("a"), site()]), [taken(1), taken(0)], "a mode is no quota");
    }

    #[test]
    fn a_subject_costs_one_number_however_much_it_asks() {
        let (tier, _, _) = tier("5/24h", "1000000/24h", 10);
        for _ in 0..1_000 {
            tier.take(&[device("a"), site(), look("a")]);
        }
        assert_eq!(LimitName::ALL.iter().map(|name| tier.limit(*name).cells.len()).sum::<usize>(), 2);
    }

    /// Every window of a run, not only the one from its start, its edges included. By the quota's own words and not by the
    /// interval that is made of them: `count <= burst + time * events / period`.
    fn most_in_any_window(admitted: &[u64], quota: Quota) -> Result<(), TestCaseError> {
        let (events, burst) = (u128::from(quota.events.get()), u128::from(quota.burst.get()));
        for (first, from) in admitted.iter().enumerate() {
            for (last, to) in admitted.iter().enumerate().skip(first) {
                let (count, time) = (u128::try_from(last - first + 1).unwrap(), u128::from(to - from));
                let beyond_burst = count.saturating_sub(burst) * quota.period.as_nanos();
                prop_assert!(beyond_burst <= time * events, "{count} within {time} ns");
            }
        }
        Ok(())
    }

    /// A pause in the run below: about an interval, and often exactly at its edge.
    #[derive(Debug, Clone)]
    enum Pause {
        Some(u64),
        Intervals(u64, i8),
    }

    fn pauses() -> impl Strategy<Value = Vec<(Pause, u8)>> {
        let pause = prop_oneof![
            (0_u64..20_000_000_000).prop_map(Pause::Some),
            (0_u64..4, -1_i8..=1).prop_map(|(count, edge)| Pause::Intervals(count, edge)),
        ];
        proptest::collection::vec((pause, 0_u8..4), 1..120)
    }

    proptest! {
        #[test]
        fn in_any_window_never_more_than_a_burst_and_what_the_time_allows(
            events in 1_u32..20,
            burst in 1_u32..30,
            seconds in 1_u64..600,
            pauses in pauses(),
        ) {
            let (tier, clock, _) = tier(&format!("{events}/{seconds}s burst {burst}"), "60000/1m", 10);
            let quota = tier.quotas().submits_per_device.quota;
            let interval = u64::try_from(quota.interval().as_nanos()).unwrap();
            let mut now = 0;
            let mut admitted = Vec::new();
            let advance = |now: &mut u64, nanos: u64| {
                clock.advance(Duration::from_nanos(nanos));
                *now += nanos;
            };
            for (pause, kind) in pauses {
                advance(&mut now, match pause {
                    Pause::Some(nanos) => nanos,
                    Pause::Intervals(count, edge) => (interval * count).saturating_add_signed(edge.into()),
                });
                match tier.take(&[device("a"), site()])[0] {
                    ChargeOutcome::Taken { remaining } if kind == 0 => {
                        tier.refund(&[device("a"), site()], &[taken(0), taken(0)]);
                        prop_assert_eq!(tier.take(&[look("a")])[0], taken(remaining + 1), "a refund leaves no trace");
                    }
                    ChargeOutcome::Taken { .. } => admitted.push(now),
                    ChargeOutcome::Denied { retry_after } => {
                        // Asking again changes nothing, also a little later; and waiting as told is enough.
                        for _ in 0..kind {
                            prop_assert_eq!(tier.take(&[device("a"), site()])[0], ChargeOutcome::Denied { retry_after });
                        }
                        let wait = u64::try_from(retry_after.as_nanos()).unwrap();
                        let early = wait / 2;
                        advance(&mut now, early);
                        let sooner = ChargeOutcome::Denied { retry_after: Duration::from_nanos(wait - early) };
                        prop_assert_eq!(tier.take(&[device("a"), site()])[0], sooner);
                        advance(&mut now, wait - early);
                        prop_assert!(tier.take(&[device("a"), site()])[0].is_taken());
                        admitted.push(now);
                    }
                }
            }
            most_in_any_window(&admitted, quota)?;
        }
    }
}
