//! The service of what readers see.

use std::sync::Arc;

use crate::{
    service::core::Core,
    store::{batches::PageReader, contract::CommentStore},
};

/// Shows comments to readers.
pub struct PublicComments {
    pub(super) core: Arc<Core>,
    /// Reads pages, many at once.
    pub(super) pages: PageReader,
}

impl PublicComments {
    /// Starts the readers in the background.
    pub(in crate::service) fn new(core: Arc<Core>, readers: usize) -> Self {
        let store: Arc<dyn CommentStore> = core.store.clone();
        Self { pages: PageReader::start(&store, readers), core }
    }

    /// Waits for what is being read.
    pub(in crate::service) async fn close(&self) {
        self.pages.close().await;
    }
}
