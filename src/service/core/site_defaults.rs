//! What holds for all sites until they have settings of their own.

use std::sync::{PoisonError, RwLock};

use crate::domain::{
    challenge::ProofTries,
    comment::TextLimits,
    mode::Mode,
    policy::{EXPIRE_PENDING_DAYS, SAMPLE_PERCENT},
    privacy::Retention,
    spam::Thresholds,
};

/// What a site may set; the same for all sites until they have settings of their own.
#[derive(Debug, Clone, Copy)]
pub struct SiteDefaults {
    pub text: TextLimits,
    pub mode: Mode,
    /// In force on a site until its own decisions set others.
    pub thresholds: Thresholds,
    /// Of 100 automatic decisions, so many go to a moderator.
    pub sample_percent: u8,
    /// A comment that waited so many days is rejected.
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

/// The defaults in force. They change when the configuration is read again.
pub(in crate::service) struct LiveDefaults(RwLock<SiteDefaults>);

impl LiveDefaults {
    pub(in crate::service) const fn new(defaults: SiteDefaults) -> Self {
        Self(RwLock::new(defaults))
    }

    /// Returns the defaults in force. Whoever needs two of them should ask once.
    pub(in crate::service) fn get(&self) -> SiteDefaults {
        *self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts other defaults in force, for calls that begin from now on.
    pub(in crate::service) fn set(&self, defaults: SiteDefaults) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = defaults;
    }
}
