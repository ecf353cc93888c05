//! What Redis refused, remembered for moments: whoever keeps trying costs no call. Only an event that another check gives back could let
//! it in earlier, which it learns some seconds late.

use std::time::Duration;

use dashmap::DashMap;
use tokio::time::Instant;

use super::verdict::{Outcome, refuses};
use crate::domain::rate_limit::{Charge, LimitName, Quotas, Weight};

/// Most refusals remembered, about 150 bytes each. Beyond that one costs a call to Redis, as without this.
const CAPACITY: usize = 50_000;

/// Longest that a refusal is believed. Its wait may be a day, and on a cluster the event that refused may be given back at once, because
/// another subject of the same check was refused.
const BELIEVED: Duration = Duration::from_secs(5);

/// Refusals by limit, subject and weight: what has no room beside the reserve may have room in it.
#[derive(Default)]
pub(super) struct Denied(DashMap<(LimitName, String, Weight), Refusal>);

#[derive(Clone, Copy)]
struct Refusal {
    /// The end of its wait.
    until: Instant,
    /// From when on Redis is asked again.
    doubted: Instant,
}

impl Denied {
    /// What is still refused of these charges, each with the rest of its wait; `None` when nothing is.
    pub(super) fn find(
        &self,
        quotas: &Quotas,
        charges: &[Charge],
        now: Instant,
    ) -> Option<(Vec<Charge>, Vec<Outcome>)> {
        if self.0.is_empty() {
            return None;
        }
        let wait = |charge: &Charge| {
            let Refusal { until, doubted } = *self.0.get(&(charge.limit, charge.subject.clone(), charge.weight))?;
            let outcome = Outcome::Refused { retry_after: until.checked_duration_since(now)? };
            (doubted > now && refuses(quotas, charge, outcome)).then(|| (charge.clone(), outcome))
        };
        let found: Vec<_> = charges.iter().filter_map(wait).collect();
        (!found.is_empty()).then(|| found.into_iter().unzip())
    }

    /// Remembers the refusals among `outcomes`.
    pub(super) fn remember(&self, quotas: &Quotas, charges: &[Charge], outcomes: &[Outcome], now: Instant) {
        for (charge, outcome) in charges.iter().zip(outcomes) {
            if let Outcome::Refused { retry_after } = *outcome
                && refuses(quotas, charge, *outcome)
                && retry_after > Duration::ZERO
                && self.0.len() < CAPACITY
            {
                let doubted = now + retry_after.min(BELIEVED);
                let refusal = Refusal { until: now + retry_after, doubted };
                self.0.insert((charge.limit, charge.subject.clone(), charge.weight), refusal);
            }
        }
    }

    /// Drops what is over.
    pub(super) fn sweep(&self, now: Instant) {
        self.0.retain(|_, refusal| refusal.doubted > now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn charge(subject: &str) -> Charge {
        Charge { limit: LimitName::SubmitsPerDevice, subject: subject.into(), weight: Weight::One }
    }

    fn refused(seconds: u64) -> Outcome {
        Outcome::Refused { retry_after: Duration::from_secs(seconds) }
    }

    #[test]
    fn a_refusal_counts_down_and_ends() {
        let (denied, quotas, now) = (Denied::default(), Quotas::default(), Instant::now());
        let charges = [charge("a"), charge("b")];
        denied.remember(&quotas, &charges, &[refused(4), Outcome::Taken { remaining: 3 }], now);
        let later = |seconds| now + Duration::from_secs(seconds);
        assert_eq!(denied.find(&quotas, &charges, later(3)), Some((vec![charge("a")], vec![refused(1)])));
        assert_eq!(denied.find(&quotas, &[charge("b")], later(3)), None);
        assert_eq!(denied.find(&quotas, &charges, later(4)), None);
        denied.sweep(later(4));
        assert!(denied.0.is_empty());
    }

    #[test]
    fn what_strangers_are_refused_is_no_refusal_of_a_known_reader() {
        let (denied, quotas, now) = (Denied::default(), Quotas::default(), Instant::now());
        let stranger = Charge { weight: Weight::OneBesideReserve, ..charge("a") };
        denied.remember(&quotas, std::slice::from_ref(&stranger), &[refused(4)], now);
        assert!(denied.find(&quotas, &[stranger], now).is_some());
        assert_eq!(denied.find(&quotas, &[charge("a")], now), None);
    }

    #[test]
    fn a_long_wait_is_told_whole_and_believed_for_moments() {
        let (denied, quotas, now) = (Denied::default(), Quotas::default(), Instant::now());
        denied.remember(&quotas, &[charge("a")], &[refused(86_400)], now);
        let later = |seconds| now + Duration::from_secs(seconds);
        assert_eq!(denied.find(&quotas, &[charge("a")], later(4)), Some((vec![charge("a")], vec![refused(86_396)])));
        assert_eq!(denied.find(&quotas, &[charge("a")], later(5)), None);
    }

    #[test]
    fn what_a_limit_only_shadows_is_not_remembered() {
        let (denied, now) = (Denied::default(), Instant::now());
        let quotas = Quotas { submits_per_device: "5/1m SHADOW".parse().unwrap(), ..Quotas::default() };
        denied.remember(&quotas, &[charge("a")], &[refused(9)], now);
        assert!(denied.0.is_empty());
    }

    #[test]
    fn it_has_bounds() {
        let (denied, quotas, now) = (Denied::default(), Quotas::default(), Instant::now());
        for number in 0..CAPACITY + 100 {
            denied.remember(&quotas, &[charge(&number.to_string())], &[refused(9)], now);
        }
        assert_eq!(denied.0.len(), CAPACITY);
    }
}
