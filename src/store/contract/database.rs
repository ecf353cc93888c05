//! The database itself: its schema, its health and its log.

use async_trait::async_trait;

use crate::domain::Result;

/// What each database does in its own way.
#[async_trait]
pub trait DatabaseStore: Send + Sync {
    /// Brings the schema up to date under a lock, so that replicas may start together.
    async fn migrate(&self) -> Result<()>;

    /// Answers when a write could be made now.
    async fn ping(&self) -> Result<()>;

    /// Gathers the first planner statistics once there are enough rows, where the database plans by statistics. Returns whether there
    /// are some by now. Statements that were planned before are planned again.
    async fn survey(&self) -> Result<bool>;

    /// Removes what was erased from the write-ahead log, where the database leaves that to its user. Never waits for readers or
    /// writers of other processes: `false` when one was in the way, and the caller tries again later.
    async fn clean_log(&self) -> Result<bool>;

    /// Returns the size of the write-ahead log in bytes; `None` where the database keeps it by itself.
    fn log_bytes(&self) -> Option<u64>;

    /// Ends all connections; nothing may be called after it.
    async fn close(&self);
}
