//! What Redis refused, remembered until its wait is over: whoever keeps trying costs no call. Only an event that another check gives
//! back could let it in earlier; then it waits as long as it was told.

use std::time::Duration;

use dashmap::DashMap;
use tokio::time::Instant;

use super::verdict::{Outcome, refuses};
use crate::domain::rate_limit::{Charge, LimitName, Quotas};

/// Most refusals remembered, about 150 bytes each. Beyond that one costs a call to Redis, as without this.
const CAPACITY: usize = 50_000;

/// Refusals by limit and subject, each with its end.
#[derive(Default)]
pub(super) struct Denied(DashMap<(LimitName, String), Instant>);

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
            let until = *self.0.get(&(charge.limit, charge.subject.clone()))?;
            let outcome = Outcome::Refused { retry_after: until.checked_duration_since(now)? };
            (until > now && refuses(quotas, charge, outcome)).then(|| (charge.clone(), outcome))
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
                self.0.insert((charge.limit, charge.subject.clone()), now + retry_after);
            }
        }
    }

    /// Drops what is over.
    pub(super) fn sweep(&self, now: Instant) {
        self.0.retain(|_, until| *until > now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::rate_limit::Weight;

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
        denied.remember(&quotas, &charges, &[refused(9), Outcome::Taken { remaining: 3 }], now);
        let later = |seconds| now + Duration::from_secs(seconds);
        assert_eq!(denied.find(&quotas, &charges, later(4)), Some((vec![charge("a")], vec![refused(5)])));
        assert_eq!(denied.find(&quotas, &[charge("b")], later(4)), None);
        assert_eq!(denied.find(&quotas, &charges, later(9)), None);
        denied.sweep(later(9));
        assert!(denied.0.is_empty());
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
