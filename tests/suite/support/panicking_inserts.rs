//! A store whose inserts may panic.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use chrono::{DateTime, Utc};
use duyetd::{
    domain::{
        Result,
        id::SiteId,
        request::RequestRow,
        submission::{ChallengeContext, ChallengeQuestion, Inserted, Submission, SubmitContext, SubmitQuestion},
    },
    store::{Store, contract::SubmissionStore},
};
use uuid::Uuid;

/// A store that panics at the next insert when `armed`, and otherwise passes every call on.
pub struct Panicking {
    pub store: Arc<dyn Store>,
    pub armed: AtomicBool,
}

#[tonic::async_trait]
impl SubmissionStore for Panicking {
    async fn insert_submissions(&self, submissions: &[Submission]) -> Result<Vec<Inserted>> {
        assert!(!self.armed.swap(false, Ordering::Relaxed), "a panic requested by the test");
        self.store.insert_submissions(submissions).await
    }

    async fn submit_contexts(&self, questions: &[SubmitQuestion]) -> Result<Vec<SubmitContext>> {
        self.store.submit_contexts(questions).await
    }

    async fn challenge_contexts(&self, questions: &[ChallengeQuestion]) -> Result<Vec<ChallengeContext>> {
        self.store.challenge_contexts(questions).await
    }

    async fn spend_nonce(
        &self,
        site: &SiteId,
        nonce: [u8; 16],
        request: Option<&RequestRow>,
        at: DateTime<Utc>,
    ) -> Result<bool> {
        self.store.spend_nonce(site, nonce, request, at).await
    }

    async fn find_request(&self, site: &SiteId, id: Uuid) -> Result<Option<RequestRow>> {
        self.store.find_request(site, id).await
    }
}
