//! The service of challenges.

use std::sync::Arc;

use crate::{
    captcha::ImagePool,
    domain::image_profile::Profile,
    service::core::Core,
    store::{batches::ChallengeReader, contract::SubmissionStore},
};

/// The service that issues and checks challenges.
pub struct Challenges {
    pub(super) core: Arc<Core>,
    /// Reads readers' records, in batches.
    pub(super) contexts: ChallengeReader,
    /// Images that are drawn in advance.
    pub(super) images: ImagePool,
}

impl Challenges {
    /// Creates the service and starts its readers in the background.
    pub(in crate::service) fn new(core: Arc<Core>, images: ImagePool, readers: usize) -> Self {
        let store: Arc<dyn SubmissionStore> = core.store.clone();
        Self { contexts: ChallengeReader::start(&store, readers), images, core }
    }

    /// Draws images of these profiles from now on. Images that are already drawn are dropped.
    pub fn set_profiles(&self, profiles: &[Profile]) {
        self.images.set_profiles(profiles);
    }

    /// Rejects new reads and waits for the reads under way.
    pub(in crate::service) async fn close(&self) {
        self.contexts.close().await;
    }
}
