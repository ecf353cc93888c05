//! Comments in SQLite, the embedded default: one file, one writer, a few readers.

mod article;
mod audit;
mod case;
mod comment;
mod decision;
mod queue;
mod request;
mod submission;
mod token;

use std::{path::Path, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::{
    SqlitePool, SqliteTransaction,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use uuid::Uuid;

use super::{QueueGauge, Store};
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

/// How long a call waits for a connection, and a connection for another process that writes: slow disks take a second to
/// sync.
const WAIT: Duration = Duration::from_secs(5);
/// Migrations of another process may take longer than any call.
const MIGRATION_WAIT: Duration = Duration::from_secs(60);
const READERS: u32 = 4;

/// One SQLite file. WAL lets readers go on while the one writer writes; `synchronous = FULL` makes a commit durable.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    read: SqlitePool,
    write: SqlitePool,
}

impl SqliteStore {
    /// The store in the file at `path`, which [`Store::migrate`] makes when it is missing. Touches no disk yet; must be
    /// called inside a runtime.
    pub fn open(path: impl AsRef<Path>) -> Self {
        let writer = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(WAIT);
        let reader = writer.clone().create_if_missing(false).pragma("query_only", "on");
        Self { write: pool(1).connect_lazy_with(writer), read: pool(READERS).connect_lazy_with(reader) }
    }

    /// A transaction that holds the write lock from its start, so that it never fails half-way for want of it.
    async fn begin(&self) -> Result<SqliteTransaction<'static>> {
        Ok(self.write.begin_with("begin immediate").await?)
    }
}

/// Connections of one process to one file are cheap to keep and costly to test.
fn pool(size: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(size)
        .acquire_timeout(WAIT)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}

/// Times are stored as microseconds since 1970.
fn micros(at: DateTime<Utc>) -> i64 {
    at.timestamp_micros()
}

/// Ids as the JSON list of hex that `unhex(value)` turns back.
fn json_ids(ids: &[CommentId]) -> String {
    super::parse::json_list(ids.iter().map(|id| id.0.simple().to_string()))
}

#[async_trait]
impl Store for SqliteStore {
    async fn migrate(&self) -> Result<()> {
        let mut migrator = sqlx::migrate!("migrations/sqlite");
        let options = self.write.connect_options();
        let one = pool(1).acquire_timeout(MIGRATION_WAIT);
        let own = one.connect_lazy_with((*options).clone().busy_timeout(MIGRATION_WAIT));
        // The write lock over the whole run makes a second process wait, then find everything done.
        let result = async {
            let mut tx = own.begin_with("begin immediate").await?;
            migrator.set_locking(false).run_direct(None, &mut *tx, false).await?;
            Ok(tx.commit().await?)
        };
        let result = result.await;
        own.close().await;
        result
    }

    async fn ping(&self) -> Result<()> {
        Ok(self.begin().await?.rollback().await?)
    }

