//! The service of terms and learned models.

use std::sync::Arc;

use crate::{
    domain::{Result, comment::TextLimits, id::SiteId, spam::Thresholds},
    service::core::{Core, assessment::Learned},
};

/// The service of newsrooms' terms and learned models, and of assessments by them.
pub struct Rules {
    pub(super) core: Arc<Core>,
}

impl Rules {
    pub(in crate::service) const fn new(core: Arc<Core>) -> Self {
        Self { core }
    }

    pub fn text_limits(&self) -> TextLimits {
        self.core.defaults.get().text
    }

    /// Returns the site's model as loaded by this replica, or `None` before the first decision.
    pub fn learned(&self, site: &SiteId) -> Option<Arc<Learned>> {
        self.core.assessor.learned(site)
    }

    /// Returns the thresholds of the site's scores: learned from its own decisions, or else from the settings.
    pub fn thresholds(&self, site: &SiteId) -> Thresholds {
        self.core.assessor.thresholds(site)
    }

    /// Loads the changed terms of every site, and returns the number of sites with changes. Every replica calls it
    /// periodically.
    ///
    /// # Errors
    /// The store's error. The terms that were loaded before stay in force.
    pub async fn load_terms(&self) -> Result<u64> {
        self.core.assessor.load_terms().await
    }
}
