//! Comments in PostgreSQL, for any number of replicas. READ COMMITTED everywhere: promises rest on unique rows and row
//! locks, never on the isolation level.

mod article;
mod audit;
mod case;
mod claim;
mod comment;
mod connect;
mod decision;
mod insert;
mod queue;
mod request;
mod submission;
mod token;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::{PgPool, PgTransaction, postgres::PgConnectOptions};
use uuid::Uuid;

pub use self::connect::PoolSettings;
use super::{QueueGauge, Store, error};
use crate::domain::{
    Error, Result,
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

/// How often a transaction runs that others stood in the way of.
const TRIES: usize = 3;

macro_rules! retrying {
    ($transaction:expr) => {{
        let mut tries = 1;
        loop {
            match $transaction {
                Err(error) if tries < TRIES && error::is_conflict(&error) => tries += 1,
                result => break result,
            }
        }
    }};
}

/// One PostgreSQL database, version 15 or later.
#[derive(Debug, Clone)]
pub struct PostgresStore {
    pool: PgPool,
}

impl PostgresStore {
    /// The store at a `postgres://` address. Connects when first used; must be called inside a runtime.
    ///
    /// # Errors
    /// [`Error::Internal`] when the address cannot be read.
    pub fn connect_lazy(url: &str) -> Result<Self> {
        // The driver's words may quote the address, and with it the password.
        let options = url.parse().map_err(|_| Error::internal("the database address cannot be read"))?;
        Ok(Self::connect_lazy_with(options, PoolSettings::default()))
    }

    /// As [`PostgresStore::connect_lazy`], with options already read and a pool of another size.
    pub fn connect_lazy_with(options: PgConnectOptions, settings: PoolSettings) -> Self {
        Self { pool: connect::pool(options, settings) }
    }

    async fn begin(&self) -> Result<PgTransaction<'static>> {
        Ok(self.pool.begin_with("begin isolation level read committed").await?)
    }

    async fn try_insert(&self, submissions: &[Submission], site_mode: Mode) -> Result<Vec<Inserted>> {
        let mut tx = self.begin().await?;
        let answers = submission::insert_all(&mut tx, submissions, site_mode).await?;
        tx.commit().await?;
        Ok(answers)
    }

    async fn try_spend(
        &self,
        site: &SiteId,
        nonce: [u8; 16],
        request: Option<&RequestRow>,
        at: DateTime<Utc>,
    ) -> Result<bool> {
        let mut tx = self.begin().await?;
        let spent = request::spend_nonce(&mut tx, site, nonce, request, at).await?;
        // A request without its nonce must not be remembered.
        let end = if spent { tx.commit().await } else { tx.rollback().await };
        end?;
        Ok(spent)
    }

    async fn try_update(&self, change: &ArticleChange) -> Result<Article> {
        let mut tx = self.begin().await?;
        let article = article::update(&mut tx, change).await?;
        tx.commit().await?;
        Ok(article)
    }

    async fn try_decide(&self, decision: &Decision) -> Result<Decided> {
        let mut tx = self.begin().await?;
        let decided = decision::decide(&mut tx, decision).await?;
        tx.commit().await?;
        Ok(decided)
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn migrate(&self) -> Result<()> {
        connect::migrate(&self.pool.connect_options()).await
    }

    async fn ping(&self) -> Result<()> {
        // On in a standby, too.
        let sql = "select current_setting('transaction_read_only') = 'on'";
        let read_only: bool = sqlx::query_scalar(sql).fetch_one(&self.pool).await?;
        if read_only { Err(Error::StorageUnavailable("the database is read-only".into())) } else { Ok(()) }
    }

    async fn close(&self) {
        self.pool.close().await;
    }

    async fn submit_context(&self, question: &SubmitQuestion<'_>) -> Result<SubmitContext> {
        submission::context(&self.pool, question).await
    }

    async fn insert_submissions(&self, submissions: &[Submission], site_mode: Mode) -> Result<Vec<Inserted>> {
        retrying!(self.try_insert(submissions, site_mode).await)
    }

    async fn spend_nonce(
        &self,
        site: &SiteId,
        nonce: [u8; 16],
        request: Option<&RequestRow>,
        at: DateTime<Utc>,
    ) -> Result<bool> {
        retrying!(self.try_spend(site, nonce, request, at).await)
    }

    async fn find_request(&self, site: &SiteId, id: Uuid) -> Result<Option<RequestRow>> {
        request::find(&self.pool, site, id).await
    }

    async fn find_comment(&self, site: &SiteId, id: CommentId) -> Result<Option<Comment>> {
        comment::find(&self.pool, site, id).await
    }

    async fn find_pending(&self, site: &SiteId, article: &ArticleId, ids: &[CommentId]) -> Result<Vec<Comment>> {
        comment::find_pending(&self.pool, site, article, ids).await
    }

    async fn list_comments(&self, page: &CommentPage<'_>) -> Result<Page<Thread>> {
        comment::list(&self.pool, page).await
    }

    async fn find_articles(&self, site: &SiteId, ids: &[ArticleId]) -> Result<Vec<Article>> {
        article::find(&self.pool, site, ids).await
    }

    async fn update_article(&self, change: &ArticleChange) -> Result<Article> {
        retrying!(self.try_update(change).await)
    }

    async fn list_queue(&self, page: &QueuePage<'_>) -> Result<Page<Case>> {
        queue::list(&self.pool, page).await
    }

    async fn count_queue(&self, site: &SiteId, filter: &QueueFilter) -> Result<i64> {
        queue::count(&self.pool, site, filter).await
    }

    async fn find_case(&self, site: &SiteId, id: CommentId) -> Result<Option<Case>> {
        case::find(&self.pool, site, id).await
    }

    async fn decide(&self, decision: &Decision) -> Result<Decided> {
        retrying!(self.try_decide(decision).await)
    }

    async fn list_audit(
        &self,
        site: &SiteId,
        filter: &AuditFilter,
        count: usize,
        after: Option<Cursor>,
    ) -> Result<Page<AuditEntry>> {
        audit::list(&self.pool, site, filter, count, after).await
    }

    async fn create_token(&self, token: &AccessToken) -> Result<bool> {
        let mut tx = self.begin().await?;
        let created = token::create(&mut tx, token).await?;
        tx.commit().await?;
        Ok(created)
    }

    async fn find_token(&self, id: Uuid) -> Result<Option<AccessToken>> {
        token::find(&self.pool, id).await
    }

    async fn list_tokens(&self, site: Option<&SiteId>) -> Result<Vec<AccessToken>> {
        token::list(&self.pool, site).await
    }

    async fn revoke_token(&self, id: Uuid, at: DateTime<Utc>) -> Result<bool> {
        token::revoke(&self.pool, id, at).await
    }

    async fn queue_gauges(&self) -> Result<Vec<QueueGauge>> {
        queue::gauges(&self.pool).await
    }

    async fn forget(&self, requests_before: DateTime<Utc>, nonces_before: DateTime<Utc>) -> Result<u64> {
        request::forget(&self.pool, requests_before, nonces_before).await
    }
}
