//! The answer of one tier: an outcome per charge, from which the allowance of the check is derived.

use std::{sync::LazyLock, time::Duration};

use metrics::{Key, Label, Level, Metadata, with_recorder};

use crate::domain::rate_limit::{Allowance, Charge, ChargeWeight, Limit, LimitMode, LimitName, Quotas};

/// The outcome of one charge in one tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ChargeOutcome {
    /// The charge fits; it is counted unless it is a look. `remaining` more events would fit now.
    Taken { remaining: u32 },
    /// The charge does not fit and is not counted.
    Denied { retry_after: Duration },
}

impl ChargeOutcome {
    pub(super) fn is_taken(self) -> bool {
        matches!(self, Self::Taken { .. })
    }
}

/// The tier that made the final decision, as metrics name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AnswerSource {
    Local,
    Redis,
    /// This process, which remembers recent denials by Redis.
    Memory,
}

/// Checks whether an enforced limit denied the charge. A limit in shadow mode denies no call.
pub(super) fn denies(quotas: &Quotas, charge: &Charge, outcome: ChargeOutcome) -> bool {
    !outcome.is_taken() && quotas.get(charge.limit).mode == LimitMode::Enforce
}

/// The answer of one tier: one outcome per charge, in the order of the charges.
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

    /// Returns the denial with the longest wait. If there is none, reports whether a single reader's quota runs low.
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

    /// Counts the limits' decisions in the metrics: every denial, including those in shadow mode, and every counted
    /// charge unless an enforced limit denied the check.
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

/// A limit's decision on an event, as metrics name it.
#[derive(Debug, Clone, Copy)]
enum Decision {
    Allowed,
    Denied,
    WouldDeny,
}

/// Labels of the decisions and sources, in the order of the variants.
const DECISIONS: [&str; 3] = ["allowed", "denied", "would_deny"];
const SOURCES: [&str; 3] = ["local", "redis", "memory"];

/// The counter's keys with all labels, by limit, decision and source. Building a key takes longer than counting.
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

/// Checks whether less than half of the burst of an enforced limit is left. Articles, sites and wide prefixes never
/// run low, because many readers share them and no single reader is the cause.
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

/// Rounds up to whole milliseconds, at least one, so that a caller that waits this long does not call too early.
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
    fn a_limit_in_shadow_mode_neither_denies_nor_presses() {
        let quotas = Quotas { submits_per_device: "5/1m SHADOW".parse().unwrap(), ..Quotas::default() };
        let denied = ChargeOutcome::Denied { retry_after: Duration::from_secs(9) };
        let (device, site) = (LimitName::SubmitsPerDevice, LimitName::SubmitsPerSite);
        let free = Allowance::Allowed { pressed: false };
        assert_eq!(allowance_under(&quotas, &[(device, denied)]), free);
        assert_eq!(allowance_under(&quotas, &[taken(device, 0)]), free);
        let expected = Allowance::Denied { limit: site, retry_after: Duration::from_secs(9) };
        assert_eq!(allowance_under(&quotas, &[(device, denied), (site, denied)]), expected);
    }

    fn taken(limit: LimitName, remaining: u32) -> (LimitName, ChargeOutcome) {
        (limit, ChargeOutcome::Taken { remaining })
    }

    #[test]
    fn a_reader_is_pressed_below_half_of_a_burst_but_not_by_shared_limits() {
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
