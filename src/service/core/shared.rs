//! The parts that several services share: the adapters, the defaults in force, and this replica's caches.

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
pub(in crate::service) struct Core {
    pub(in crate::service) store: Arc<dyn Store>,
    pub(in crate::service) keyring: Arc<Keyring>,
    pub(in crate::service) defaults: Arc<LiveDefaults>,
    pub(in crate::service) pages: PageCache,
    /// Requests in flight, so that their duplicates wait.
    pub(in crate::service) requests: SingleFlight,
    pub(in crate::service) salts: SaltCache,
    pub(in crate::service) pseudonyms: Pseudonyms,
    pub(in crate::service) rate_limits: RateLimits,
    pub(in crate::service) expensive: ConcurrencyLimits,
    pub(in crate::service) assessor: Assessor,
}

impl Core {
    pub(in crate::service) fn new(
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
