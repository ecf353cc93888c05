//! What the database needs now and then.

use super::Maintenance;
use crate::{domain::Result, ops::metric};
impl Maintenance {
    /// Has a new database look at how much there is, as soon as there is something; answers whether it did by now.
    ///
    /// # Errors
    /// The store's only.
    pub async fn survey(&self) -> Result<bool> {
        self.core.store.survey().await
    }

    /// Removes erased text from the database's write-ahead log and measures the log. Returns `false` when something was in
    /// the way; then it must be called again.
    ///
    /// # Errors
    /// The store's only.
    pub async fn clean_log(&self) -> Result<bool> {
        if let Some(bytes) = self.core.store.log_bytes() {
            metric::log_size(bytes);
        }
        self.core.store.clean_log().await
    }

    /// Answers when the store can be written to.
    ///
    /// # Errors
    /// The store's only.
    pub async fn ping(&self) -> Result<()> {
        self.core.store.ping().await
    }
}
