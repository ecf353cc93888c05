use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::domain::{
    Result,
    claim::{ClaimRequest, Claimed},
    id::{CommentId, SiteId},
};

/// Who looks at which comment. A decision ends the claim on its comment, whoever holds it.
#[async_trait]
pub trait ClaimStore: Send + Sync {
    /// Claims comments that match the filter and that nobody holds at the request's `now`, the asking moderator included, and renews. However many
    /// ask at once, no comment is held twice, and the moderator holds no more than `MAX_HELD`: new ones are as many as still fit. The filter
    /// has no `query`: the comments that it finds are looked up before.
    async fn claim_next(&self, request: &ClaimRequest<'_>) -> Result<Claimed>;

    /// Gives back those of `ids` that the moderator holds, or all of theirs when `ids` is empty; answers how many of them were in force at
    /// `now`.
    async fn release_claims(
        &self,
        site: &SiteId,
        moderator: &str,
        ids: &[CommentId],
        now: DateTime<Utc>,
    ) -> Result<u64>;
}
