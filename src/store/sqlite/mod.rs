//! The SQLite store, the embedded default: one file, one writer and a few readers.

use std::{path::Path, sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use tokio::sync::SemaphorePermit;

pub(super) use self::{
    context::{challenge_contexts, submit_contexts},
    session::{Pool, Writing},
};

use super::{
    sql::{Backend, Caller, Connection, Row, Statement, Transaction},
    writes::Writes,
};
use crate::domain::Result;

/// Selects the comment that the submit `q` repeats. It searches among the device's own comments, because there may be
/// thousands of comments with the text of a campaign.
macro_rules! duplicate_of_its_device {
    () => {
        concat!(
            "(select o.comment_id from comments o indexed by comments_by_device
            where o.site_id = q.site_id and o.device = q.device and ",
            repeated_by_q!(),
            " order by o.created_at desc limit 1)"
        )
    };
}

mod context;
mod database;
mod log;
mod session;

/// Longest wait of a call for a connection, and of a connection for another process that writes. A slow disk may need a
/// second for one sync.
const WAIT: Duration = Duration::from_secs(5);
/// Longest wait for the migrations of another process, which may take longer than any call.
const MIGRATION_WAIT: Duration = Duration::from_secs(60);
const READERS: u32 = 4;
/// Number of rows that a connection's thread sends before it waits for their reader.
const ANSWERS: usize = 256;
/// Number of prepared statements that a connection keeps. Statements that are sent together count as one.
const STATEMENTS: usize = 300;

/// One SQLite file. With WAL, readers are not blocked by the writer. `synchronous = FULL` makes a commit durable.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    read: Pool,
    write: Pool,
    log: log::Log,
    writes: Arc<Writes>,
}

impl SqliteStore {
    /// Returns the store in the file at `path`, which [`migrate`](super::contract::DatabaseStore::migrate) creates if
    /// it does not exist. Does not access the disk. Must be called inside a runtime.
    pub fn open(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        let writer = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            // Overwrites deleted content, so that erased text leaves no trace in the file.
            .pragma("secure_delete", "on")
            // The rows that are passed to a statement are few and drive its joins. If SQLite built a temporary index of
            // them, it would read every row of the site instead.
            .pragma("automatic_index", "off")
            .busy_timeout(WAIT)
            // The buffer holds the rows of a whole batch, so that the connection's thread does not wait for their
            // reader.
            .row_buffer_size(ANSWERS)
            .statement_cache_capacity(STATEMENTS);
        let reader = writer.clone().create_if_missing(false).pragma("query_only", "on");
        let log = log::Log::of(path, writer.clone());
        Self {
            write: Pool::new(pool(1).connect_lazy_with(writer)),
            read: Pool::new(pool(READERS).connect_lazy_with(reader)),
            log,
            writes: Arc::default(),
        }
    }
}

#[async_trait]
impl Backend for SqliteStore {
    fn reads(&self) -> Connection<'_> {
        Connection::SqlitePool(&self.read)
    }

    async fn read_at_length(&self, statement: Statement<'_>) -> Result<Vec<Row>> {
        statement.fetch_all(self.reads()).await
    }

    async fn begin(&self) -> Result<Transaction> {
        Ok(Transaction::Sqlite(self.write.begin().await?))
    }

    async fn begin_locked(&self, _: &[i64]) -> Result<Transaction> {
        Backend::begin(self).await
    }

    async fn place_for(&self, _: Caller) -> Result<Option<SemaphorePermit<'_>>> {
        Ok(None)
    }

    fn note_erased(&self) {
        self.log.owe();
    }

    fn writes(&self) -> &Writes {
        &self.writes
    }
}

/// Connections of one process to one file are cheap to keep, but costly to test.
fn pool(size: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(size)
        .acquire_timeout(WAIT)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}

/// Returns the stored form of a time: microseconds since 1970.
fn micros(at: DateTime<Utc>) -> i64 {
    at.timestamp_micros()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::contract::DatabaseStore as _;

    /// The settings are checked, because no other test can show that a commit survives a power failure.
    #[tokio::test]
    async fn a_commit_is_durable_and_readers_go_on_meanwhile() {
        let dir = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(dir.path().join("duyet.sqlite3"));
        store.migrate().await.unwrap();
        let full = 2;
        let synchronous: i64 = sqlx::query_scalar("pragma synchronous").fetch_one(store.write.driver()).await.unwrap();
        assert_eq!(synchronous, full);
        for pool in [store.read.driver(), store.write.driver()] {
            let journal: String = sqlx::query_scalar("pragma journal_mode").fetch_one(pool).await.unwrap();
            assert_eq!(journal, "wal");
        }
        let read_only: bool = sqlx::query_scalar("pragma query_only").fetch_one(store.read.driver()).await.unwrap();
        let foreign_keys: bool =
            sqlx::query_scalar("pragma foreign_keys").fetch_one(store.write.driver()).await.unwrap();
        assert!(read_only && foreign_keys);
        let secure_delete: i64 =
            sqlx::query_scalar("pragma secure_delete").fetch_one(store.write.driver()).await.unwrap();
        assert_eq!(secure_delete, 1);
    }
}
