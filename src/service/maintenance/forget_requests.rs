//! Dropping request rows and nonces that no replay can need any more.

use chrono::{DateTime, Duration, Utc};

use super::Maintenance;
use crate::domain::{Result, request::REQUEST_HOURS};

/// Nonces are kept this long, in hours: far longer than any challenge lives, clock skew included.
const NONCE_HOURS: i64 = 48;

impl Maintenance {
    /// Drops what no replay can need any more, and answers how many rows went. Any replica may run it at any time.
    ///
    /// # Errors
    /// The store's only.
    pub async fn forget_old(&self, now: DateTime<Utc>) -> Result<u64> {
        self.core.store.forget(now - Duration::hours(REQUEST_HOURS), now - Duration::hours(NONCE_HOURS)).await
    }
}
