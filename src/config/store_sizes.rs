//! How much of the database the service uses.

use serde::{Deserialize, Serialize};

/// How much of the database the service uses at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StoreSizes {
    /// Connections to PostgreSQL, 5 to 200. Eight keep two of its cores busy; more only lengthen the slowest responses. SQLite
    /// always has one that writes and four that read.
    pub connections: u32,
    /// Batches of submits that are written concurrently, 1 to 16. While one is under way the next one fills, so one writer makes the
    /// largest batches, and those cost PostgreSQL the least per comment. SQLite always has one.
    pub writers: usize,
    /// Batches of questions of one kind (about submits, challenges or pages) that are read concurrently, 1 to 16.
    pub readers: usize,
}

impl Default for StoreSizes {
    fn default() -> Self {
        Self { connections: 8, writers: 1, readers: 1 }
    }
}
