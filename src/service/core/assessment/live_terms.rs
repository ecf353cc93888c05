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

/// A site's terms, as this replica has them.
pub(super) struct SiteTerms {
    version: i64,
    pub(super) set: TermSet,
}

/// The terms of every site that ever had any.
pub(super) struct LiveTerms {
    store: Arc<dyn Store>,
    by_site: RwLock<BTreeMap<SiteId, Arc<SiteTerms>>>,
}

impl LiveTerms {
    pub(super) fn new(store: Arc<dyn Store>) -> Self {
        Self { store, by_site: RwLock::default() }
    }

    /// The site's terms in force; `None` while it never had any.
    pub(super) fn of(&self, site: &SiteId) -> Option<Arc<SiteTerms>> {
        self.by_site.read().unwrap_or_else(PoisonError::into_inner).get(site).cloned()
    }

    /// Loads the terms of every site where they changed, and answers of how many sites that was. Every replica calls it now and then.
    ///
    /// # Errors
    /// The store's. The terms that were loaded before stay in force.
    pub(super) async fn load(&self) -> Result<u64> {
        let mut loaded = 0;
        // Asked for first: what changes in between is loaded by the next call once more.
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
