//! Rate limits: the events and subjects that are counted, their quotas, and the result of a check. The algorithm is
//! GCRA: the `governor` crate runs it in process, and a script runs it in Redis.

use std::{num::NonZeroU32, time::Duration};

use serde::{Deserialize, Serialize};

pub use super::quota::{Limit, LimitMode, Quota};

named_enum! {
    /// The name of a limit, which consists of an event and a subject.
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
        ReportsPerArticle = "ReportsPerArticle",
        ReportsPerSite = "ReportsPerSite",
        SubmitsPerPrefix56 = "SubmitsPerPrefix56",
        SubmitsPerPrefix48 = "SubmitsPerPrefix48",
        ChallengesPerPrefix56 = "ChallengesPerPrefix56",
        ChallengesPerPrefix48 = "ChallengesPerPrefix48",
        FailuresPerPrefix56 = "FailuresPerPrefix56",
        FailuresPerPrefix48 = "FailuresPerPrefix48",
        ReportsPerPrefix56 = "ReportsPerPrefix56",
        ReportsPerPrefix48 = "ReportsPerPrefix48",
    }
}

/// Multiples of the /64's quota that an IPv6 /56 and a /48 have. One customer often has a whole /56 or /48, and an IPv6
/// carrier has many readers behind one.
const PER_56: u32 = 4;
const PER_48: u32 = 16;

/// Largest reserve, in percent, so that new readers always have a share.
const MOST_RESERVED: u8 = 90;

/// The quota and mode of every limit. Each setting is optional in a file and has the name of its limit:
/// `submits_per_device = "5/1m burst 3"`. The quotas of an IPv6 /56 and /48 are multiples of the /64's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Quotas {
    /// Submits from one device.
    pub submits_per_device: Limit,
    /// Submits from one address prefix: a /24 or /64. An IPv6 /56 has 4 times the quota, a /48 16 times.
    pub submits_per_prefix: Limit,
    /// Submits to one article.
    pub submits_per_article: Limit,
    /// Submits to the whole site.
    pub submits_per_site: Limit,
    /// Challenges issued to one device. After half of the burst is used, challenges get harder; after all of it, they
    /// are denied.
    pub challenges_per_device: Limit,
    /// Challenges issued to one address prefix, with the same effects.
    pub challenges_per_prefix: Limit,
    /// Challenges issued for one article.
    pub challenges_per_article: Limit,
    /// Challenges issued for the whole site.
    pub challenges_per_site: Limit,
    /// Wrong answers from one device. After half of the burst is used, challenges get harder; after all of it, they are
    /// denied.
    pub failures_per_device: Limit,
    /// Wrong answers from one address prefix, with the same effects.
    pub failures_per_prefix: Limit,
    /// Readers' reports from one device.
    pub reports_per_device: Limit,
    /// Readers' reports from one address prefix.
    pub reports_per_prefix: Limit,
    /// Readers' reports on one article.
    pub reports_per_article: Limit,
    /// Readers' reports on the whole site.
    pub reports_per_site: Limit,
    /// Percentage of the quotas of articles and sites that is reserved for known devices, 0 to 90. A device is known if
    /// more of its comments were approved than rejected.
    #[serde(deserialize_with = "reserve")]
    pub reserve_percent: u8,
}

fn reserve<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    let percent = u8::deserialize(deserializer)?;
    if percent <= MOST_RESERVED {
        return Ok(percent);
    }
    Err(serde::de::Error::custom(format!("`{percent}` is no reserve: 0 to {MOST_RESERVED} percent")))
}

impl Quotas {
    /// Creates quotas that use one limit for every event and subject. Tests and rehearsals use it to avoid limits.
    pub const fn all(limit: Limit) -> Self {
        Self {
            submits_per_device: limit,
            submits_per_prefix: limit,
            submits_per_article: limit,
            submits_per_site: limit,
            challenges_per_device: limit,
            challenges_per_prefix: limit,
            challenges_per_article: limit,
            challenges_per_site: limit,
            failures_per_device: limit,
            failures_per_prefix: limit,
            reports_per_device: limit,
            reports_per_prefix: limit,
            reports_per_article: limit,
            reports_per_site: limit,
            reserve_percent: DEFAULT_RESERVE,
        }
    }

