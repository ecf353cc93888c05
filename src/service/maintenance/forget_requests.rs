//! Deletes requests and nonces that no replay can need any more.

use chrono::{DateTime, Duration, Utc};

use super::Maintenance;
use crate::domain::{Result, request::REQUEST_HOURS};

impl Maintenance {
    /// Deletes what no replay can need any more, and returns how many rows were deleted. Nonces are kept as long as requests, which is
    /// far longer than any challenge lives. Any replica may run this at any time.
    ///
    /// # Errors
    /// The store's only.
    pub async fn forget_old(&self, now: DateTime<Utc>) -> Result<u64> {
        self.core.store.forget(now - Duration::hours(REQUEST_HOURS)).await
    }
}
