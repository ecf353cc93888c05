//! The service of terms and of what was learned.

use std::sync::Arc;

use crate::{
    domain::{Result, comment::TextLimits, id::SiteId, spam::Thresholds},
    service::core::{Core, assessment::Learned},
};

/// The newsrooms' terms, what was learned, and what both say of a text.
pub struct Rules {
    pub(super) core: Arc<Core>,
}

impl Rules {
    pub(in crate::service) const fn new(core: Arc<Core>) -> Self {
        Self { core }
    }

    /// How long a reader's texts may be.
    pub fn text_limits(&self) -> TextLimits {
        self.core.defaults.get().text
    }

    /// What this replica knows of the site's spam; `None` before the first decision.
    pub fn learned(&self, site: &SiteId) -> Option<Arc<Learned>> {
        self.core.assessor.learned(site)
    }

    /// Where the site's scores begin to matter: by its own decisions, else by the settings.
    pub fn thresholds(&self, site: &SiteId) -> Thresholds {
        self.core.assessor.thresholds(site)
    }

    /// Loads the terms of every site where they changed, and returns of how many sites that was. Every replica calls it
    /// now and then.
    ///
    /// # Errors
    /// The store's. The terms that were loaded before stay in force.
    pub async fn load_terms(&self) -> Result<u64> {
        self.core.assessor.load_terms().await
    }
}
