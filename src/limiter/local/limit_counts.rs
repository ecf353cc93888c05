//! The counts of one limit in this process: governor's GCRA with [`Cells`] as its storage.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use governor::{
    RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::StateInformationMiddleware,
    nanos::Nanos,
};
use tokio::sync::Notify;

use super::cells::Cells;
use crate::{
    domain::rate_limit::{Charge, ChargeWeight, Quota},
    limiter::tier_answer::ChargeOutcome,
};

/// The counts of one limit.
pub(super) struct LimitCounts<C: Clock = DefaultClock> {
    limiter: RateLimiter<Charge, Cells, C, StateInformationMiddleware>,
    cells: Cells,
    interval: Duration,
}

impl<C: Clock + Clone> LimitCounts<C> {
    /// Creates counts that start at zero. `reserve` is the number of events that [`ChargeWeight::OneBesideReserve`]
    /// leaves free. `capacity` is the number of subjects that have their own count, and `crowded` is notified when a
    /// further subject is charged.
    pub(super) fn new(quota: Quota, reserve: u32, capacity: usize, crowded: &Arc<Notify>, clock: C) -> Self {
        let quota = governor_quota(quota);
        let interval = quota.replenish_interval();
        let cells = Cells::new(capacity, Nanos::from(interval) * u64::from(reserve), Arc::clone(crowded));
        Self { limiter: RateLimiter::new(quota, cells.clone(), clock), cells, interval }
    }

    /// Counts a charge if it fits and `free` more events would fit beside it.
    pub(super) fn take(&self, charge: &Charge, free: u32) -> ChargeOutcome {
        // Governor is also asked for the events that must stay free, but the cells count only the event itself.
        match self.limiter.check_key_n(charge, NonZeroU32::MIN.saturating_add(free)) {
            Ok(Ok(state)) => {
                // Governor returns what is left after all requested events. A look has counted none of them.
                let uncounted = u32::from(charge.weight == ChargeWeight::Look);
                ChargeOutcome::Taken { remaining: state.remaining_burst_capacity() + free + uncounted }
            }
            Ok(Err(not_until)) => {
                ChargeOutcome::Denied { retry_after: not_until.wait_time_from(self.limiter.clock().now()) }
            }
            // A reserve is less than a burst, so this arm is never reached.
            Err(_) => ChargeOutcome::Denied { retry_after: self.interval },
        }
    }

    pub(super) fn refund(&self, charge: &Charge) {
        if charge.weight.counts() {
            self.cells.refund(&charge.subject, self.interval.into());
        }
    }

    /// Drops counts that have drained and frees their memory.
    pub(super) fn sweep(&self) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }

    #[cfg(test)]
    pub(super) fn subjects(&self) -> usize {
        self.limiter.len()
    }
}

