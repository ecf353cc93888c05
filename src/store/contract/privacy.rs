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

/// What is kept about persons, and how it ends.
#[async_trait]
pub trait PrivacyStore: Send + Sync {
    /// The salt of a month (`2026-11`): `fresh`, unless there is one. Of any number that ask at once, all get the same.
    async fn salt(&self, site: &SiteId, month: &str, fresh: Salt) -> Result<Salt>;

    /// The salts that there are of these months, newest month first.
    async fn earlier_salts(&self, site: &SiteId, months: &[String]) -> Result<Vec<Salt>>;

    /// Forgets the salts of all months before this one, and answers how many those were. What was hashed with them can be told of
    /// nobody any more.
    async fn forget_salts(&self, site: &SiteId, before_month: &str) -> Result<u64>;

    /// Empties comments and answers how many those were: name, title, content, findings, hashes, the reports of them and moderators' notes on
    /// them are gone, they are ERASED with a new revision, and their claims and takedowns end; with counts, audit row and change-feed row as
    /// for a decision. The request row, if any, is of the same transaction.
    async fn erase(&self, erasure: &Erasure) -> Result<u64>;

    /// What an author wrote and is not erased, oldest first, after the cursor.
    async fn comments_by(
        &self,
        site: &SiteId,
        author: &str,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Vec<Comment>>;

    /// The device of an author key; `None` where it stands for a name behind an address, and when all is erased.
    async fn device_by(&self, site: &SiteId, author: &str) -> Result<Option<Pseudonym>>;

    /// What a device reported, oldest first.
    async fn reports_by(&self, site: &SiteId, reporter: Pseudonym) -> Result<Vec<FiledReport>>;

    /// Forgets what a device reported, and counts it in the erasure of that request, in the same transaction. What the reports
    /// counted for stays. Returns how many were forgotten.
    async fn forget_reports(&self, site: &SiteId, reporter: Pseudonym, erasure: Uuid) -> Result<u64>;

    /// Stores an erasure with its request row, unless there is one of that request.
    async fn begin_erasure(&self, site: &SiteId, erasure: &PersonErasure, request: &RequestRow) -> Result<()>;

    /// The erasure of a request, finished or not.
    async fn find_erasure(&self, site: &SiteId, request: Uuid) -> Result<Option<PersonErasure>>;

    /// Sites with unfinished erasures that began before `before`.
    async fn erasing_sites(&self, before: DateTime<Utc>) -> Result<Vec<SiteId>>;

    /// Unfinished erasures of a site, the oldest first, at most `limit`.
    async fn open_erasures(&self, site: &SiteId, limit: usize) -> Result<Vec<PersonErasure>>;

    /// Ends an erasure: drops whom it is about and why, and keeps its counts for resends.
    async fn finish_erasure(&self, site: &SiteId, request: Uuid, at: DateTime<Utc>) -> Result<()>;

    /// How many comments of these author keys are not erased, counting no more than `most` of each.
    async fn count_by(&self, site: &SiteId, authors: &[String], most: usize) -> Result<u64>;

    /// Comments that have outlived their time, oldest first.
    async fn outlived(&self, site: &SiteId, outlived: &Outlived, limit: usize) -> Result<Vec<CommentId>>;
}
