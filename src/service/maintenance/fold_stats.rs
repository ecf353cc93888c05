//! Summing up what changed the statistics.

use super::Maintenance;
use crate::domain::Result;

/// Changes that one transaction sums up.
const AT_ONCE: usize = 2_000;

impl Maintenance {
    /// Sums up the appended changes of all sites, and returns how many those were. Every replica may call it at any time.
    ///
    /// # Errors
    /// The store's only.
    pub async fn fold_stats(&self) -> Result<u64> {
        let mut folded = 0;
        loop {
            let count = self.core.store.fold_stats(AT_ONCE).await?;
            folded += count;
            if count < AT_ONCE as u64 {
                return Ok(folded);
            }
        }
    }
}
