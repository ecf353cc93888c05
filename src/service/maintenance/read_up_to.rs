//! How far this replica has read the sites' decision logs.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Utc};

use crate::domain::id::SiteId;

/// How far this replica has read a site's decision log, and when it last found nothing new to learn.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReadUpTo {
    /// Version of the model in force at that time.
    pub(super) version: i64,
    pub(super) log_size: i64,
    pub(super) at: DateTime<Utc>,
}

/// The positions in all sites' logs.
#[derive(Default)]
pub(super) struct ReadLogs(Mutex<BTreeMap<SiteId, ReadUpTo>>);

impl ReadLogs {
    /// Returns how far the site's log was read, or `None` if this replica never read it.
    pub(super) fn of(&self, site: &SiteId) -> Option<ReadUpTo> {
        self.lock().get(site).copied()
    }

    pub(super) fn remember(&self, site: &SiteId, read: ReadUpTo) {
        self.lock().insert(site.clone(), read);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<SiteId, ReadUpTo>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