    #[must_use]
    pub fn divided_by(&self, replicas: NonZeroU32) -> Self {
        let mut parts = self.clone();
        for part in parts.settings_mut() {
            part.quota = part.quota.divided_by(replicas);
        }
        parts
    }

    /// Computes the number of events of `limit` that are reserved for known devices. It is less than the burst.
    pub fn reserve(&self, limit: LimitName) -> u32 {
        let burst = u64::from(self.get(limit).quota.burst.get());
        let reserved = burst * u64::from(self.reserve_percent.min(MOST_RESERVED)) / 100;
        u32::try_from(reserved).unwrap_or(u32::MAX)
    }

    pub fn get(&self, limit: LimitName) -> Limit {
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
            LimitName::ReportsPerArticle => self.reports_per_article,
            LimitName::ReportsPerSite => self.reports_per_site,
            LimitName::SubmitsPerPrefix56 => self.submits_per_prefix.times(PER_56),
            LimitName::SubmitsPerPrefix48 => self.submits_per_prefix.times(PER_48),
            LimitName::ChallengesPerPrefix56 => self.challenges_per_prefix.times(PER_56),
            LimitName::ChallengesPerPrefix48 => self.challenges_per_prefix.times(PER_48),
            LimitName::FailuresPerPrefix56 => self.failures_per_prefix.times(PER_56),
            LimitName::FailuresPerPrefix48 => self.failures_per_prefix.times(PER_48),
            LimitName::ReportsPerPrefix56 => self.reports_per_prefix.times(PER_56),
            LimitName::ReportsPerPrefix48 => self.reports_per_prefix.times(PER_48),
        }
    }

    fn settings_mut(&mut self) -> [&mut Limit; 14] {
        [
            &mut self.submits_per_device,
            &mut self.submits_per_prefix,
            &mut self.submits_per_article,
            &mut self.submits_per_site,
            &mut self.challenges_per_device,
            &mut self.challenges_per_prefix,
            &mut self.challenges_per_article,
            &mut self.challenges_per_site,
            &mut self.failures_per_device,
            &mut self.failures_per_prefix,
            &mut self.reports_per_device,
            &mut self.reports_per_prefix,
            &mut self.reports_per_article,
            &mut self.reports_per_site,
        ]
    }
}

impl Default for Quotas {
    /// These values are our choice; each newsroom should tune them. Five comments a minute are more than one reader
    /// writes, while a prefix is often the NAT of a whole carrier. The quota of challenges is four times that of
    /// submits, because images are misread and reloaded. After half of the twenty wrong answers allowed in ten minutes,
    /// challenges get harder. A reader who reports more than twenty comments an hour does not help moderators, and
    /// neither do more than two reports a minute on one article.
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
            failures_per_device: limit(20, 600),
            failures_per_prefix: limit(200, 600),
            reports_per_device: per_hour(20),
            reports_per_prefix: per_hour(120),
            reports_per_article: per_hour(120),
            reports_per_site: per_hour(1_200),
            reserve_percent: DEFAULT_RESERVE,
        }
    }
}

/// Half of the quotas of articles and sites is reserved for readers whose comments moderators approved.
const DEFAULT_RESERVE: u8 = 50;

const fn per_minute(events: u32) -> Limit {
    limit(events, 60)
}

const fn per_hour(events: u32) -> Limit {
    limit(events, 3_600)
}

const fn limit(events: u32, seconds: u64) -> Limit {
    let events = match NonZeroU32::new(events) {
        Some(events) => events,
        None => NonZeroU32::MIN,
    };
    Limit::enforced(Quota { events, period: Duration::from_secs(seconds), burst: events })
}

/// One event, to be counted for one subject.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Charge {
    pub limit: LimitName,
    /// Site and pseudonymous subject: `default/3f2a…`.
    pub subject: String,
    pub weight: ChargeWeight,
}

