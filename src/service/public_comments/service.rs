//! The service of public comments.

use std::sync::Arc;

use crate::{
    service::core::Core,
    store::{batches::PageReader, contract::CommentStore},
};

/// The service that shows comments to readers.
pub struct PublicComments {
    pub(super) core: Arc<Core>,
    /// Reads pages in batches.
    pub(super) pages: PageReader,
}

impl PublicComments {
    /// Creates the service and starts its readers in the background.
    pub(in crate::service) fn new(core: Arc<Core>, readers: usize) -> Self {
        let store: Arc<dyn CommentStore> = core.store.clone();
        Self { pages: PageReader::start(&store, readers), core }
    }

    /// Waits for reads in flight.
    pub(in crate::service) async fn close(&self) {
        self.pages.close().await;
    }
}
