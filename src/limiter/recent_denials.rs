//! A short-lived cache of denials by Redis, so that a caller that keeps trying costs no calls to Redis. When another
//! check refunds an event, the cache denies up to five seconds longer than Redis would.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use dashmap::DashMap;
use tokio::time::Instant;

use super::tier_answer::{ChargeOutcome, denies};
use crate::domain::rate_limit::{Charge, ChargeWeight, LimitName, Quotas};

/// Largest number of remembered denials, about 150 bytes each. Further denials are not remembered, so a repeated call
/// is sent to Redis again.
const CAPACITY: usize = 50_000;

/// Longest time for which a remembered denial is used. The wait itself may be a day, but on a cluster the event that
/// caused the denial may be refunded at once, because another subject of the same check was denied.
const BELIEVED: Duration = Duration::from_secs(5);

/// Denials by limit, subject and weight. The weight is part of the key because a charge that does not fit beside the
/// reserve may fit into the reserve.
#[derive(Default)]
pub(super) struct RecentDenials {
    denials: DashMap<(LimitName, String, ChargeWeight), Denial>,
    /// Number of entries. The map's own `len` would lock each of its shards.
    known: AtomicUsize,
}

#[derive(Clone, Copy)]
struct Denial {
    /// The end of the wait.
    until: Instant,
    /// The time from which Redis is asked again.
    doubted: Instant,
}

impl RecentDenials {
    /// Returns the charges that are still denied, each with the rest of its wait, or `None` when none is denied.
    pub(super) fn find(
        &self,
        quotas: &Quotas,
        charges: &[Charge],
        now: Instant,
    ) -> Option<(Vec<Charge>, Vec<ChargeOutcome>)> {
        if self.known.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let wait = |charge: &Charge| {
            let Denial { until, doubted } =
                *self.denials.get(&(charge.limit, charge.subject.clone(), charge.weight))?;
            let outcome = ChargeOutcome::Denied { retry_after: until.checked_duration_since(now)? };
            (doubted > now && denies(quotas, charge, outcome)).then(|| (charge.clone(), outcome))
        };
        let found: Vec<_> = charges.iter().filter_map(wait).collect();
        (!found.is_empty()).then(|| found.into_iter().unzip())
    }

    /// Remembers the denials among `outcomes`.
    pub(super) fn remember(&self, quotas: &Quotas, charges: &[Charge], outcomes: &[ChargeOutcome], now: Instant) {
        for (charge, outcome) in charges.iter().zip(outcomes) {
            if let ChargeOutcome::Denied { retry_after } = *outcome
                && denies(quotas, charge, *outcome)
                && retry_after > Duration::ZERO
                && self.known.load(Ordering::Relaxed) < CAPACITY
            {
                let doubted = now + retry_after.min(BELIEVED);
                let denial = Denial { until: now + retry_after, doubted };
                let before = self.denials.insert((charge.limit, charge.subject.clone(), charge.weight), denial);
                self.known.fetch_add(usize::from(before.is_none()), Ordering::Relaxed);
            }
        }
    }

    /// Removes the denials that are no longer used.
    pub(super) fn sweep(&self, now: Instant) {
        self.denials.retain(|_, denial| {
            let stays = denial.doubted > now;
            self.known.fetch_sub(usize::from(!stays), Ordering::Relaxed);
            stays
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn charge(subject: &str) -> Charge {
        Charge { limit: LimitName::SubmitsPerDevice, subject: subject.into(), weight: ChargeWeight::One }
    }

    fn denied(seconds: u64) -> ChargeOutcome {
        ChargeOutcome::Denied { retry_after: Duration::from_secs(seconds) }
    }

    #[test]
    fn a_denial_counts_down_and_ends() {
        let (denials, quotas, now) = (RecentDenials::default(), Quotas::default(), Instant::now());
        let charges = [charge("a"), charge("b")];
        denials.remember(&quotas, &charges, &[denied(4), ChargeOutcome::Taken { remaining: 3 }], now);
        let later = |seconds| now + Duration::from_secs(seconds);
        assert_eq!(denials.find(&quotas, &charges, later(3)), Some((vec![charge("a")], vec![denied(1)])));
        assert_eq!(denials.find(&quotas, &[charge("b")], later(3)), None);
        assert_eq!(denials.find(&quotas, &charges, later(4)), None);
        denials.sweep(later(4));
        assert_eq!((denials.denials.len(), denials.known.into_inner()), (0, 0));
    }

    #[test]
    fn a_denial_beside_the_reserve_does_not_deny_a_known_reader() {
        let (denials, quotas, now) = (RecentDenials::default(), Quotas::default(), Instant::now());
        let stranger = Charge { weight: ChargeWeight::OneBesideReserve, ..charge("a") };
        denials.remember(&quotas, std::slice::from_ref(&stranger), &[denied(4)], now);
        assert!(denials.find(&quotas, &[stranger], now).is_some());
        assert_eq!(denials.find(&quotas, &[charge("a")], now), None);
    }

    #[test]
    fn a_long_wait_is_returned_in_full_and_remembered_for_seconds() {
        let (denials, quotas, now) = (RecentDenials::default(), Quotas::default(), Instant::now());
        denials.remember(&quotas, &[charge("a")], &[denied(86_400)], now);
        let later = |seconds| now + Duration::from_secs(seconds);
        assert_eq!(denials.find(&quotas, &[charge("a")], later(4)), Some((vec![charge("a")], vec![denied(86_396)])));
        assert_eq!(denials.find(&quotas, &[charge("a")], later(5)), None);
    }

    #[test]
    fn denials_in_shadow_mode_are_not_remembered() {
        let (denials, now) = (RecentDenials::default(), Instant::now());
        let quotas = Quotas { submits_per_device: "5/1m SHADOW".parse().unwrap(), ..Quotas::default() };
        denials.remember(&quotas, &[charge("a")], &[denied(9)], now);
        assert!(denials.denials.is_empty());
    }

    #[test]
    fn the_number_of_remembered_denials_is_bounded() {
        let (denials, quotas, now) = (RecentDenials::default(), Quotas::default(), Instant::now());
        for number in 0..CAPACITY + 100 {
            denials.remember(&quotas, &[charge(&number.to_string())], &[denied(9)], now);
        }
        assert_eq!(denials.denials.len(), CAPACITY);
    }
}
