//! The assessment of a comment by a site's rules, terms and model, and the comment's first status.

use std::sync::Arc;

use super::{
    learned_models::{Learned, LearnedModels},
    live_terms::LiveTerms,
};
use crate::{
    domain::{
        Result,
        id::{CommentId, SiteId},
        mode::Mode,
        policy::{self, Circumstances, FirstStatus},
        spam::{self, Assessment, Finding, FormSignals, Knowledge, Reading, Rule, Thresholds},
    },
    service::core::site_defaults::LiveDefaults,
    store::Store,
};

/// The assessment by rules, terms and learned models.
pub(in crate::service) struct Assessor {
    models: LearnedModels,
    terms: LiveTerms,
    defaults: Arc<LiveDefaults>,
}

impl Assessor {
    pub(in crate::service) fn new(store: &Arc<dyn Store>, defaults: Arc<LiveDefaults>) -> Self {
        let (models, terms) = (LearnedModels::new(Arc::clone(store)), LiveTerms::new(Arc::clone(store)));
        Self { models, terms, defaults }
    }

    pub(in crate::service) fn learned(&self, site: &SiteId) -> Option<Arc<Learned>> {
        self.models.of(site)
    }

    /// Loads every model that is newer than the loaded one.
    pub(in crate::service) async fn load_models(&self) -> Result<u64> {
        self.models.load().await
    }

    pub(in crate::service) async fn load_terms(&self) -> Result<u64> {
        self.terms.load().await
    }

    pub(in crate::service) fn thresholds(&self, site: &SiteId) -> Thresholds {
        let learned = self.learned(site).and_then(|learned| learned.thresholds);
        learned.unwrap_or_else(|| self.defaults.get().thresholds)
    }

    /// Assesses a text by the site's rules, terms and model together.
    pub(in crate::service) fn assess(&self, site: &SiteId, reading: &Reading<'_>, signals: &FormSignals) -> Assessment {
        let learned = self.learned(site);
        let terms = self.terms.of(site);
        let knowledge = Knowledge {
            model: learned.as_ref().map(|learned| &learned.model),
            terms: terms.as_ref().map(|live| &live.set),
        };
        spam::assess_reading(reading, signals, &knowledge)
    }

    /// Returns the first status of comment `id`. A finding marks the comments that are pending only because they were
    /// sampled for review.
    ///
    /// # Errors
    /// `ArticleClosed` for a mode that takes no comments.
    pub(in crate::service) fn first_status(
        &self,
        site: &SiteId,
        id: CommentId,
        mode: Mode,
        assessment: &mut Assessment,
        hold: bool,
    ) -> Result<FirstStatus> {
        let drawn = policy::is_drawn(id, self.defaults.get().sample_percent);
        let circumstances = Circumstances { hold, drawn };
        let first = policy::first_status(mode, assessment, self.thresholds(site), circumstances)?;
        if first.sampled {
            assessment.findings.push(Finding::whole(Rule::Sampled, 0.0));
        }
        Ok(first)
    }
}
