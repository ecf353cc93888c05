use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::domain::{
    Result,
    ban::{Ban, BanMade, NewBan, Revocation},
    id::{CommentId, SiteId},
    page::{Cursor, Page},
    submission::SenderTrace,
};

/// Bans. Whether one is in force on a submit is part of [`super::SubmissionStore::submit_contexts`].
#[async_trait]
pub trait BanStore: Send + Sync {
    /// Makes a ban with its audit entry (`CREATE_BAN`, of the ban's id), and decides what goes along: the subject's newest comments, at most
    /// [`crate::domain::decision::MAX_ITEMS`], each with an entry of its own in the batch. A comment that moved meanwhile is left out.
    ///
    /// Fails with `RequestIdReused`.
    async fn create_ban(&self, new: &NewBan) -> Result<BanMade>;

    /// Ends a ban with its audit entry. `false` beside it, and nothing is written but the request row, when it had ended already.
    ///
    /// Fails with `BanNotFound`, `RequestIdReused`.
    async fn revoke_ban(&self, revocation: &Revocation) -> Result<(Ban, bool)>;

    /// A page, newest first: those in force at `now`, or all.
    async fn list_bans(
        &self,
        site: &SiteId,
        ended: bool,
        now: DateTime<Utc>,
        size: usize,
        after: Option<Cursor>,
    ) -> Result<Page<Ban>>;

    /// The hashes behind a comment.
    async fn find_sender(&self, site: &SiteId, id: CommentId) -> Result<Option<SenderTrace>>;
}
