use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::domain::{
    Result,
    ban::{Ban, BanMade, NewBan, Revocation},
    id::{CommentId, SiteId},
    page::{Cursor, Page},
    submission::SenderTrace,
};

/// Bans. [`super::SubmissionStore::submit_contexts`] returns whether a ban is in force for a submit.
#[async_trait]
pub trait BanStore: Send + Sync {
    /// Creates a ban and its audit entry (`CREATE_BAN`), which has the ban's id. If the ban asks for it, rejects the
    /// subject's newest comments, at most [`crate::domain::decision::MAX_ITEMS`], each with its own audit entry in the
    /// batch. Comments that changed concurrently are left out.
    ///
    /// Fails with `RequestIdReused`.
    async fn create_ban(&self, new: &NewBan) -> Result<BanMade>;

    /// Revokes a ban and writes the audit entry. Returns the ban, and `false` if it was no longer in force. In that
    /// case only the request row is written.
    ///
    /// Fails with `BanNotFound` or `RequestIdReused`.
    async fn revoke_ban(&self, revocation: &Revocation) -> Result<(Ban, bool)>;

    /// Returns a page of bans, newest first: all bans if `ended` is set, otherwise those in force at `now`.
    async fn list_bans(
        &self,
        site: &SiteId,
        ended: bool,
        now: DateTime<Utc>,
        size: usize,
        after: Option<Cursor>,
    ) -> Result<Page<Ban>>;

    async fn find_sender(&self, site: &SiteId, id: CommentId) -> Result<Option<SenderTrace>>;
}
