use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::domain::{
    Result,
    claim::{ClaimRequest, Claimed},
    id::{CommentId, SiteId},
};

/// Claims: the comments that are reserved for a moderator. A decision ends the claim on its comment, even if another
/// moderator holds it.
#[async_trait]
pub trait ClaimStore: Send + Sync {
    /// Renews claims of the moderator, and claims new comments that match the filter and that no moderator holds at the
    /// request's `now`. Concurrent calls never claim the same comment. The moderator never holds more than `MAX_HELD`
    /// claims, so fewer new comments may be claimed than were requested. The filter has no `query`, because the caller
    /// searches first and names the comments that were found.
    async fn claim_next(&self, request: &ClaimRequest<'_>) -> Result<Claimed>;

    /// Releases the moderator's claims on `ids`, or all of the moderator's claims if `ids` is empty. Returns how many
    /// of them were in force at `now`.
    async fn release_claims(
        &self,
        site: &SiteId,
        moderator: &str,
        ids: &[CommentId],
        now: DateTime<Utc>,
    ) -> Result<u64>;
}
