//! The write-ahead log: its size, and the checkpoint that removes erased text from it.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sqlx::{Executor as _, Row as _, SqlitePool, sqlite::SqliteConnectOptions};

use super::{Pool, pool};
use crate::domain::Result;

/// A log larger than this number of bytes is emptied even if nothing was erased. SQLite reuses a log from its start,
/// but never shrinks the file by itself.
const LARGE: u64 = 64 << 20;

/// The write-ahead log of one file, with its own connection that never waits for a lock. A reader of another process
/// makes a checkpoint fail at once, so that it does not delay the writer.
#[derive(Debug, Clone)]
pub(super) struct Log {
    own: SqlitePool,
    file: PathBuf,
    /// Whether the log may contain text that was erased since the last checkpoint. A new process cannot know this, so
    /// the value starts as `true`.
    owed: Arc<AtomicBool>,
}

impl Log {
    pub(super) fn of(database: &Path, writer: SqliteConnectOptions) -> Self {
        let mut file = database.as_os_str().to_owned();
        file.push("-wal");
        let options = writer.create_if_missing(false).busy_timeout(Duration::ZERO);
        Self { own: pool(1).connect_lazy_with(options), file: file.into(), owed: Arc::new(AtomicBool::new(true)) }
    }

    /// Records that a transaction that erased data was committed.
    pub(super) fn owe(&self) {
        self.owed.store(true, Ordering::Release);
    }

    /// Returns the size of the file in bytes, or 0 if it does not exist.
    pub(super) fn size(&self) -> u64 {
        self.file.metadata().map_or(0, |file| file.len())
    }

    /// Moves the log's pages into the database file and empties the log, if the log may contain erased text or is
    /// large. Returns `false` if a reader or a writer was active. The caller then tries again later.
    ///
    /// A PASSIVE checkpoint does most of the work, and the writer is not blocked meanwhile. Only when it has moved all
    /// pages, the writer is paused for a short TRUNCATE checkpoint.
    pub(super) async fn clean(&self, writer: &Pool) -> Result<bool> {
        if !self.owed.load(Ordering::Acquire) && self.size() < LARGE {
            return Ok(true);
        }
        if !self.checkpoint("pragma wal_checkpoint(passive)").await? {
            return Ok(false);
        }
        let paused = writer.pause().await?;
        let done = self.checkpoint("pragma wal_checkpoint(truncate)").await?;
        if done {
            // Nothing else is erased while the writer is paused.
            self.owed.store(false, Ordering::Release);
        }
        drop(paused);
        Ok(done)
    }

    /// Runs a checkpoint. Returns whether no reader or writer was active and all pages of the log were moved.
    async fn checkpoint(&self, pragma: &'static str) -> Result<bool> {
        let row = self.own.fetch_one(pragma).await?;
        let (busy, pages, moved): (i64, i64, i64) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        Ok(busy == 0 && pages == moved)
    }

    pub(super) async fn close(&self) {
        self.own.close().await;
    }
}
