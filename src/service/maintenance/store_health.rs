//! The database's health and its planner statistics.

use super::Maintenance;
use crate::domain::Result;

impl Maintenance {
    /// Collects planner statistics of a new database as soon as it has data. Returns true when that has been done.
    pub async fn survey(&self) -> Result<bool> {
        self.core.store.survey().await
    }

    /// Checks that the store can be written to.
    pub async fn ping(&self) -> Result<()> {
        self.core.store.ping().await
    }
}
