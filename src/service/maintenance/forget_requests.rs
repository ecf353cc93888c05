//! Deletes requests and nonces that no replay can need any more.

use chrono::{DateTime, Duration, Utc};

use super::Maintenance;
use crate::domain::{Result, request::REQUEST_HOURS};

impl Maintenance {
    /// Deletes the requests and nonces that no replay can need any more. Nonces are kept as long as requests, which is
    /// far longer than any challenge is valid. Any replica may run this at any time.
    pub async fn forget_old(&self, now: DateTime<Utc>) -> Result<u64> {
        self.core.store.forget(now - Duration::hours(REQUEST_HOURS)).await
    }
}
