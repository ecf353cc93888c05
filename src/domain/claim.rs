//! Claims, which reserve comments for one moderator for a time. They only advise: the expected revision decides which
//! of two concurrent decisions is applied.

use chrono::{DateTime, Utc};

use super::{
    id::{CommentId, SiteId},
    queue::{QueueFilter, QueueOrder},
};

/// Largest number of comments claimed by one call.
pub const MAX_CLAIMS: usize = 50;

/// Largest number of claims that one moderator holds at a time, so that no moderator can claim the whole queue.
pub const MAX_HELD: usize = 200;

/// Default lease, in seconds.
pub const LEASE_SECONDS: i64 = 300;

/// Longest lease, in seconds.
pub const MAX_LEASE_SECONDS: i64 = 600;

/// A claim in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Name of the token that holds the claim.
    pub moderator: String,
    pub expires_at: DateTime<Utc>,
}

/// A request for comments to work on.
#[derive(Debug, Clone)]
pub struct ClaimRequest<'a> {
    pub site: &'a SiteId,
    pub moderator: &'a str,
    pub filter: &'a QueueFilter,
    pub order: QueueOrder,
    /// Number of new claims to make.
    pub count: usize,
    /// Claims of this moderator to renew. An expired one is renewed unless another moderator claimed the comment or it
    /// was decided.
    pub renew: &'a [CommentId],
    pub now: DateTime<Utc>,
    pub until: DateTime<Utc>,
}

/// The claims that a moderator holds after a [`ClaimRequest`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claimed {
    /// New claims in the requested order.
    pub new: Vec<CommentId>,
    /// The claims of `renew` that were renewed.
    pub renewed: Vec<CommentId>,
}
