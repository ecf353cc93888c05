use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::domain::{
    Result,
    id::SiteId,
    request::RequestRow,
    submission::{ChallengeContext, ChallengeQuestion, Inserted, Submission, SubmitContext, SubmitQuestion},
};

/// Submits.
#[async_trait]
pub trait SubmissionStore: Send + Sync {
    /// Everything that each of some submits must know, in one round trip; answers come in the order of the questions.
    async fn submit_contexts(&self, questions: &[SubmitQuestion]) -> Result<Vec<SubmitContext>>;

    /// What each of some challenges must know, in one round trip; answers come in the order of the questions.
    async fn challenge_contexts(&self, questions: &[ChallengeQuestion]) -> Result<Vec<ChallengeContext>>;

    /// Stores each submission with its nonce, request row, change-feed row, article (if new) and counters, or nothing of
    /// it. The whole slice is one transaction; answers come in its order. Twins inside the slice behave as if they had
    /// come one after the other. The article is looked at again inside the transaction.
    async fn insert_submissions(&self, submissions: &[Submission]) -> Result<Vec<Inserted>>;

    /// Spends a challenge's nonce outside a submission. `false` when it was spent before. With `request`, that row is
    /// written in the same transaction; `false`, and nothing is spent, when the request is known already.
    async fn spend_nonce(
        &self,
        site: &SiteId,
        nonce: [u8; 16],
        request: Option<&RequestRow>,
        at: DateTime<Utc>,
    ) -> Result<bool>;

    /// A remembered request.
    async fn find_request(&self, site: &SiteId, id: Uuid) -> Result<Option<RequestRow>>;
}
