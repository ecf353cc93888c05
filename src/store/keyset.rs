//! Where a page starts. Row comparisons are strict, so a first page starts at a key that no row has.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::domain::page::Cursor;

/// Pages that go up: after everything before 1970.
pub(super) fn ascending(after: Option<Cursor>) -> Cursor {
    after.unwrap_or(Cursor { at: DateTime::UNIX_EPOCH, id: Uuid::nil(), score: f64::INFINITY })
}

/// Pages that go down: before the last moment that both databases can hold.
pub(super) fn descending(after: Option<Cursor>) -> Cursor {
    after.unwrap_or(Cursor { at: DateTime::<Utc>::MAX_UTC, id: Uuid::max(), score: f64::INFINITY })
}
