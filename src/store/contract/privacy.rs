//! Personal data: salts, erasures, exports and retention.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::domain::{
    Result,
    comment::Comment,
    id::{CommentId, SiteId},
    page::Cursor,
    privacy::{Erasure, FiledReport, Outlived, PersonErasure},
    pseudonym::{Pseudonym, Salt},
    request::RequestRow,
};

/// Storage of personal data.
#[async_trait]
pub trait PrivacyStore: Send + Sync {
    /// Returns the salt of a month (`2026-11`), which is `fresh` unless the month has one. Concurrent calls return the
    /// same salt.
    async fn salt(&self, site: &SiteId, month: &str, fresh: Salt) -> Result<Salt>;

    /// Returns the existing salts of these months, newest month first.
    async fn earlier_salts(&self, site: &SiteId, months: &[String]) -> Result<Vec<Salt>>;

    /// Deletes the salts of all months before `before_month`. Hashes made with them can no longer be linked to an
    /// address.
    async fn forget_salts(&self, site: &SiteId, before_month: &str) -> Result<u64>;

    /// Erases comments and returns how many were erased. Removes name, title, content, findings, hashes, reports and
    /// moderators' notes; the comments are ERASED with a new revision, and their claims and takedowns end. Counts,
    /// audit entries and change-feed rows are written as for a decision, and the request row, if any, in the same
    /// transaction.
    async fn erase(&self, erasure: &Erasure) -> Result<u64>;

    /// Returns an author's comments that are not erased, oldest first, after the cursor.
    async fn comments_by(
        &self,
        site: &SiteId,
        author: &str,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Vec<Comment>>;

    /// Returns the device of an author key; `None` when the key is for a name behind an address, or when all comments
    /// are erased.
    async fn device_by(&self, site: &SiteId, author: &str) -> Result<Option<Pseudonym>>;

    /// Returns a device's reports, oldest first.
    async fn reports_by(&self, site: &SiteId, reporter: Pseudonym) -> Result<Vec<FiledReport>>;

    /// Deletes a device's reports and adds their number to the erasure of that request, in one transaction. The report
    /// counts of comments do not change.
    async fn forget_reports(&self, site: &SiteId, reporter: Pseudonym, erasure: Uuid) -> Result<u64>;

    /// Stores an erasure and its request row, unless the request has one already.
    async fn begin_erasure(&self, site: &SiteId, erasure: &PersonErasure, request: &RequestRow) -> Result<()>;

    /// Returns the erasure of a request, finished or not.
    async fn find_erasure(&self, site: &SiteId, request: Uuid) -> Result<Option<PersonErasure>>;

    /// Returns the sites that have unfinished erasures from before `before`.
    async fn erasing_sites(&self, before: DateTime<Utc>) -> Result<Vec<SiteId>>;

    /// Returns at most `limit` unfinished erasures of a site, oldest first.
    async fn open_erasures(&self, site: &SiteId, limit: usize) -> Result<Vec<PersonErasure>>;

    /// Finishes an erasure: removes its subject and note, and keeps its counts for replays.
    async fn finish_erasure(&self, site: &SiteId, request: Uuid, at: DateTime<Utc>) -> Result<()>;

    /// Counts the comments of these author keys that are not erased, at most `most` for each key.
    async fn count_by(&self, site: &SiteId, authors: &[String], most: usize) -> Result<u64>;

    /// Returns comments whose retention has ended, oldest first.
    async fn outlived(&self, site: &SiteId, outlived: &Outlived, limit: usize) -> Result<Vec<CommentId>>;
}
