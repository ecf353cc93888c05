//! The service of background work.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use chrono::{DateTime, Utc};

use super::read_up_to::ReadLogs;
use crate::{
    domain::id::SiteId,
    service::{core::Core, privacy::Privacy},
};

/// The background work of a replica: jobs that one replica does for all, and tasks that each does periodically.
pub struct Maintenance {
    pub(super) core: Arc<Core>,
    pub(super) privacy: Arc<Privacy>,
    pub(super) read_logs: ReadLogs,
    /// Sites whose queue gauge is above zero.
    pub(super) waiting_sites: Mutex<BTreeSet<SiteId>>,
    /// Sites that this replica recounted, with the time when the next recount is due.
    pub(super) drift_measured: Mutex<BTreeMap<SiteId, DateTime<Utc>>>,
}

impl Maintenance {
    pub(in crate::service) fn new(core: Arc<Core>, privacy: Arc<Privacy>) -> Self {
        Self {
            core,
            privacy,
            read_logs: ReadLogs::default(),
            waiting_sites: Mutex::default(),
            drift_measured: Mutex::default(),
        }
    }
}
