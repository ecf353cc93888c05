//! The models learned from decisions, as this replica loaded them.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use crate::{
    domain::{
        Result,
        id::SiteId,
        spam::{Model, ModelHead, Thresholds, thresholds},
    },
    ops::metric,
    service::blocking::blocking,
    store::Store,
};

/// A site's loaded model.
pub struct Learned {
    pub head: ModelHead,
    pub model: Model,
    /// `None` while there are too few decisions to derive thresholds.
    pub thresholds: Option<Thresholds>,
}

/// The models of all sites that have one.
pub(super) struct LearnedModels {
    store: Arc<dyn Store>,
    by_site: RwLock<BTreeMap<SiteId, Arc<Learned>>>,
}

impl LearnedModels {
    pub(super) fn new(store: Arc<dyn Store>) -> Self {
        Self { store, by_site: RwLock::default() }
    }

    pub(super) fn of(&self, site: &SiteId) -> Option<Arc<Learned>> {
        self.by_site.read().unwrap_or_else(PoisonError::into_inner).get(site).cloned()
    }

    /// Loads every model that is newer than the loaded one. A model that this version cannot read is skipped, and the
    /// loaded one stays in use.
    pub(super) async fn load(&self) -> Result<u64> {
        let mut loaded = 0;
        for (site, head) in self.store.model_heads().await? {
            if self.of(&site).is_some_and(|learned| learned.head == head) {
                continue;
            }
            let Some(bytes) = self.store.load_model(&site, head.version).await? else { continue };
            match blocking(move || Model::decode(&bytes)).await? {
                Ok(model) => {
                    let thresholds = thresholds::learned(model.decisions(), model.recent());
                    metric::model_loaded(&site, head.version, model.counts());
                    let learned = Arc::new(Learned { head, model, thresholds });
                    self.by_site.write().unwrap_or_else(PoisonError::into_inner).insert(site, learned);
                    loaded += 1;
                }
                Err(error) => tracing::warn!(%site, version = head.version, cause = ?error, "a model cannot be read"),
            }
        }
        Ok(loaded)
    }
}
