//! What several services share: the adapters, the defaults in force, and what this replica keeps in memory for all.

use std::sync::Arc;

use super::{
    assessment::Assessor,
    concurrency_limits::ConcurrencyLimits,
    page_cache::PageCache,
    pseudonyms::Pseudonyms,
    rate_limits::RateLimits,
    salts::SaltCache,
    single_flight::SingleFlight,
    site_defaults::{LiveDefaults, SiteDefaults},
};
use crate::{keyring::Keyring, limiter::Limiter, store::Store};

/// The parts that several services share. Each part has its own type; this one only holds them.
pub(super) struct Core {
    pub(super) store: Arc<dyn Store>,
    pub(super) keyring: Arc<Keyring>,
    pub(super) defaults: Arc<LiveDefaults>,
    pub(super) pages: PageCache,
    /// Requests under way, so that their copies wait.
    pub(super) requests: SingleFlight,
    pub(super) salts: SaltCache,
    pub(super) pseudonyms: Pseudonyms,
    pub(super) rate_limits: RateLimits,
    pub(super) expensive: ConcurrencyLimits,
    pub(super) assessor: Assessor,
}

impl Core {
    pub(super) fn new(
        store: Arc<dyn Store>,
        limiter: Limiter,
        keyring: Arc<Keyring>,
        defaults: SiteDefaults,
        pages: PageCache,
    ) -> Self {
        let defaults = Arc::new(LiveDefaults::new(defaults));
        Self {
            pages,
            requests: SingleFlight::default(),
            salts: SaltCache::new(Arc::clone(&store)),
            pseudonyms: Pseudonyms::new(Arc::clone(&keyring)),
            rate_limits: RateLimits::new(limiter, Arc::clone(&keyring)),
            expensive: ConcurrencyLimits::default(),
            assessor: Assessor::new(&store, Arc::clone(&defaults)),
            defaults,
            keyring,
            store,
        }
    }
}
