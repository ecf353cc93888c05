//! Claims: who looks at which comment. They guide; the revision decides.

use chrono::{DateTime, Utc};

use super::{
    id::{CommentId, SiteId},
    queue::{QueueFilter, QueueOrder},
};

/// Most comments claimed in one call.
pub const MAX_CLAIMS: usize = 50;

/// Most claims that one moderator holds at once, so that one cannot claim the whole queue.
pub const MAX_HELD: usize = 200;

/// Lease when none is asked for, in seconds.
pub const LEASE_SECONDS: i64 = 300;

/// Longest lease, in seconds.
pub const MAX_LEASE_SECONDS: i64 = 600;

/// A claim in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Name of the token that holds it.
    pub moderator: String,
    pub expires_at: DateTime<Utc>,
}

/// Asks for comments to work on.
#[derive(Debug, Clone)]
pub struct ClaimRequest<'a> {
    pub site: &'a SiteId,
    pub moderator: &'a str,
    pub filter: &'a QueueFilter,
    pub order: QueueOrder,
    /// New claims wanted.
    pub count: usize,
    /// Own claims to hold on to; one that ended is held again unless somebody took it or it was decided.
    pub renew: &'a [CommentId],
    pub now: DateTime<Utc>,
    pub until: DateTime<Utc>,
}

/// What a moderator holds after asking.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claimed {
    /// New ones, in the order asked for.
    pub new: Vec<CommentId>,
    /// Those of `renew` that are held.
    pub renewed: Vec<CommentId>,
}
