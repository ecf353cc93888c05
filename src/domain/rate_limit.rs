//! Rate limits: what is counted, how often it may happen, and what a check answers. The arithmetic (GCRA) is
//! governor's in process and the script's in Redis.

use std::{num::NonZeroU32, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};

named_enum! {
    /// Every limit: event and subject.
    LimitName {
        SubmitsPerDevice = "SubmitsPerDevice",
        SubmitsPerPrefix = "SubmitsPerPrefix",
        SubmitsPerArticle = "SubmitsPerArticle",
        SubmitsPerSite = "SubmitsPerSite",
        ChallengesPerDevice = "ChallengesPerDevice",
        ChallengesPerPrefix = "ChallengesPerPrefix",
        ChallengesPerArticle = "ChallengesPerArticle",
        ChallengesPerSite = "ChallengesPerSite",
        FailuresPerDevice = "FailuresPerDevice",
        FailuresPerPrefix = "FailuresPerPrefix",
        ReportsPerDevice = "ReportsPerDevice",
        ReportsPerPrefix = "ReportsPerPrefix",
    }
}

/// So many events in a period, written `5/1m`. All of them may come at once; then one per `period / events`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    pub events: NonZeroU32,
    pub period: Duration,
}

impl Quota {
    /// Time after which one more event fits.
    pub fn interval(&self) -> Duration {
        self.period / self.events.get()
    }
}

impl FromStr for Quota {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a quota such as 5/1m (events / seconds s, minutes m or hours h)");
        let (events, period) = text.split_once('/').ok_or_else(wrong)?;
        let unit_at = period.len().checked_sub(1).filter(|at| period.is_char_boundary(*at)).ok_or_else(wrong)?;
        let (count, unit) = period.split_at(unit_at);
        let seconds = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3_600,
            _ => return Err(wrong()),
        };
        let count: u64 = if count.is_empty() { 1 } else { count.parse().map_err(|_| wrong())? };
        let events = events.parse().map_err(|_| wrong())?;
        let period = Duration::from_secs(count.checked_mul(seconds).ok_or_else(wrong)?);
        let quota = Self { events, period };
        // Redis keeps whole microseconds: a shorter interval would be no limit there.
        if period.is_zero() || period > Duration::from_secs(86_400) || quota.interval() < Duration::from_micros(10) {
            Err(wrong())
        } else {
            Ok(quota)
        }
    }
}

impl std::fmt::Display for Quota {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let seconds = self.period.as_secs();
        match seconds {
            s if s % 3_600 == 0 => write!(f, "{}/{}h", self.events, s / 3_600),
            s if s % 60 == 0 => write!(f, "{}/{}m", self.events, s / 60),
            s => write!(f, "{}/{s}s", self.events),
        }
    }
}

