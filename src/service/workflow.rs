//! Everything that RPCs do.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use chrono::{DateTime, Utc};

use super::{
    assessment::Learned, concurrency_limits::Cost, core::Core, maintenance::ReadUpTo, moderation::Watches,
    page_cache::PageCache, site_defaults::SiteDefaults,
};
use crate::{
    captcha::Pool,
    domain::{
        Result, access::Caller, comment::TextLimits, id::SiteId, picture::Profile, policy::Thresholds,
        rate_limit::Quotas, share::Place,
    },
    keyring::Keyring,
    limiter::Limiter,
    store::{
        Store,
        batches::{ChallengeReader, PageReader, SubmissionWriter, SubmitReader},
        contract::{CommentStore, SubmissionStore},
    },
};

/// How often a watch shows that it is alive, unless told otherwise.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Everything that RPCs do, with the adapters they do it with.
pub struct Workflow {
    pub(super) core: Arc<Core>,
    pub(super) writer: SubmissionWriter,
    pub(super) submit_contexts: SubmitReader,
    pub(super) challenge_contexts: ChallengeReader,
    pub(super) public_pages: PageReader,
    pub(super) pictures: Pool,
    pub(super) watches: Watches,
    pub(super) read_up_to: Mutex<BTreeMap<SiteId, ReadUpTo>>,
    /// Sites whose queue gauge is above zero.
    pub(super) measured: Mutex<BTreeSet<SiteId>>,
    /// Sites that this replica recounted, and until when its word is the last.
    pub(super) drift_measured: Mutex<BTreeMap<SiteId, DateTime<Utc>>>,
}

impl Workflow {
    /// Joins the adapters.
    pub fn new(
        store: Arc<dyn Store>,
        writer: SubmissionWriter,
        limiter: Limiter,
        pictures: Pool,
        keyring: Arc<Keyring>,
        defaults: SiteDefaults,
        pages: PageCache,
    ) -> Self {
        let submissions: Arc<dyn SubmissionStore> = store.clone();
        let comments: Arc<dyn CommentStore> = store.clone();
        Self {
            core: Arc::new(Core::new(store, limiter, keyring, defaults, pages)),
            writer,
            submit_contexts: SubmitReader::start(&submissions),
            challenge_contexts: ChallengeReader::start(&submissions),
            public_pages: PageReader::start(&comments),
            pictures,
            watches: Watches::new(HEARTBEAT),
            read_up_to: Mutex::default(),
            measured: Mutex::default(),
            drift_measured: Mutex::default(),
        }
    }

    /// With another time between the signs of life of a watch.
    #[must_use]
    pub fn beating_every(self, heartbeat: Duration) -> Self {
        Self { watches: Watches::new(heartbeat), ..self }
    }

    /// How long a reader's texts may be.
    pub fn text_limits(&self) -> TextLimits {
        self.core.defaults.get().text
    }

    /// Puts other defaults in force, for calls that begin from now on.
    pub fn set_defaults(&self, defaults: SiteDefaults) {
        let _change = self.core.pages.change();
        self.core.defaults.set(defaults);
    }

    /// Takes a place among the expensive calls, held until it is dropped.
    ///
    /// # Errors
    /// `Overloaded` when there is none left, or the caller's site or token has its share.
    pub fn turn(&self, caller: &Arc<Caller>, cost: Cost) -> Result<Place> {
        self.core.expensive.take(caller, cost)
    }

    /// What this replica knows of the site's spam; `None` before the first decision.
    pub fn learned(&self, site: &SiteId) -> Option<Arc<Learned>> {
        self.core.assessor.learned(site)
    }

    /// Where the site's scores begin to matter: by its own decisions, else by the settings.
    pub fn thresholds(&self, site: &SiteId) -> Thresholds {
        self.core.assessor.thresholds(site)
    }

    /// Loads the terms of every site where they changed, and answers of how many sites that was. Every replica calls it now and then.
    ///
    /// # Errors
    /// The store's. The terms that were loaded before stay in force.
    pub async fn load_terms(&self) -> Result<u64> {
        self.core.assessor.load_terms().await
    }

    /// Puts other limits in force. Limits whose quota stays keep their counts.
    pub fn set_limits(&self, limits: Quotas) {
        self.core.rate_limits.set_quotas(limits);
    }

    /// Draws pictures of these profiles from now on. Those that were ready are dropped.
    pub fn set_profiles(&self, profiles: &[Profile]) {
        self.pictures.set_profiles(profiles);
    }

    /// Takes no more submissions and waits for those under way. Watches end.
    pub async fn close(&self) {
        self.end_watches();
        self.submit_contexts.close().await;
        self.challenge_contexts.close().await;
        self.public_pages.close().await;
        self.writer.close().await;
    }
}
