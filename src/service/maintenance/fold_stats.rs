//! Adds the appended changes to the statistics.

use super::Maintenance;
use crate::domain::Result;

/// Number of changes that one transaction adds up.
const AT_ONCE: usize = 2_000;

impl Maintenance {
    /// Adds up the appended changes of all sites. Every replica may call it at any time.
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
