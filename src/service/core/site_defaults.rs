//! The settings that apply to all sites until they have settings of their own.

use std::sync::{PoisonError, RwLock};

use crate::domain::{
    challenge::ProofTries,
    comment::TextLimits,
    mode::Mode,
    policy::{EXPIRE_PENDING_DAYS, SAMPLE_PERCENT},
    privacy::Retention,
    spam::Thresholds,
};

/// The settings that apply to each site until it has its own.
#[derive(Debug, Clone, Copy)]
pub struct SiteDefaults {
    pub text: TextLimits,
    pub mode: Mode,
    /// The thresholds of a site until thresholds are learned from its decisions.
    pub thresholds: Thresholds,
    /// Percentage of automatic decisions that are sent to a moderator as a sample.
    pub sample_percent: u8,
    /// Number of days after which a pending comment is rejected.
    pub expire_pending_days: i64,
    pub retention: Retention,
    pub proof_tries: ProofTries,
}

impl Default for SiteDefaults {
    fn default() -> Self {
        Self {
            text: TextLimits::default(),
            mode: Mode::Pre,
            thresholds: Thresholds::default(),
            sample_percent: SAMPLE_PERCENT,
            expire_pending_days: EXPIRE_PENDING_DAYS,
            retention: Retention::default(),
            proof_tries: ProofTries::default(),
        }
    }
}

/// The defaults in force. They change when the configuration is reloaded.
pub(in crate::service) struct LiveDefaults(RwLock<SiteDefaults>);

impl LiveDefaults {
    pub(in crate::service) const fn new(defaults: SiteDefaults) -> Self {
        Self(RwLock::new(defaults))
    }

    /// Returns the defaults in force. A caller that needs two of them should call this once, because they may change
    /// in between.
    pub(in crate::service) fn get(&self) -> SiteDefaults {
        *self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Replaces the defaults for calls that begin from now on.
    pub(in crate::service) fn set(&self, defaults: SiteDefaults) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = defaults;
    }
}
