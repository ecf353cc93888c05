//! The service of readers' comments and reports.

use std::sync::Arc;

use crate::{
    service::{challenges::Challenges, core::Core},
    store::{
        batches::{SubmissionWriter, SubmitReader},
        contract::SubmissionStore,
        crowd::Crowd,
    },
};

/// The service that accepts readers' comments and their reports of others' comments.
pub struct Submissions {
    pub(super) core: Arc<Core>,
    pub(super) challenges: Arc<Challenges>,
    /// Reads the stored data that submits depend on, in batches.
    pub(super) contexts: SubmitReader,
    /// Stores submits, in batches of one transaction each.
    pub(super) writer: SubmissionWriter,
    /// The number of submits in flight.
    pub(super) crowd: Crowd,
}

impl Submissions {
    /// Creates the service and starts its readers and writers in the background.
    pub(in crate::service) fn new(
        core: Arc<Core>,
        challenges: Arc<Challenges>,
        writers: usize,
        readers: usize,
    ) -> Self {
        let store: Arc<dyn SubmissionStore> = core.store.clone();
        let crowd = Crowd::default();
        Self {
            challenges,
            writer: SubmissionWriter::start(&store, writers, &crowd),
            contexts: SubmitReader::start(&store, readers, &crowd),
            crowd,
            core,
        }
    }

    /// Rejects new reads and waits for the reads under way.
    pub(in crate::service) async fn close_reader(&self) {
        self.contexts.close().await;
    }

    /// Rejects new submissions and waits for those under way.
    pub(in crate::service) async fn close_writer(&self) {
        self.writer.close().await;
    }
}
