//! The newsrooms' terms, as this replica loaded them.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use crate::{
    domain::{Result, id::SiteId, spam::TermSet},
    ops::metric,
    service::blocking::blocking,
    store::Store,
};

/// A site's loaded terms.
pub(super) struct SiteTerms {
    version: i64,
    pub(super) set: TermSet,
}

/// The terms of all sites that have, or had, any.
pub(super) struct LiveTerms {
    store: Arc<dyn Store>,
    by_site: RwLock<BTreeMap<SiteId, Arc<SiteTerms>>>,
}

impl LiveTerms {
    pub(super) fn new(store: Arc<dyn Store>) -> Self {
        Self { store, by_site: RwLock::default() }
    }

    pub(super) fn of(&self, site: &SiteId) -> Option<Arc<SiteTerms>> {
        self.by_site.read().unwrap_or_else(PoisonError::into_inner).get(site).cloned()
    }

    pub(super) async fn load(&self) -> Result<u64> {
        let mut loaded = 0;
        // The versions are read before the terms: a change in between is loaded again by the next call.
        for (site, version) in self.store.term_versions().await? {
            if self.of(&site).is_some_and(|live| live.version == version) {
                continue;
            }
            let terms = self.store.all_terms(&site).await?;
            metric::terms_loaded(&site, terms.len());
            let set = blocking(move || TermSet::compile(&terms)).await??;
            let live = Arc::new(SiteTerms { version, set });
            self.by_site.write().unwrap_or_else(PoisonError::into_inner).insert(site, live);
            loaded += 1;
        }
        Ok(loaded)
    }
}
