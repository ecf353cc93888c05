//! Keyset pagination. Row comparisons are strict, so the first page starts at a key that no row has.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::domain::page::Cursor;

/// Returns where a page starts that goes up: `after`, or before 1970.
pub(super) fn ascending(after: Option<Cursor>) -> Cursor {
    after.unwrap_or(Cursor { at: DateTime::UNIX_EPOCH, id: Uuid::nil(), score: 0.0 })
}

/// Returns where a page starts that goes down: `after`, or the last moment that both databases can hold.
pub(super) fn descending(after: Option<Cursor>) -> Cursor {
    after.unwrap_or(Cursor { at: DateTime::<Utc>::MAX_UTC, id: Uuid::max(), score: 0.0 })
}

/// Returns an id that is before every id made at `at` or later: a `UUIDv7` begins with its millisecond.
pub(super) fn earliest_id(at: DateTime<Utc>) -> Uuid {
    Uuid::from_u128(u128::try_from(at.timestamp_millis()).unwrap_or_default() << 80)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_made_from_a_moment_on_are_not_before_it() {
        let at = DateTime::from_timestamp(1_795_392_000, 999_999_000).unwrap();
        let made = Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, 1_795_392_000, 999_999_000));
        assert!(earliest_id(at) <= made);
        assert!(earliest_id(at + chrono::Duration::milliseconds(1)) > made);
    }
}
