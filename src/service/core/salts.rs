//! What addresses are hashed with: a random salt for each site and month, made by whoever needs it first and forgotten after some months.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    domain::{Result, address, ban, id::SiteId, pseudonym::Salt},
    store::Store,
};

/// The salts of the months that bans may be from.
#[derive(Debug, Clone)]
pub(in crate::service) struct Salts {
    month: String,
    current: Salt,
    earlier: Vec<Salt>,
}

impl Salts {
    /// This month's.
    pub(in crate::service) const fn current(&self) -> Salt {
        self.current
    }

    /// This month's, then those of earlier months, as far as there are any.
    pub(in crate::service) fn recent(&self) -> impl Iterator<Item = Salt> + '_ {
        std::iter::once(self.current).chain(self.earlier.iter().copied())
    }
}

/// The salts of every site that this replica needed in its month.
pub(in crate::service) struct SaltCache {
    store: Arc<dyn Store>,
    by_site: Mutex<BTreeMap<SiteId, Salts>>,
}

impl SaltCache {
    pub(in crate::service) fn new(store: Arc<dyn Store>) -> Self {
        Self { store, by_site: Mutex::default() }
    }

    /// The site's salts in the month of `now`. They never change, so they are read once a month.
    ///
    /// # Errors
    /// The store's.
    pub(in crate::service) async fn of(&self, site: &SiteId, now: DateTime<Utc>) -> Result<Salts> {
        let month = address::month_of(now);
        let known = self.by_site.lock().unwrap_or_else(PoisonError::into_inner).get(site).cloned();
        if let Some(salts) = known.filter(|salts| salts.month == month) {
            return Ok(salts);
        }
        let fresh = Uuid::new_v4().into_bytes();
        let current = self.store.salt(site, &month, fresh).await?;
        let months: Vec<String> = ban::recent_months(now).into_iter().skip(1).map(address::month_of).collect();
        let earlier = self.store.earlier_salts(site, &months).await?;
        let salts = Salts { month, current, earlier };
        self.by_site.lock().unwrap_or_else(PoisonError::into_inner).insert(site.clone(), salts.clone());
        Ok(salts)
    }
}
