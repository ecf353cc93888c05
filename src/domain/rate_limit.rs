//! Rate limits: what is counted, how often it may happen, and what a check answers. The arithmetic (GCRA) is
//! governor's in process and the script's in Redis.

use std::{num::NonZeroU32, time::Duration};

use serde::{Deserialize, Serialize};

pub use super::quota::{Limit, LimitMode, Quota};

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

/// Every limit's quota and mode. In a file each is optional and named as its limit is: `submits_per_device = "5/1m burst 3"`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Quotas {
    pub submits_per_device: Limit,
    pub submits_per_prefix: Limit,
    pub submits_per_article: Limit,
    pub submits_per_site: Limit,
    pub challenges_per_device: Limit,
    pub challenges_per_prefix: Limit,
    pub challenges_per_article: Limit,
    pub challenges_per_site: Limit,
    pub failures_per_device: Limit,
    pub failures_per_prefix: Limit,
    pub reports_per_device: Limit,
    pub reports_per_prefix: Limit,
}

impl Quotas {
    /// The same for every event and subject: for tests and rehearsals, which want no limit in their way.
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
        }
    }

    /// The same limits where each of `replicas` has its part.
    #[must_use]
    pub fn divided_by(&self, replicas: NonZeroU32) -> Self {
        let mut parts = self.clone();
        for limit in LimitName::ALL {
            let part = parts.get_mut(*limit);
            part.quota = part.quota.divided_by(replicas);
        }
        parts
    }

    /// One limit.
    pub const fn get(&self, limit: LimitName) -> Limit {
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

    const fn get_mut(&mut self, limit: LimitName) -> &mut Limit {
        match limit {
            LimitName::SubmitsPerDevice => &mut self.submits_per_device,
            LimitName::SubmitsPerPrefix => &mut self.submits_per_prefix,
            LimitName::SubmitsPerArticle => &mut self.submits_per_article,
            LimitName::SubmitsPerSite => &mut self.submits_per_site,
            LimitName::ChallengesPerDevice => &mut self.challenges_per_device,
            LimitName::ChallengesPerPrefix => &mut self.challenges_per_prefix,
            LimitName::ChallengesPerArticle => &mut self.challenges_per_article,
            LimitName::ChallengesPerSite => &mut self.challenges_per_site,
            LimitName::FailuresPerDevice => &mut self.failures_per_device,
            LimitName::FailuresPerPrefix => &mut self.failures_per_prefix,
            LimitName::ReportsPerDevice => &mut self.reports_per_device,
            LimitName::ReportsPerPrefix => &mut self.reports_per_prefix,
        }
    }
}

impl Default for Quotas {
    /// Our choice, to be tuned per newsroom: five comments a minute are more than one reader writes, and a prefix is
    /// often a whole carrier NAT. A challenge may be asked for four times as often as a comment is sent, because
    /// pictures are misread and reloaded. Half of twenty wrong answers in ten minutes is more than bad eyes: from there on challenges get
    /// harder. Who reports more than twenty comments an hour is no help to a moderator.
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
        }
    }
}

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

/// One event counted against one subject.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Charge {
    pub limit: LimitName,
    /// Site and subject, already pseudonymous: `default/3f2a…`.
    pub subject: String,
    pub weight: Weight,
}

/// Whether a charge counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Weight {
    /// One event.
    One,
    /// Nothing: it only asks whether one more event would fit, and how many.
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