/// How a charge is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChargeWeight {
    /// One event.
    One,
    /// One event, allowed only if the reserve stays free: see [`Quotas::reserve`].
    OneBesideReserve,
    /// No event: the check only returns whether one more would fit.
    Look,
}

impl ChargeWeight {
    /// Checks whether the charge changes the count.
    pub const fn counts(self) -> bool {
        matches!(self, Self::One | Self::OneBesideReserve)
    }
}

impl Charge {
    /// Returns the number of events that must stay free after this charge.
    pub fn keeps_free(&self, quotas: &Quotas) -> u32 {
        if self.weight == ChargeWeight::OneBesideReserve { quotas.reserve(self.limit) } else { 0 }
    }
}

/// The result of a check of several charges. Either all of them are counted or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allowance {
    Allowed {
        /// True when less than half of a device's or prefix's quota is left. The next challenge is harder then.
        pressed: bool,
    },
    Denied {
        limit: LimitName,
        /// Never zero. An earlier retry does not extend it.
        retry_after: Duration,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotas_are_named_as_their_limits_are() {
        let quotas = serde_json::to_value(Quotas::default()).unwrap();
        let derived = |limit: &&LimitName| !limit.as_str().ends_with(['6', '8']);
        for limit in LimitName::ALL.iter().filter(derived) {
            let mut key = String::new();
            for letter in limit.as_str().chars() {
                if letter.is_uppercase() && !key.is_empty() {
                    key.push('_');
                }
                key.extend(letter.to_lowercase());
            }
            assert_eq!(quotas[&key], Quotas::default().get(*limit).to_string(), "{key}");
        }
        let settings = LimitName::ALL.iter().filter(derived).count();
        assert_eq!(quotas.as_object().unwrap().len(), settings + 1, "one key per limit, and one for the reserve");
        assert_eq!(Quotas::default().settings_mut().len(), settings);
    }

    #[test]
    fn wider_prefixes_have_multiples_of_the_narrow_ones_quota() {
        let quotas = Quotas::default();
        for (limit, text) in [
            (LimitName::SubmitsPerPrefix56, "240/1m"),
            (LimitName::SubmitsPerPrefix48, "960/1m"),
            (LimitName::ReportsPerPrefix56, "480/1h"),
            (LimitName::FailuresPerPrefix48, "3200/10m"),
        ] {
            assert_eq!(quotas.get(limit).to_string(), text);
        }
    }

    #[test]
    fn a_reserve_is_a_part_of_the_burst_and_never_all_of_it() {
        let quotas = |article: &str, reserve_percent| Quotas {
            submits_per_article: article.parse().unwrap(),
            reserve_percent,
            ..Quotas::default()
        };
        let reserved = |article, percent| quotas(article, percent).reserve(LimitName::SubmitsPerArticle);
        assert_eq!(reserved("300/1m", 50), 150);
        assert_eq!(reserved("300/1m burst 5", 50), 2);
        assert_eq!([reserved("1/1m", 90), reserved("300/1m", 0)], [0, 0]);
        assert!(serde_json::from_str::<Quotas>(r#"{"reserve_percent": 91}"#).is_err());
        assert_eq!(serde_json::from_str::<Quotas>(r#"{"reserve_percent": 25}"#).unwrap().reserve_percent, 25);
    }

    #[test]
    fn a_file_may_set_some_quotas_but_no_unknown_ones() {
        let quotas: Quotas = serde_json::from_str(r#"{"submits_per_device": "2/10s"}"#).unwrap();
        assert_eq!(quotas.get(LimitName::SubmitsPerDevice).to_string(), "2/10s");
        assert_eq!(quotas.get(LimitName::SubmitsPerSite), Quotas::default().submits_per_site);
        let wrong = serde_json::from_str::<Quotas>(r#"{"submits_per_planet": "2/10s"}"#).unwrap_err().to_string();
        assert!(wrong.contains("submits_per_planet"), "{wrong}");
    }
}
