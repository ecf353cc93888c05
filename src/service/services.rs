//! All services of one replica, built on one core.

use std::{sync::Arc, time::Duration};

use super::{
    bans::Bans,
    challenges::Challenges,
    core::{Core, page_cache::PageCache, site_defaults::SiteDefaults},
    maintenance::Maintenance,
    moderation::Moderation,
    policies::Policies,
    privacy::Privacy,
    public_comments::PublicComments,
    rules::Rules,
    submissions::Submissions,
};
use crate::{captcha::ImagePool, domain::rate_limit::Quotas, keyring::Keyring, limiter::Limiter, store::Store};

/// Default interval of a watch's heartbeats.
pub const HEARTBEAT: Duration = Duration::from_secs(15);

/// The parts from which the services are built.
pub struct Parts {
    pub store: Arc<dyn Store>,
    /// Number of submission batches that are written concurrently.
    pub writers: usize,
    /// Number of batches of one kind of query that are read concurrently.
    pub readers: usize,
    pub limiter: Limiter,
    pub images: ImagePool,
    pub keyring: Arc<Keyring>,
    pub defaults: SiteDefaults,
    pub pages: PageCache,
    pub heartbeat: Duration,
}

/// One service for each concern.
pub struct Services {
    pub submissions: Arc<Submissions>,
    pub challenges: Arc<Challenges>,
    pub public_comments: Arc<PublicComments>,
    pub moderation: Arc<Moderation>,
    pub bans: Arc<Bans>,
    pub policies: Arc<Policies>,
    pub rules: Arc<Rules>,
    pub privacy: Arc<Privacy>,
    pub maintenance: Arc<Maintenance>,
    core: Arc<Core>,
}

impl Services {
    /// Builds the services. It must be called inside a Tokio runtime, because their readers and writers start in the
    /// background.
    pub fn new(parts: Parts) -> Self {
        let Parts { store, writers, readers, limiter, images, keyring, defaults, pages, heartbeat } = parts;
        let core = Arc::new(Core::new(store, limiter, keyring, defaults, pages));
        let challenges = Arc::new(Challenges::new(Arc::clone(&core), images, readers));
        let privacy = Arc::new(Privacy::new(Arc::clone(&core)));
        Self {
            submissions: Arc::new(Submissions::new(Arc::clone(&core), Arc::clone(&challenges), writers, readers)),
            challenges,
            public_comments: Arc::new(PublicComments::new(Arc::clone(&core), readers)),
            moderation: Arc::new(Moderation::new(Arc::clone(&core), heartbeat)),
            bans: Arc::new(Bans::new(Arc::clone(&core))),
            policies: Arc::new(Policies::new(Arc::clone(&core))),
            rules: Arc::new(Rules::new(Arc::clone(&core))),
            maintenance: Arc::new(Maintenance::new(Arc::clone(&core), Arc::clone(&privacy))),
            privacy,
            core,
        }
    }

    /// Replaces the defaults for calls that begin from now on.
    pub fn set_defaults(&self, defaults: SiteDefaults) {
        let _change = self.core.pages.change();
        self.core.defaults.set(defaults);
    }

    /// Replaces the rate limits. A limit whose quota is unchanged keeps its counts.
    pub fn set_limits(&self, limits: Quotas) {
        self.core.rate_limits.set_quotas(limits);
    }

    /// Ends all watches, so that a graceful shutdown does not wait for them.
    pub fn end_watches(&self) {
        self.moderation.end_watches();
    }

    /// Ends watches, rejects new submissions and waits for those in flight. Readers close before the writer, because a
    /// call may still write after its read has returned.
    pub async fn close(&self) {
        self.end_watches();
        self.submissions.close_reader().await;
        self.challenges.close().await;
        self.public_comments.close().await;
        self.submissions.close_writer().await;
    }
}
