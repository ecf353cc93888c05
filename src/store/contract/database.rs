//! The database itself: its schema, its health and its log.

use async_trait::async_trait;

use crate::domain::Result;

/// Operations that each database implements in its own way.
#[async_trait]
pub trait DatabaseStore: Send + Sync {
    /// Migrates the schema under a lock, so that replicas may start concurrently.
    async fn migrate(&self) -> Result<()>;

    /// Succeeds if a write is possible now.
    async fn ping(&self) -> Result<()>;

    /// Gathers the first planner statistics once there are enough rows, if the database uses statistics. Returns
    /// whether there are statistics now. PostgreSQL then replaces the plans that were made without them.
    async fn survey(&self) -> Result<bool>;

    /// Removes erased data from the write-ahead log, if the database does not do so itself. Never waits for readers or
    /// writers of other processes: returns `false` if one of them was active, and the caller tries again later.
    async fn clean_log(&self) -> Result<bool>;

    /// Returns the size of the write-ahead log in bytes, or `None` if the database manages the log itself.
    fn log_bytes(&self) -> Option<u64>;

    /// Closes all connections. No method may be called afterwards.
    async fn close(&self);
}
