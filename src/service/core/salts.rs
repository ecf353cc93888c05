//! The salts that addresses are hashed with: one random salt for each site and month. The first replica that needs it
//! creates it, and it is deleted after some months.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, Datelike as _, Utc};
use uuid::Uuid;

use crate::{
    domain::{Result, address, ban, id::SiteId, pseudonym::Salt},
    store::Store,
};

/// The salts of the months whose comments bans may refer to.
#[derive(Debug)]
pub(in crate::service) struct Salts {
    /// The year and month of the current salt.
    month: (i32, u32),
    current: Salt,
    earlier: Vec<Salt>,
}

impl Salts {
    pub(in crate::service) const fn current(&self) -> Salt {
        self.current
    }

    /// Returns the current month's salt, then those of earlier months, if there are any.
    pub(in crate::service) fn recent(&self) -> impl Iterator<Item = Salt> + '_ {
        std::iter::once(self.current).chain(self.earlier.iter().copied())
    }
}

/// This replica's cache of the salts of each site.
pub(in crate::service) struct SaltCache {
    store: Arc<dyn Store>,
    by_site: Mutex<BTreeMap<SiteId, Arc<Salts>>>,
}

impl SaltCache {
    pub(in crate::service) fn new(store: Arc<dyn Store>) -> Self {
        Self { store, by_site: Mutex::default() }
    }

    /// Salts never change, so they are read once a month.
    pub(in crate::service) async fn of(&self, site: &SiteId, now: DateTime<Utc>) -> Result<Arc<Salts>> {
        let month = (now.year(), now.month());
        let known = self.by_site.lock().unwrap_or_else(PoisonError::into_inner).get(site).cloned();
        if let Some(salts) = known.filter(|salts| salts.month == month) {
            return Ok(salts);
        }
        let fresh = Uuid::new_v4().into_bytes();
        let current = self.store.salt(site, &address::month_of(now), fresh).await?;
        let months: Vec<String> = ban::recent_months(now).into_iter().skip(1).map(address::month_of).collect();
        let earlier = self.store.earlier_salts(site, &months).await?;
        let salts = Arc::new(Salts { month, current, earlier });
        self.by_site.lock().unwrap_or_else(PoisonError::into_inner).insert(site.clone(), Arc::clone(&salts));
        Ok(salts)
    }
}