    async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }

    async fn submit_context(&self, question: &SubmitQuestion<'_>) -> Result<SubmitContext> {
        submission::context(&self.read, question).await
    }

    async fn insert_submissions(&self, submissions: &[Submission], site_mode: Mode) -> Result<Vec<Inserted>> {
        let mut tx = self.begin().await?;
        let mut answers = Vec::with_capacity(submissions.len());
        for submission in submissions {
            answers.push(submission::insert(&mut tx, submission, site_mode).await?);
        }
        tx.commit().await?;
        Ok(answers)
    }

    async fn spend_nonce(
        &self,
        site: &SiteId,
        nonce: [u8; 16],
        request: Option<&RequestRow>,
        at: DateTime<Utc>,
    ) -> Result<bool> {
        let mut tx = self.begin().await?;
        let spent = request::spend_nonce(&mut tx, site, nonce, request, at).await?;
        tx.commit().await?;
        Ok(spent)
    }

    async fn find_request(&self, site: &SiteId, id: Uuid) -> Result<Option<RequestRow>> {
        request::find(&self.read, site, id).await
    }

    async fn find_comment(&self, site: &SiteId, id: CommentId) -> Result<Option<Comment>> {
        comment::find(&self.read, site, id).await
    }

    async fn find_pending(&self, site: &SiteId, article: &ArticleId, ids: &[CommentId]) -> Result<Vec<Comment>> {
        comment::find_pending(&self.read, site, article, ids).await
    }

    async fn list_comments(&self, page: &CommentPage<'_>) -> Result<Page<Thread>> {
        comment::list(&self.read, page).await
    }

    async fn find_articles(&self, site: &SiteId, ids: &[ArticleId]) -> Result<Vec<Article>> {
        article::find(&self.read, site, ids).await
    }

    async fn update_article(&self, change: &ArticleChange) -> Result<Article> {
        let mut tx = self.begin().await?;
        let article = article::update(&mut tx, change).await?;
        tx.commit().await?;
        Ok(article)
    }

    async fn list_queue(&self, page: &QueuePage<'_>) -> Result<Page<Case>> {
        queue::list(&self.read, page).await
    }

    async fn count_queue(&self, site: &SiteId, filter: &QueueFilter) -> Result<i64> {
        queue::count(&self.read, site, filter).await
    }

    async fn find_case(&self, site: &SiteId, id: CommentId) -> Result<Option<Case>> {
        case::find(&self.read, site, id).await
    }

    async fn decide(&self, decision: &Decision) -> Result<Decided> {
        let mut tx = self.begin().await?;
        let decided = decision::decide(&mut tx, decision).await?;
        tx.commit().await?;
        Ok(decided)
    }

    async fn list_audit(
        &self,
        site: &SiteId,
        filter: &AuditFilter,
        count: usize,
        after: Option<Cursor>,
    ) -> Result<Page<AuditEntry>> {
        audit::list(&self.read, site, filter, count, after).await
    }

    async fn create_token(&self, token: &AccessToken) -> Result<bool> {
        let mut tx = self.begin().await?;
        let created = token::create(&mut tx, token).await?;
        tx.commit().await?;
        Ok(created)
    }

    async fn find_token(&self, id: Uuid) -> Result<Option<AccessToken>> {
        token::find(&self.read, id).await
    }

    async fn list_tokens(&self, site: Option<&SiteId>) -> Result<Vec<AccessToken>> {
        token::list(&self.read, site).await
    }

    async fn revoke_token(&self, id: Uuid, at: DateTime<Utc>) -> Result<bool> {
        token::revoke(&self.write, id, at).await
    }

    async fn queue_gauges(&self) -> Result<Vec<QueueGauge>> {
        queue::gauges(&self.read).await
    }

    async fn forget(&self, requests_before: DateTime<Utc>, nonces_before: DateTime<Utc>) -> Result<u64> {
        request::forget(&self.write, requests_before, nonces_before).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a power cut would show: nothing else in the tests can tell a commit that reached the disk.
    #[tokio::test]
    async fn a_commit_is_durable_and_readers_go_on_meanwhile() {
        let dir = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(dir.path().join("duyet.sqlite3"));
        store.migrate().await.unwrap();
        let full = 2;
        let synchronous: i64 = sqlx::query_scalar("pragma synchronous").fetch_one(&store.write).await.unwrap();
        assert_eq!(synchronous, full);
        for pool in [&store.read, &store.write] {
            let journal: String = sqlx::query_scalar("pragma journal_mode").fetch_one(pool).await.unwrap();
            assert_eq!(journal, "wal");
        }
        let read_only: bool = sqlx::query_scalar("pragma query_only").fetch_one(&store.read).await.unwrap();
        let foreign_keys: bool = sqlx::query_scalar("pragma foreign_keys").fetch_one(&store.write).await.unwrap();
        assert!(read_only && foreign_keys);
    }
}
