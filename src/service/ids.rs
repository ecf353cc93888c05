use chrono::{DateTime, Utc};
use uuid::Uuid;

/// Returns a new `UUIDv7` of the given time.
pub(super) fn new_id(now: DateTime<Utc>) -> Uuid {
    let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
    Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, now.timestamp_subsec_nanos()))
}
