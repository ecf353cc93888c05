//! Settings of the database's concurrency.

use serde::{Deserialize, Serialize};

/// How much the service uses the database concurrently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StoreSizes {
    /// Number of PostgreSQL connections, 5 to 200. Eight connections keep two cores of the PostgreSQL server busy; on
    /// such a server, more connections only make the slowest responses slower. SQLite always uses one connection for
    /// writing and four for reading.
    pub connections: u32,
    /// Number of batches of submissions that are written concurrently (group commit), 1 to 16. The next batch fills
    /// while one is written, so a single writer makes the largest batches, which need the least work of PostgreSQL per
    /// comment. SQLite always uses one.
    pub writers: usize,
    /// Number of batches of reads of one kind (for submissions, challenges or pages) that run concurrently, 1 to 16.
    pub readers: usize,
}

impl Default for StoreSizes {
    fn default() -> Self {
        Self { connections: 8, writers: 1, readers: 1 }
    }
}
