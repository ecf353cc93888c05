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

/// A log beyond this size is cut back even when nothing was erased. SQLite reuses a log from its start and never shrinks
/// the file by itself.
const LARGE: u64 = 64 << 20;

/// The write-ahead log of one file, with a connection of its own that never waits for a lock: a reader of another process
/// makes a checkpoint fail at once instead of stalling the writer.
#[derive(Debug, Clone)]
pub(super) struct Log {
    own: SqlitePool,
    file: PathBuf,
    /// True while the log may hold text that was erased since. A new process cannot know, so it starts as true.
    owed: Arc<AtomicBool>,
}

impl Log {
    pub(super) fn of(database: &Path, writer: SqliteConnectOptions) -> Self {
        let mut file = database.as_os_str().to_owned();
        file.push("-wal");
        let options = writer.create_if_missing(false).busy_timeout(Duration::ZERO);
        Self { own: pool(1).connect_lazy_with(options), file: file.into(), owed: Arc::new(AtomicBool::new(true)) }
    }

    /// Notes that a transaction that erased something was committed.
    pub(super) fn owe(&self) {
        self.owed.store(true, Ordering::Release);
    }

    /// Size of the file in bytes; 0 when there is none.
    pub(super) fn size(&self) -> u64 {
        self.file.metadata().map_or(0, |file| file.len())
    }

    /// Moves the log's pages into the database's file and empties the log, if that is owed or the log is large. Returns
    /// `false` when a reader or a writer was in the way: the caller tries again later.
    ///
    /// Most of the work is a PASSIVE checkpoint, during which the writer goes on. Only when all pages are moved is
    /// `writer` taken for the TRUNCATE, which then has little left to do.
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
            // While the writer is held, nothing else is erased.
            self.owed.store(false, Ordering::Release);
        }
        drop(paused);
        Ok(done)
    }

    /// True when nothing was in the way and no page is left in the log.
    async fn checkpoint(&self, pragma: &'static str) -> Result<bool> {
        let row = self.own.fetch_one(pragma).await?;
        let (busy, pages, moved): (i64, i64, i64) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        Ok(busy == 0 && pages == moved)
    }

    pub(super) async fn close(&self) {
        self.own.close().await;
    }
}