impl Serialize for Quota {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Quota {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The quota of every limit. In a file each is optional and named as its limit is: `submits_per_device = "5/1m"`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Quotas {
    pub submits_per_device: Quota,
    pub submits_per_prefix: Quota,
    pub submits_per_article: Quota,
    pub submits_per_site: Quota,
    pub challenges_per_device: Quota,
    pub challenges_per_prefix: Quota,
    pub challenges_per_article: Quota,
    pub challenges_per_site: Quota,
    pub failures_per_device: Quota,
    pub failures_per_prefix: Quota,
    pub reports_per_device: Quota,
    pub reports_per_prefix: Quota,
}

impl Quotas {
    /// The quota of one limit.
    pub const fn get(&self, limit: LimitName) -> Quota {
        match limit {
            LimitName::SubmitsPerDevice => self.submits_per_device,
            LimitName::SubmitsPerPrefix => self.submits_per_prefix,
            LimitName::SubmitsPerArticle => self.submits_per_article,
            LimitName::SubmitsPerSite => self.submits_per_site,
            LimitName::ChallengesPerDevice => self.challenges_per_device,
            LimitName::ChallengesPerPrefix => self.challenges_per_prefix,
            LimitName::ChallengesPerArticle => self.challenges_per_article,
            LimitName::ChallengesPerSite => self.challenges_per_site,
            LimitName::FailuresPerDevice => self.failures_per_device,
            LimitName::FailuresPerPrefix => self.failures_per_prefix,
            LimitName::ReportsPerDevice => self.reports_per_device,
            LimitName::ReportsPerPrefix => self.reports_per_prefix,
        }
    }
}

impl Default for Quotas {
    /// Our choice, to be tuned per newsroom: five comments a minute are more than one reader writes, and a prefix is
    /// often a whole carrier NAT. A challenge may be asked for four times as often as a comment is sent, because
    /// pictures are misread and reloaded. Who reports more than twenty comments an hour is no help to a moderator.
    fn default() -> Self {
        Self {
            submits_per_device: per_minute(5),
            submits_per_prefix: per_minute(60),
            submits_per_article: per_minute(300),
            submits_per_site: per_minute(3_000),
            challenges_per_device: per_minute(20),
            challenges_per_prefix: per_minute(240),
            challenges_per_article: per_minute(1_200),
            challenges_per_site: per_minute(6_000),
            failures_per_device: quota(20, 600),
            failures_per_prefix: quota(200, 600),
            reports_per_device: per_hour(20),
            reports_per_prefix: per_hour(120),
        }
    }
}

const fn per_minute(events: u32) -> Quota {
    quota(events, 60)
}

const fn per_hour(events: u32) -> Quota {
    quota(events, 3_600)
}

const fn quota(events: u32, seconds: u64) -> Quota {
    let events = match NonZeroU32::new(events) {
        Some(events) => events,
        None => NonZeroU32::MIN,
    };
    Quota { events, period: Duration::from_secs(seconds) }
}

/// One event counted against one subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    pub limit: LimitName,
    /// Site and subject, already pseudonymous: `default/3f2a…`.
    pub subject: String,
    pub weight: Weight,
}

/// Whether a charge counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    One,
    Look,
}

/// What a check of several charges answers. Either all are counted or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allowance {
    Allowed {
        /// True when less than half of some device's or prefix's quota is left: the next challenge gets harder.
        pressed: bool,
    },
    Refused {
        limit: LimitName,
        /// Never zero. Asking again earlier does not lengthen it.
        retry_after: Duration,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotas_read_as_they_are_written() {
        for text in ["5/1m", "60/10s", "1/24h", "1000/1s"] {
            assert_eq!(text.parse::<Quota>().unwrap().to_string(), text);
        }
        assert_eq!("5/m".parse::<Quota>().unwrap().to_string(), "5/1m");
    }

    #[test]
    fn wrong_quotas_are_refused_with_an_example() {
        for text in ["", "5", "0/1m", "5/0m", "5/1", "x/1m", "5/1d", "5/25h", "-1/1m", "200000/1s", "5/é"] {
            assert!(text.parse::<Quota>().unwrap_err().contains("5/1m"), "{text}");
        }
    }
    #[test]
    fn quotas_are_named_as_their_limits_are() {
        let quotas = serde_json::to_value(Quotas::default()).unwrap();
        for limit in LimitName::ALL {
            let mut key = String::new();
            for letter in limit.as_str().chars() {
                if letter.is_uppercase() && !key.is_empty() {
                    key.push('_');
                }
                key.extend(letter.to_lowercase());
            }
            assert_eq!(quotas[&key], Quotas::default().get(*limit).to_string(), "{key}");
        }
        assert_eq!(quotas.as_object().unwrap().len(), LimitName::ALL.len());
    }

    #[test]
    fn a_file_may_name_some_quotas_and_no_others() {
        let quotas: Quotas = serde_json::from_str(r#"{"submits_per_device": "2/10s"}"#).unwrap();
        assert_eq!(quotas.get(LimitName::SubmitsPerDevice).to_string(), "2/10s");
        assert_eq!(quotas.get(LimitName::SubmitsPerSite), Quotas::default().submits_per_site);
        let wrong = serde_json::from_str::<Quotas>(r#"{"submits_per_planet": "2/10s"}"#).unwrap_err().to_string();
        assert!(wrong.contains("submits_per_planet"), "{wrong}");
    }
}
