//! The service of what readers send.

use std::sync::Arc;

use crate::{
    service::{challenges::Challenges, core::Core},
    store::{
        batches::{SubmissionWriter, SubmitReader},
        contract::SubmissionStore,
        crowd::Crowd,
    },
};

/// Takes what readers send: comments, and reports of others' comments.
pub struct Submissions {
    pub(super) core: Arc<Core>,
    pub(super) challenges: Arc<Challenges>,
    /// Reads what submits must know, many at once.
    pub(super) contexts: SubmitReader,
    /// Stores submits, many in one transaction.
    pub(super) writer: SubmissionWriter,
    /// The submits in flight.
    pub(super) crowd: Crowd,
}

impl Submissions {
    /// Starts the readers and writers in the background.
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

    /// Starts no more submits and waits for what is being read.
    pub(in crate::service) async fn close_reader(&self) {
        self.contexts.close().await;
    }

    /// Takes no more submissions and waits for those under way.
    pub(in crate::service) async fn close_writer(&self) {
        self.writer.close().await;
    }
}
