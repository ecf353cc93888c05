//! What the steps of all calls share: the adapters, the rules in force, and what this replica keeps in memory.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use chrono::{DateTime, Utc};

use super::{
    concurrency_limit::Turns,
    maintenance::{Learned, ReadUpTo},
    moderation::Watches,
    page_cache::Pages,
    rules::LiveTerms,
    salts::Salts,
    single_flight::Twins,
};
use crate::{
    captcha::Pool,
    domain::{
        challenge::ProofTries,
        comment::TextLimits,
        id::SiteId,
        mode::Mode,
        picture::Profile,
        policy::{EXPIRE_PENDING_DAYS, SAMPLE_PERCENT, Thresholds},
        privacy::Retention,
        rate_limit::Quotas,
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

/// What a site may set; the same for all sites until they have settings of their own.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    pub text: TextLimits,
    pub mode: Mode,
    /// In force on a site until its own decisions set others.
    pub thresholds: Thresholds,
    /// Of 100 automatic verdicts, so many go to a moderator.
    pub sample_percent: u8,
    /// A comment that waited so many days is refused.
    pub expire_pending_days: i64,
    pub retention: Retention,
    pub proof_tries: ProofTries,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            text: TextLimits::default(),
            mode: Mode::Pre,
            thresholds: Thresholds::default(),
            sample_percent: SAMPLE_PERCENT,
            expire_pending_days: EXPIRE_PENDING_DAYS,
            retention: Retention::default(),
            proof_tries: ProofTries::default(),
        }
    }
}

/// Everything that RPCs do, with the adapters they do it with.
pub struct Workflow {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) writer: SubmissionWriter,
    pub(super) submit_contexts: SubmitReader,
    pub(super) challenge_contexts: ChallengeReader,
    pub(super) public_pages: PageReader,
    pub(crate) limiter: Limiter,
    pub(crate) pictures: Pool,
    pub(crate) keyring: Arc<Keyring>,
    pub(super) rules: RwLock<Rules>,
    pub(super) twins: Twins,
    pub(super) watches: Watches,
    pub(super) turns: Turns,
    pub(super) pages: Pages,
    /// What decisions taught, by site.
    pub(super) models: RwLock<BTreeMap<SiteId, Arc<Learned>>>,
    /// What newsrooms list, by site.
    pub(super) terms: RwLock<BTreeMap<SiteId, Arc<LiveTerms>>>,
    /// What addresses are hashed with, by site.
    pub(super) salts: Mutex<BTreeMap<SiteId, Salts>>,
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
        rules: Rules,
        pages: Pages,
    ) -> Self {
        let submissions: Arc<dyn SubmissionStore> = store.clone();
        let comments: Arc<dyn CommentStore> = store.clone();
        Self {
            store,
            writer,
            submit_contexts: SubmitReader::start(&submissions),
            challenge_contexts: ChallengeReader::start(&submissions),
            public_pages: PageReader::start(&comments),
            limiter,
            pictures,
            keyring,
            rules: RwLock::new(rules),
            twins: Twins::default(),
            watches: Watches::new(HEARTBEAT),
            turns: Turns::default(),
            pages,
            models: RwLock::default(),
            terms: RwLock::default(),
            salts: Mutex::default(),
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

    /// The rules in force. Whoever needs two of them should ask once.
    pub(crate) fn rules(&self) -> Rules {
        *self.rules.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long a reader's texts may be.
    pub fn text_limits(&self) -> TextLimits {
        self.rules().text
    }

    /// Puts other rules in force, for calls that begin from now on.
    pub fn set_rules(&self, rules: Rules) {
        let _change = self.pages.change();
        *self.rules.write().unwrap_or_else(PoisonError::into_inner) = rules;
    }

    /// Puts other limits in force. Limits whose quota stays keep their counts.
    pub fn set_limits(&self, limits: Quotas) {
        self.limiter.set_quotas(limits);
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
