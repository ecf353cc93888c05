//! The answer of one tier: from an outcome per charge to the allowance of a check.

use std::{sync::LazyLock, time::Duration};

use metrics::{Key, Label, Level, Metadata, with_recorder};

use crate::domain::rate_limit::{Allowance, Charge, ChargeWeight, Limit, LimitMode, LimitName, Quotas};

/// What one tier says of one charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ChargeOutcome {
    /// Counted; so many more would fit at this moment.
    Taken { remaining: u32 },
    /// Not counted.
    Denied { retry_after: Duration },
}

impl ChargeOutcome {
    pub(super) fn is_taken(self) -> bool {
        matches!(self, Self::Taken { .. })
    }
}

/// The tier that had the last word, as metrics name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AnswerSource {
    Local,
    Redis,
    /// What Redis denied a moment ago, remembered in this process.
    Memory,
}

/// True when a limit that is enforced denied: what a limit only shadows denies nobody.
pub(super) fn denies(quotas: &Quotas, charge: &Charge, outcome: ChargeOutcome) -> bool {
    !outcome.is_taken() && quotas.get(charge.limit).mode == LimitMode::Enforce
}

/// The answer of one tier: an outcome per charge, in their order.
#[derive(Debug)]
pub(super) struct TierAnswer<'a> {
    quotas: &'a Quotas,
    charges: &'a [Charge],
    outcomes: Vec<ChargeOutcome>,
    source: AnswerSource,
}

impl<'a> TierAnswer<'a> {
    pub(super) fn new(
        quotas: &'a Quotas,
        charges: &'a [Charge],
        outcomes: Vec<ChargeOutcome>,
        source: AnswerSource,
    ) -> Self {
        Self { quotas, charges, outcomes, source }
    }

    fn each(&self) -> impl Iterator<Item = (&Charge, ChargeOutcome)> {
        self.charges.iter().zip(self.outcomes.iter().copied())
    }

    pub(super) fn is_denied(&self) -> bool {
        self.each().any(|(charge, outcome)| denies(self.quotas, charge, outcome))
    }

    /// The longest wait among the denials, or whether some reader's quota runs low.
    pub(super) fn allowance(&self) -> Allowance {
        let mut pressed = false;
        let mut longest: Option<(LimitName, Duration)> = None;
        for (charge, outcome) in self.each() {
            match outcome {
                ChargeOutcome::Taken { remaining } => pressed |= runs_low(charge.limit, remaining, self.quotas),
                ChargeOutcome::Denied { retry_after } => {
                    if denies(self.quotas, charge, outcome) && longest.is_none_or(|(_, wait)| retry_after > wait) {
                        longest = Some((charge.limit, retry_after));
                    }
                }
            }
        }
        match longest {
            Some((limit, wait)) => Allowance::Denied { limit, retry_after: whole_milliseconds(wait) },
            None => Allowance::Allowed { pressed },
        }
    }

    /// Counts a decision per limit: each that denied or would deny, and when none denied, all that counted.
    pub(super) fn count(&self) {
        let denied = self.is_denied();
        for (charge, outcome) in self.each() {
            let decision = match outcome {
                ChargeOutcome::Denied { .. } if denies(self.quotas, charge, outcome) => Decision::Denied,
                ChargeOutcome::Denied { .. } => Decision::WouldDeny,
                ChargeOutcome::Taken { .. } if denied || charge.weight == ChargeWeight::Look => continue,
                ChargeOutcome::Taken { .. } => Decision::Allowed,
            };
            count_decision(charge.limit, decision, self.source);
        }
    }
}

/// What a limit did about an event, as metrics name it.
#[derive(Debug, Clone, Copy)]
enum Decision {
    Allowed,
    Denied,
    WouldDeny,
}

/// Names of the decisions and of the sources, in the order of their types.
const DECISIONS: [&str; 3] = ["allowed", "denied", "would_deny"];
const SOURCES: [&str; 3] = ["local", "redis", "memory"];

/// The counters' names with all their labels, by limit, decision and source. To make one takes longer than to count.
static COUNTERS: LazyLock<Vec<Key>> = LazyLock::new(|| {
    let mut counters = Vec::new();
    for limit in LimitName::ALL {
        for decision in DECISIONS {
            for source in SOURCES {
                let labels = [("limit", limit.as_str()), ("decision", decision), ("source", source)];
                let labels = labels.map(|(name, value)| Label::from_static_parts(name, value));
                counters.push(Key::from_parts("duyet_rate_limit_decisions_total", labels.to_vec()));
            }
        }
    }
    counters
});

