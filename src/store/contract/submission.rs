use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::domain::{
    Result,
    id::SiteId,
    request::RequestRow,
    submission::{ChallengeContext, ChallengeQuestion, Inserted, Submission, SubmitContext, SubmitQuestion},
};

/// Submissions and challenges.
#[async_trait]
pub trait SubmissionStore: Send + Sync {
    /// Returns the context of each submit, in the order of the questions. Takes one round trip.
    async fn submit_contexts(&self, questions: &[SubmitQuestion]) -> Result<Vec<SubmitContext>>;

    /// Returns the context of each challenge, in the order of the questions. Takes one round trip.
    async fn challenge_contexts(&self, questions: &[ChallengeQuestion]) -> Result<Vec<ChallengeContext>>;

    /// Stores each submission with its nonce, request row, change-feed row, article (if new) and counters, or nothing
    /// of it. The whole slice is one transaction, and results are in its order. Duplicates within the slice have the
    /// same results as if they were submitted one after the other. The state of the article is checked again inside the
    /// transaction.
    async fn insert_submissions(&self, submissions: &[Submission]) -> Result<Vec<Inserted>>;

    /// Spends a challenge's nonce without a submission. Returns `false` if it was spent before. With `request`, that
    /// row is written in the same transaction. If the request is already known, returns `false` and does not spend the
    /// nonce.
    async fn spend_nonce(
        &self,
        site: &SiteId,
        nonce: [u8; 16],
        request: Option<&RequestRow>,
        at: DateTime<Utc>,
    ) -> Result<bool>;

    async fn find_request(&self, site: &SiteId, id: Uuid) -> Result<Option<RequestRow>>;
}