/// Converts a quota for governor. A quota without a duration, which no parser accepts, becomes the strictest quota
/// instead of none.
fn governor_quota(quota: Quota) -> governor::Quota {
    match governor::Quota::with_period(quota.interval()) {
        Some(one) => one.allow_burst(quota.burst),
        None => governor::Quota::per_hour(NonZeroU32::MIN),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

    use governor::clock::FakeRelativeClock;
    use proptest::prelude::*;

    use super::*;
    use crate::domain::rate_limit::{Limit, LimitName};

    const SECOND: Duration = Duration::from_secs(1);

    /// The counts under test, with their quota, their clock and the notifier of a full table.
    struct Fixture {
        counts: LimitCounts<FakeRelativeClock>,
        quota: Quota,
        clock: FakeRelativeClock,
        crowded: Arc<Notify>,
    }

    impl Fixture {
        fn new(limit: &str, capacity: usize) -> Self {
            let quota = limit.parse::<Limit>().unwrap().quota;
            let (clock, crowded) = (FakeRelativeClock::default(), Arc::new(Notify::new()));
            Self { counts: LimitCounts::new(quota, 0, capacity, &crowded, clock.clone()), quota, clock, crowded }
        }

        fn take(&self, subject: &str) -> ChargeOutcome {
            self.counts.take(&charge(subject, ChargeWeight::One), 0)
        }

        fn look(&self, subject: &str) -> ChargeOutcome {
            self.counts.take(&charge(subject, ChargeWeight::Look), 0)
        }

        fn refund(&self, subject: &str) {
            self.counts.refund(&charge(subject, ChargeWeight::One));
        }
    }

    fn charge(subject: &str, weight: ChargeWeight) -> Charge {
        Charge { limit: LimitName::SubmitsPerDevice, subject: subject.to_owned(), weight }
    }

    fn taken(remaining: u32) -> ChargeOutcome {
        ChargeOutcome::Taken { remaining }
    }

    fn denied(seconds: u32) -> ChargeOutcome {
        ChargeOutcome::Denied { retry_after: SECOND * seconds }
    }

    #[test]
    fn a_whole_burst_fits_and_then_one_per_interval() {
        let counts = Fixture::new("3/30s", 10);
        for remaining in [2, 1, 0] {
            assert_eq!(counts.take("a"), taken(remaining));
        }
        assert_eq!(counts.take("a"), denied(10));
        assert_eq!(counts.take("b"), taken(2));
        counts.clock.advance(SECOND * 10);
        assert_eq!(counts.take("a"), taken(0));
    }

    #[test]
    fn a_refund_is_exact() {
        let counts = Fixture::new("4/40s", 10);
        counts.take("a");
        counts.clock.advance(SECOND * 3);
        for _ in 0..10 {
            assert_eq!(counts.take("a"), taken(2));
            counts.refund("a");
        }
        for remaining in [2, 1, 0] {
            assert_eq!(counts.take("a"), taken(remaining));
        }
        assert_eq!(counts.take("a"), denied(7));
    }

    #[test]
    fn refunds_never_make_more_than_a_burst() {
        let counts = Fixture::new("2/20s", 10);
        counts.take("a");
        counts.clock.advance(SECOND * 60);
        for _ in 0..3 {
            counts.refund("a");
        }
        assert_eq!([counts.take("a"), counts.take("a"), counts.take("a")], [taken(1), taken(0), denied(10)]);
    }

    #[test]
    fn unknown_subjects_share_one_count_when_the_table_is_full_and_known_ones_keep_theirs() {
        let counts = Fixture::new("2/20s", 3);
        for subject in ["a", "b", "c"] {
            assert_eq!(counts.take(subject), taken(1));
        }
        assert_eq!([counts.take("d"), counts.take("e"), counts.take("f")], [taken(1), taken(0), denied(10)]);
        counts.refund("e");
        assert_eq!([counts.take("g"), counts.take("a")], [taken(0), taken(0)]);
        assert_eq!(counts.counts.subjects(), 3);
        let crowded = std::pin::pin!(counts.crowded.notified());
        assert!(crowded.poll(&mut std::task::Context::from_waker(std::task::Waker::noop())).is_ready());

        counts.clock.advance(SECOND * 40);
        counts.counts.sweep();
        assert_eq!(counts.counts.subjects(), 0);
        assert_eq!(counts.take("f"), taken(1));
    }

    #[test]
    fn a_sweep_forgets_only_what_has_drained() {
        let counts = Fixture::new("2/20s", 10);
        counts.take("old");
        counts.clock.advance(SECOND * 25);
        counts.take("new");
        counts.take("new");
        counts.counts.sweep();
        assert_eq!(counts.counts.subjects(), 1);
        assert_eq!(counts.take("new"), denied(10));
    }

    #[test]
    fn a_look_counts_nothing_and_leaves_no_count_behind() {
        let counts = Fixture::new("3/30s burst 2", 10);
        for _ in 0..20 {
            assert_eq!(counts.look("a"), taken(2));
        }
        assert_eq!(counts.counts.subjects(), 0);
        counts.take("a");
        counts.clock.advance(SECOND * 4);
        for _ in 0..20 {
            assert_eq!(counts.look("a"), taken(1));
        }
        assert_eq!(counts.take("a"), taken(0));
        assert_eq!(counts.look("a"), denied(6), "a look is denied as an event would be");
    }

    #[test]
    fn a_look_takes_nothing_from_concurrent_charges() {
        let counts = Fixture::new("2/24h", 10_000);
        let (last, done) = (AtomicU32::new(0), AtomicBool::new(false));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    counts.look(&last.load(Ordering::Relaxed).to_string());
                }
            });
            let denied = (0..10_000).filter(|number| {
                let subject = number.to_string();
                counts.take(&subject);
                last.store(*number, Ordering::Relaxed);
                // These looks take long enough for the other thread to look at the subject, too.
                for _ in 0..20 {
                    counts.look(&subject);
                }
                !counts.take(&subject).is_taken()
            });
            let denied = denied.count();
            done.store(true, Ordering::Relaxed);
            assert_eq!(denied, 0, "a look counted");
        });
    }

    #[test]
    fn a_look_at_an_unknown_subject_of_a_full_table_sees_the_shared_count() {
        let counts = Fixture::new("2/20s", 1);
        counts.take("a");
        assert_eq!(counts.look("b"), taken(2));
        assert_eq!([counts.take("b"), counts.take("c")], [taken(1), taken(0)]);
        assert_eq!([counts.look("d"), counts.look("a")], [denied(10), taken(1)]);
    }

    /// Checks every window of a run, edges included, and not only the windows that begin at its start. The bound is
    /// computed from the quota and not from the interval, which is derived from it:
    /// `count <= burst + time * events / period`.
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

    /// A pause in the run below: any number of nanoseconds, or a number of intervals with an offset of a nanosecond.
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
            let counts = Fixture::new(&format!("{events}/{seconds}s burst {burst}"), 10);
            let interval = u64::try_from(counts.quota.interval().as_nanos()).unwrap();
            let mut now = 0;
            let mut admitted = Vec::new();
            let advance = |now: &mut u64, nanos: u64| {
                counts.clock.advance(Duration::from_nanos(nanos));
                *now += nanos;
            };
            for (pause, kind) in pauses {
                advance(&mut now, match pause {
                    Pause::Some(nanos) => nanos,
                    Pause::Intervals(count, edge) => (interval * count).saturating_add_signed(edge.into()),
                });
                match counts.take("a") {
                    ChargeOutcome::Taken { remaining } if kind == 0 => {
                        counts.refund("a");
                        prop_assert_eq!(counts.look("a"), taken(remaining + 1), "a refund leaves no trace");
                    }
                    ChargeOutcome::Taken { .. } => admitted.push(now),
                    ChargeOutcome::Denied { retry_after } => {
                        // Repeated charges are denied and change nothing. After the returned wait, one fits.
                        for _ in 0..kind {
                            prop_assert_eq!(counts.take("a"), ChargeOutcome::Denied { retry_after });
                        }
                        let wait = u64::try_from(retry_after.as_nanos()).unwrap();
                        let early = wait / 2;
                        advance(&mut now, early);
                        let sooner = ChargeOutcome::Denied { retry_after: Duration::from_nanos(wait - early) };
                        prop_assert_eq!(counts.take("a"), sooner);
                        advance(&mut now, wait - early);
                        prop_assert!(counts.take("a").is_taken());
                        admitted.push(now);
                    }
                }
            }
            most_in_any_window(&admitted, counts.quota)?;
        }
    }
}