fn count_decision(limit: LimitName, decision: Decision, source: AnswerSource) {
    const METADATA: Metadata<'static> = Metadata::new(module_path!(), Level::INFO, Some(module_path!()));
    let place = (limit as usize * DECISIONS.len() + decision as usize) * SOURCES.len() + source as usize;
    with_recorder(|recorder| recorder.register_counter(&COUNTERS[place], &METADATA)).increment(1);
}

/// Articles, sites and wide prefixes are shared by many readers: when they run low, no single reader is to blame.
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
        | LimitName::SubmitsPerPrefix56
        | LimitName::SubmitsPerPrefix48
        | LimitName::ChallengesPerArticle
        | LimitName::ChallengesPerSite
        | LimitName::ChallengesPerPrefix56
        | LimitName::ChallengesPerPrefix48
        | LimitName::FailuresPerPrefix56
        | LimitName::FailuresPerPrefix48
        | LimitName::ReportsPerArticle
        | LimitName::ReportsPerSite
        | LimitName::ReportsPerPrefix56
        | LimitName::ReportsPerPrefix48 => false,
    };
    let Limit { quota, mode } = quotas.get(limit);
    one_reader && mode == LimitMode::Enforce && u64::from(remaining) * 2 < u64::from(quota.burst.get())
}

/// Rounded up and never zero: whoever waits this long does not come a fraction too early.
fn whole_milliseconds(wait: Duration) -> Duration {
    let milliseconds = wait.as_nanos().div_ceil(1_000_000).max(1);
    Duration::from_millis(u64::try_from(milliseconds).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowance_under(quotas: &Quotas, outcomes: &[(LimitName, ChargeOutcome)]) -> Allowance {
        let charge = |limit| Charge { limit, subject: "s".into(), weight: ChargeWeight::One };
        let charges: Vec<_> = outcomes.iter().map(|(limit, _)| charge(*limit)).collect();
        let outcomes = outcomes.iter().map(|(_, outcome)| *outcome).collect();
        TierAnswer::new(quotas, &charges, outcomes, AnswerSource::Local).allowance()
    }

    fn allowance(outcomes: &[(LimitName, ChargeOutcome)]) -> Allowance {
        allowance_under(&Quotas::default(), outcomes)
    }

    #[test]
    fn a_decision_is_counted_under_its_own_labels() {
        let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
        metrics::with_local_recorder(&recorder, || {
            count_decision(LimitName::SubmitsPerDevice, Decision::Allowed, AnswerSource::Local);
            count_decision(LimitName::ReportsPerPrefix48, Decision::WouldDeny, AnswerSource::Memory);
            count_decision(LimitName::FailuresPerDevice, Decision::Denied, AnswerSource::Redis);
        });
        let shown = recorder.handle().render();
        for labels in [
            r#"{limit="SubmitsPerDevice",decision="allowed",source="local"} 1"#,
            r#"{limit="ReportsPerPrefix48",decision="would_deny",source="memory"} 1"#,
            r#"{limit="FailuresPerDevice",decision="denied",source="redis"} 1"#,
        ] {
            assert!(shown.contains(labels), "{labels} {shown}");
        }
    }

    #[test]
    fn a_limit_that_only_shadows_neither_denies_nor_presses() {
        let quotas = Quotas { submits_per_device: "5/1m SHADOW".parse().unwrap(), ..Quotas::default() };
        let denied = ChargeOutcome::Denied { retry_after: Duration::from_secs(9) };
        let (device, site) = (LimitName::SubmitsPerDevice, LimitName::SubmitsPerSite);
        let free = Allowance::Allowed { pressed: false };
        assert_eq!(allowance_under(&quotas, &[(device, denied)]), free);
        assert_eq!(allowance_under(&quotas, &[taken(device, 0)]), free);
        let told = Allowance::Denied { limit: site, retry_after: Duration::from_secs(9) };
        assert_eq!(allowance_under(&quotas, &[(device, denied), (site, denied)]), told);
    }

    fn taken(limit: LimitName, remaining: u32) -> (LimitName, ChargeOutcome) {
        (limit, ChargeOutcome::Taken { remaining })
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
        let denied = |limit, wait| (limit, ChargeOutcome::Denied { retry_after: Duration::from_nanos(wait) });
        let (device, site) = (LimitName::SubmitsPerDevice, LimitName::SubmitsPerSite);
        let expect =
            |limit, milliseconds| Allowance::Denied { limit, retry_after: Duration::from_millis(milliseconds) };
        assert_eq!(allowance(&[denied(device, 0)]), expect(device, 1));
        assert_eq!(allowance(&[denied(device, 5_000_000)]), expect(device, 5));
        assert_eq!(allowance(&[denied(device, 5_000_001), denied(site, 7_000_001)]), expect(site, 8));
        assert_eq!(allowance(&[taken(device, 0), denied(site, 1), taken(device, 0)]), expect(site, 1));
    }
}
