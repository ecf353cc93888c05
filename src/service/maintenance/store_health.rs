//! Whether the database is there, and whether it knows how much it holds.

use super::Maintenance;
use crate::domain::Result;

impl Maintenance {
    /// Has a new database look at how much there is, as soon as there is something; answers whether it did by now.
    ///
    /// # Errors
    /// The store's only.
    pub async fn survey(&self) -> Result<bool> {
        self.core.store.survey().await
    }

    /// Answers when the store can be written to.
    ///
    /// # Errors
    /// The store's only.
    pub async fn ping(&self) -> Result<()> {
        self.core.store.ping().await
    }
}
