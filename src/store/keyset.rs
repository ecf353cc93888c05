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
