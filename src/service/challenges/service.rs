//! The service of challenges.

use std::sync::Arc;

use crate::{
    captcha::ImagePool,
    domain::image_profile::Profile,
    service::core::Core,
    store::{batches::ChallengeReader, contract::SubmissionStore},
};

/// Issues and checks challenges.
pub struct Challenges {
    pub(super) core: Arc<Core>,
    /// Reads what is on file about readers, many at once.
    pub(super) contexts: ChallengeReader,
    /// Images that are drawn ahead.
    pub(super) images: ImagePool,
}

impl Challenges {
    /// Starts the readers in the background.
    pub(in crate::service) fn new(core: Arc<Core>, images: ImagePool, readers: usize) -> Self {
        let store: Arc<dyn SubmissionStore> = core.store.clone();
        Self { contexts: ChallengeReader::start(&store, readers), images, core }
    }

    /// Draws images of these profiles from now on. Those that were ready are dropped.
    pub fn set_profiles(&self, profiles: &[Profile]) {
        self.images.set_profiles(profiles);
    }

    /// Waits for what is being read.
    pub(in crate::service) async fn close(&self) {
        self.contexts.close().await;
    }
}
