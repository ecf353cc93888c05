//! Keyset pagination. Row comparisons are strict, so the first page starts at a key that no row has.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::domain::page::Cursor;

/// Returns the start of an ascending page: `after`, or a key before all rows.
pub(super) fn ascending(after: Option<Cursor>) -> Cursor {
    after.unwrap_or(Cursor { at: DateTime::UNIX_EPOCH, id: Uuid::nil(), score: 0.0 })
}

/// Returns the start of a descending page: `after`, or the latest time that both databases can store.
pub(super) fn descending(after: Option<Cursor>) -> Cursor {
    after.unwrap_or(Cursor { at: DateTime::<Utc>::MAX_UTC, id: Uuid::max(), score: 0.0 })
}
