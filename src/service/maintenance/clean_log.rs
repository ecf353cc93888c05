//! Removal of erased text from the write-ahead log.

use super::Maintenance;
use crate::{domain::Result, ops::metric};

impl Maintenance {
    /// Removes erased text from the database's write-ahead log and measures the log. Returns `false` when a reader
    /// blocked it; then it must be called again.
    pub async fn clean_log(&self) -> Result<bool> {
        if let Some(bytes) = self.core.store.log_bytes() {
            metric::log_size(bytes);
        }
        self.core.store.clean_log().await
    }
}
