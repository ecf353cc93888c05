//! Where comments live. The trait [`Store`](crate::store::Store) is the contract; `postgres/` and `sqlite/` keep it, and hold the only SQL.

#[macro_use]
mod columns;
mod error;
mod keyset;
mod outcome;
mod parse;
pub mod postgres;
mod rows;
pub mod sqlite;
pub mod writer;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::domain::{
    Result,
    access::AccessToken,
    audit::{AuditEntry, AuditFilter},
    case::{Case, QueueFilter},
    comment::Comment,
    decision::{Decided, Decision},
    id::{ArticleId, CommentId, SiteId},
    page::{CommentPage, Cursor, Page, QueuePage, Thread},
    policy::{Article, ArticleChange, Mode},
    request::RequestRow,
    submission::{Inserted, Submission, SubmitContext, SubmitQuestion},
};

/// What waits on a site, for the queue gauges.
#[derive(Debug, Clone, PartialEq)]
pub struct QueueGauge {
    pub site: SiteId,
    pub pending: i64,
    /// `None` when nothing waits.
    pub oldest: Option<DateTime<Utc>>,
}

/// The storage contract: whole use cases, each one transaction, the same on both databases.
///
/// Every method may fail with [`crate::domain::Error::StorageUnavailable`] (the same call may be made again) or
/// [`crate::domain::Error::Internal`] (a row that cannot be read). Other errors are listed with the method. When a method
/// answers `Ok`, what it wrote is durable.
#[async_trait]
pub trait Store: Send + Sync {
    /// Brings the schema up to date under a lock, so that replicas may start together.
    async fn migrate(&self) -> Result<()>;

    /// Answers when a write could be made now.
    async fn ping(&self) -> Result<()>;

    /// Ends all connections; nothing may be called after it.
    async fn close(&self);

    /// Everything a submit must know, in one round trip.
    async fn submit_context(&self, question: &SubmitQuestion<'_>) -> Result<SubmitContext>;

    /// Stores each submission with its nonce, request row, change-feed row, article (if new) and counters, or nothing of
    /// it. The whole slice is one transaction; answers come in its order. Twins inside the slice behave as if they had
    /// come one after the other. `site_mode` is the mode of articles that inherit; the article is looked at again inside the transaction.
    async fn insert_submissions(&self, submissions: &[Submission], site_mode: Mode) -> Result<Vec<Inserted>>;

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

    /// A comment, whatever its status.
    async fn find_comment(&self, site: &SiteId, id: CommentId) -> Result<Option<Comment>>;

    /// Those of `ids` that wait on `article` ([`Comment::is_waiting`]), oldest first: a reader's own pending comments.
    /// Without those that hold up replies: they stand in the list as tombstones.
    async fn find_pending(&self, site: &SiteId, article: &ArticleId, ids: &[CommentId]) -> Result<Vec<Comment>>;

    /// A page of visible comments. Roots bring their first 3 public replies, oldest first; with `parent` set the
    /// page holds that root's public replies and `replies` are empty.
    async fn list_comments(&self, page: &CommentPage<'_>) -> Result<Page<Thread>>;

    /// The articles known of `ids`, in no order.
    async fn find_articles(&self, site: &SiteId, ids: &[ArticleId]) -> Result<Vec<Article>>;

    /// Creates or changes an article's policy, with its audit row. A replay answers the first result.
    ///
    /// Fails with `StaleArticle` or `RequestIdReused`.
    async fn update_article(&self, change: &ArticleChange) -> Result<Article>;

    /// A page of the queue.
    async fn list_queue(&self, page: &QueuePage<'_>) -> Result<Page<Case>>;

    /// How many comments match, counted up to [`crate::domain::case::EXACT_TOTAL`] + 1.
    async fn count_queue(&self, site: &SiteId, filter: &QueueFilter) -> Result<i64>;

    /// One case with history, decisions (newest 100) and the count of other comments with the same text.
    async fn find_case(&self, site: &SiteId, id: CommentId) -> Result<Option<Case>>;

    /// Decides a comment under its row's lock: status, revision, `reviewed_at`, `published_at` (once), public counts of
    /// article and parent, audit row and change-feed row. A replay answers the first verdict and writes nothing; so does a comment that is
    /// already there, apart from the request row.
    ///
    /// Fails with `CommentNotFound`, `StaleRevision`, `InvalidTransition`, `RequestIdReused`.
    async fn decide(&self, decision: &Decision) -> Result<Decided>;

    /// A page of the audit, newest first.
    async fn list_audit(
        &self,
        site: &SiteId,
        filter: &AuditFilter,
        size: usize,
        after: Option<Cursor>,
    ) -> Result<Page<AuditEntry>>;

    /// Stores a token. `false` when the site has a live token of that name.
    async fn create_token(&self, token: &AccessToken) -> Result<bool>;

    /// A token by its id, live or not: the one look-up that does not know the site yet.
    async fn find_token(&self, id: Uuid) -> Result<Option<AccessToken>>;

    /// Every token of every site, or of one, by site and name.
    async fn list_tokens(&self, site: Option<&SiteId>) -> Result<Vec<AccessToken>>;

    /// Revokes a token. `false` when there is no live one of that id.
    async fn revoke_token(&self, id: Uuid, at: DateTime<Utc>) -> Result<bool>;

    /// What waits, by site.
    async fn queue_gauges(&self) -> Result<Vec<QueueGauge>>;

    /// Drops request rows and nonces from before the given times, and answers how many rows went.
    async fn forget(&self, requests_before: DateTime<Utc>, nonces_before: DateTime<Utc>) -> Result<u64>;
}
