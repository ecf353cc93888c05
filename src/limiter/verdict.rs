//! From what a tier says of each charge to the one answer of a check.

use std::time::Duration;

use crate::domain::rate_limit::{Allowance, Charge, LimitName, Quotas};

/// What one tier says of one charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Counted; so many more would fit at this moment.
    Taken { remaining: u32 },
    /// Not counted.
    Refused { retry_after: Duration },
}

impl Outcome {
    pub(super) fn is_taken(self) -> bool {
        matches!(self, Self::Taken { .. })
    }
}

/// The tier that had the last word, as metrics name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Local,
    Redis,
}

/// The answer of one tier: an outcome per charge, in their order.
#[derive(Debug)]
pub(super) struct Verdict<'a> {
    charges: &'a [Charge],
    outcomes: Vec<Outcome>,
    source: Source,
}

impl<'a> Verdict<'a> {
    pub(super) fn new(charges: &'a [Charge], outcomes: Vec<Outcome>, source: Source) -> Self {
        Self { charges, outcomes, source }
    }

    pub(super) fn source(&self) -> Source {
        self.source
    }

    pub(super) fn is_refused(&self) -> bool {
        self.outcomes.iter().any(|outcome| !outcome.is_taken())
    }

    /// The longest wait among the refusals, or whether some reader's quota runs low.
    pub(super) fn allowance(&self, quotas: &Quotas) -> Allowance {
        let mut pressed = false;
        let mut longest: Option<(LimitName, Duration)> = None;
        for (charge, outcome) in self.charges.iter().zip(&self.outcomes) {
            match *outcome {
                Outcome::Taken { remaining } => pressed |= runs_low(charge.limit, remaining, quotas),
                Outcome::Refused { retry_after } => {
                    if longest.is_none_or(|(_, wait)| retry_after > wait) {
                        longest = Some((charge.limit, retry_after));
                    }
                }
            }
        }
        match longest {
            Some((limit, wait)) => Allowance::Refused { limit, retry_after: whole_milliseconds(wait) },
            None => Allowance::Allowed { pressed },
        }
    }

    /// Counts a decision per limit: each that refused, or all of them when the check passed.
    pub(super) fn count(&self) {
        let refused = self.is_refused();
        let source = match self.source {
            Source::Local => "local",
            Source::Redis => "redis",
        };
        for (charge, outcome) in self.charges.iter().zip(&self.outcomes) {
            if refused == outcome.is_taken() {
                continue;
            }
            let decision = if refused { "refused" } else { "allowed" };
            let limit = charge.limit.as_str();
            metrics::counter!("duyet_rate_limit_decisions_total", "limit" => limit, "decision" => decision, "source" => source)
                .increment(1);
        }
    }
}

/// Articles and sites are shared by many readers: when they run low, no single reader is to blame.
fn runs_low(limit: LimitName, remaining: u32, quotas: &Quotas) -> bool {
    let one_reader = match limit {
        LimitName::SubmitsPerDevice
        | LimitName::SubmitsPerPrefix
        | LimitName::ChallengesPerDevice
        | LimitName::ChallengesPerPrefix
        | LimitName::FailuresPerDevice
        | LimitName::FailuresPerPrefix
        | LimitName::ReportsPerDevice
        | LimitName::ReportsPerPrefix => true,
        LimitName::SubmitsPerArticle
        | LimitName::SubmitsPerSite
        | LimitName::ChallengesPerArticle
        | LimitName::ChallengesPerSite => false,
    };
    one_reader && u64::from(remaining) * 2 < u64::from(quotas.get(limit).quota.burst.get())
}

/// Rounded up and never zero: whoever waits this long does not come a fraction too early.
fn whole_milliseconds(wait: Duration) -> Duration {
    let milliseconds = wait.as_nanos().div_ceil(1_000_000).max(1);
    Duration::from_millis(u64::try_from(milliseconds).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowance(outcomes: &[(LimitName, Outcome)]) -> Allowance {
        let charges: Vec<_> = outcomes
            .iter()
            .map(|(limit, _)| Charge {
                limit: *limit,
                subject: "s".into(),
                weight: crate::domain::rate_limit::Weight::One,
            })
            .collect();
        let outcomes = outcomes.iter().map(|(_, outcome)| *outcome).collect();
        Verdict::new(&charges, outcomes, Source::Local).allowance(&Quotas::default())
    }

    fn taken(limit: LimitName, remaining: u32) -> (LimitName, Outcome) {
        (limit, Outcome::Taken { remaining })
    }

    #[test]
    fn a_reader_is_pressed_below_half_of_a_burst_but_never_by_a_crowd() {
        use LimitName::{SubmitsPerArticle, SubmitsPerDevice, SubmitsPerPrefix};
        let pressed = |outcomes: &[_]| allowance(outcomes) == Allowance::Allowed { pressed: true };
        assert!(!pressed(&[taken(SubmitsPerDevice, 3), taken(SubmitsPerPrefix, 30)]));
        assert!(pressed(&[taken(SubmitsPerDevice, 2), taken(SubmitsPerPrefix, 30)]));
        assert!(pressed(&[taken(SubmitsPerDevice, 4), taken(SubmitsPerPrefix, 29)]));
        assert!(!pressed(&[taken(SubmitsPerDevice, 4), taken(SubmitsPerArticle, 0)]));
        assert!(!pressed(&[]));
    }

    #[test]
    fn the_longest_wait_is_reported_in_whole_milliseconds_and_never_zero() {
        let refused = |limit, wait| (limit, Outcome::Refused { retry_after: Duration::from_nanos(wait) });
        let (device, site) = (LimitName::SubmitsPerDevice, LimitName::SubmitsPerSite);
        let expect =
            |limit, milliseconds| Allowance::Refused { limit, retry_after: Duration::from_millis(milliseconds) };
        assert_eq!(allowance(&[refused(device, 0)]), expect(device, 1));
        assert_eq!(allowance(&[refused(device, 5_000_000)]), expect(device, 5));
        assert_eq!(allowance(&[refused(device, 5_000_001), refused(site, 7_000_001)]), expect(site, 8));
        assert_eq!(allowance(&[taken(device, 0), refused(site, 1), taken(device, 0)]), expect(site, 1));
    }
}
