//! Quotas of rate limits and whether they are enforced, written as one line of text: `5/1m burst 3 SHADOW`.

use std::{num::NonZeroU32, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};

/// Longest period of a quota (a day), and longest time in which a burst refills (a week).
const LONGEST_PERIOD: Duration = Duration::from_secs(86_400);
const LONGEST_REFILL: Duration = Duration::from_secs(7 * 86_400);

/// Shortest interval between two events. Redis stores whole microseconds, so a shorter interval would not limit there.
const SHORTEST_INTERVAL: Duration = Duration::from_micros(10);

/// A number of events in a period, written `5/1m`: one event per `period / events`, and all of them at once after a
/// quiet time. With `5/1m burst 3`, at most three come at once; the burst may also be larger than the number of events.
///
/// In any time `t`, at most `burst + t / interval` events are allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    pub events: NonZeroU32,
    pub period: Duration,
    pub burst: NonZeroU32,
}

impl Quota {
    /// Computes the time after which one more event fits. It is rounded up, so that a period never allows one event too
    /// many.
    pub fn interval(&self) -> Duration {
        let nanos = self.period.as_nanos().div_ceil(self.events.get().into());
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// Computes the share of one replica when `replicas` of them share the quota. The burst is at least one event.
    #[must_use]
    pub fn divided_by(self, replicas: NonZeroU32) -> Self {
        let part = |whole: NonZeroU32| NonZeroU32::new(whole.get() / replicas.get()).unwrap_or(NonZeroU32::MIN);
        // Multiplying the period instead of dividing the events loses nothing to rounding.
        Self { period: self.period * replicas.get(), burst: part(self.burst), ..self }
    }

    fn is_sane(&self) -> bool {
        !self.period.is_zero()
            && self.period <= LONGEST_PERIOD
            && self.interval() >= SHORTEST_INTERVAL
            && self.interval().checked_mul(self.burst.get()).is_some_and(|refill| refill <= LONGEST_REFILL)
    }
}

named_enum! {
    /// Whether a limit is counted and enforced.
    LimitMode {
        /// Events are not counted.
        Off = "OFF",
        /// Events are counted and reported in metrics, but none is denied. This mode tests a quota with real readers.
        Shadow = "SHADOW",
        Enforce = "ENFORCE",
    }
}

/// A limit's quota and mode, written `5/1m burst 3 SHADOW`. Without a mode, the limit is enforced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    pub quota: Quota,
    pub mode: LimitMode,
}

impl Limit {
    pub(super) const fn enforced(quota: Quota) -> Self {
        Self { quota, mode: LimitMode::Enforce }
    }

    #[must_use]
    pub(super) fn times(self, factor: u32) -> Self {
        let times = |events: NonZeroU32| events.saturating_mul(NonZeroU32::new(factor).unwrap_or(NonZeroU32::MIN));
        let quota = Quota { events: times(self.quota.events), burst: times(self.quota.burst), ..self.quota };
        Self { quota, ..self }
    }
}

/// The error for a text that is not a limit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no limit such as 5/1m, 5/1m burst 3 or 5/1m SHADOW (events / seconds s, minutes m or hours h up to 24h, \
     OFF, SHADOW or ENFORCE; a burst refills within 7 days)"
)]
pub struct LimitError(String);

impl FromStr for Limit {
    type Err = LimitError;

    fn from_str(text: &str) -> Result<Self, LimitError> {
        parse(text).filter(|limit| limit.quota.is_sane()).ok_or_else(|| LimitError(text.to_owned()))
    }
}

/// Parses `events/period [burst N] [MODE]`.
fn parse(text: &str) -> Option<Limit> {
    let mut words = text.split_whitespace().peekable();
    let (events, period) = words.next()?.split_once('/')?;
    let (events, period) = (events.parse().ok()?, parse_period(period)?);
    let burst = if words.next_if_eq(&"burst").is_some() { words.next()?.parse().ok()? } else { events };
    let mode = words.next().map_or(Ok(LimitMode::Enforce), str::parse).ok()?;
    words.next().is_none().then_some(Limit { quota: Quota { events, period, burst }, mode })
}

/// Parses `10s`, `1m`, `24h`, or a unit alone.
fn parse_period(text: &str) -> Option<Duration> {
    let unit_at = text.len().checked_sub(1).filter(|at| text.is_char_boundary(*at))?;
    let (count, unit) = text.split_at(unit_at);
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        _ => return None,
    };
    let count: u64 = if count.is_empty() { 1 } else { count.parse().ok()? };
    count.checked_mul(seconds).map(Duration::from_secs)
}

impl std::fmt::Display for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Quota { events, period, burst } = self.quota;
        match period.as_secs() {
            s if s % 3_600 == 0 => write!(f, "{events}/{}h", s / 3_600)?,
            s if s % 60 == 0 => write!(f, "{events}/{}m", s / 60)?,
            s => write!(f, "{events}/{s}s")?,
        }
        if burst != events {
            write!(f, " burst {burst}")?;
        }
        if self.mode == LimitMode::Enforce { Ok(()) } else { write!(f, " {}", self.mode) }
    }
}

impl Serialize for Limit {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_formatted_as_they_are_written() {
        for text in ["5/1m", "60/10s", "1/24h", "1000/1s", "5/1m burst 3", "5/1m burst 50 SHADOW", "5/1m OFF"] {
            assert_eq!(text.parse::<Limit>().unwrap().to_string(), text);
        }
        assert_eq!("5/m  burst 5 enforce".parse::<Limit>().unwrap().to_string(), "5/1m");
    }

    #[test]
    fn wrong_limits_are_errors_with_an_example() {
        for text in [
            "",
            "5",
            "0/1m",
            "5/0m",
            "5/1",
            "x/1m",
            "5/1d",
            "5/25h",
            "-1/1m",
            "200000/1s",
            "5/é",
            "5/1m burst",
            "5/1m burst 0",
            "5/1m 3",
            "5/1m LOUD",
            "5/1m SHADOW burst 3",
            "5/1m OFF OFF",
            "1/24h burst 8",
            "OFF",
        ] {
            assert!(text.parse::<Limit>().unwrap_err().to_string().contains("5/1m burst 3"), "{text}");
        }
    }

    #[test]
    fn replicas_together_never_have_more_than_the_whole() {
        for (text, replicas) in [("5/1m", 3), ("60/1m burst 10", 4), ("1/1h", 7), ("5/1m", 1)] {
            let (whole, replicas) = (text.parse::<Limit>().unwrap().quota, NonZeroU32::new(replicas).unwrap());
            let part = whole.divided_by(replicas);
            assert_eq!(part.interval(), whole.interval() * replicas.get(), "{text}");
            let at_once = part.burst.get() * replicas.get();
            assert!(at_once <= whole.burst.get().max(replicas.get()), "{text}: {at_once} at once");
        }
    }
}
