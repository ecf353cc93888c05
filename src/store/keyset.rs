//! Where a page starts. Row comparisons are strict, so a first page starts at a key that no row has.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::rows::Read;
use crate::domain::{Result, page::Cursor, queue::QueueOrder};

/// Pages that go up: after everything before 1970.
pub(super) fn ascending(after: Option<Cursor>) -> Cursor {
    after.unwrap_or(Cursor { at: DateTime::UNIX_EPOCH, id: Uuid::nil(), score: f64::INFINITY })
}

/// Pages that go down: before the last moment that both databases can hold.
pub(super) fn descending(after: Option<Cursor>) -> Cursor {
    after.unwrap_or(Cursor { at: DateTime::<Utc>::MAX_UTC, id: Uuid::max(), score: f64::INFINITY })
}

/// What a page of the queue is ordered by, ids apart, as its index holds it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum QueueKey {
    Time(DateTime<Utc>),
    /// Negated, so that one row comparison pages through (score desc, id).
    Score(f64),
    /// Negated as well.
    Reports(i32),
}

/// The key and id after which a page of the queue starts.
pub(super) fn queue_start(order: QueueOrder, after: Option<Cursor>) -> (QueueKey, Uuid) {
    queue_key(order, if order == QueueOrder::Newest { descending(after) } else { ascending(after) })
}

/// The last key and id that a page of the queue looks at.
pub(super) fn queue_end(order: QueueOrder, until: Option<Cursor>) -> (QueueKey, Uuid) {
    let last = Cursor { score: f64::NEG_INFINITY, ..descending(None) };
    queue_key(order, until.unwrap_or(if order == QueueOrder::Newest { ascending(None) } else { last }))
}

fn queue_key(order: QueueOrder, cursor: Cursor) -> (QueueKey, Uuid) {
    let key = match order {
        QueueOrder::Oldest | QueueOrder::Newest | QueueOrder::Due => QueueKey::Time(cursor.at),
        QueueOrder::Score => QueueKey::Score(-cursor.score),
        QueueOrder::Reports => QueueKey::Reports(negated_count(cursor.score)),
    };
    (key, cursor.id)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a count of devices; the infinity of a first page becomes the lowest"
)]
fn negated_count(count: f64) -> i32 {
    -count as i32
}

/// Where a page of the queue continues, read from the columns that orders go by: id, creation, due time, score, open reports.
pub(super) fn read_queue_cursor(order: QueueOrder, columns: &mut impl Read) -> Result<Cursor> {
    let (id, created_at, due_at) = (columns.uuid()?, columns.time()?, columns.maybe_time()?);
    Ok(Cursor::in_queue(order, id, created_at, due_at, columns.real()?, columns.int()?))
}

/// Before every id made at `at` or later: a `UUIDv7` begins with its millisecond.
pub(super) fn earliest_id(at: DateTime<Utc>) -> Uuid {
    Uuid::from_u128(u128::try_from(at.timestamp_millis()).unwrap_or_default() << 80)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_page_starts_before_every_row() {
        assert_eq!(queue_start(QueueOrder::Reports, None).0, QueueKey::Reports(i32::MIN));
        assert_eq!(queue_start(QueueOrder::Score, None).0, QueueKey::Score(f64::NEG_INFINITY));
    }

    #[test]
    fn a_page_without_an_end_ends_after_every_row() {
        assert_eq!(queue_end(QueueOrder::Reports, None).0, QueueKey::Reports(i32::MAX));
        assert_eq!(queue_end(QueueOrder::Score, None).0, QueueKey::Score(f64::INFINITY));
        assert_eq!(queue_end(QueueOrder::Newest, None).0, QueueKey::Time(DateTime::UNIX_EPOCH));
    }

    #[test]
    fn ids_made_from_a_moment_on_are_not_before_it() {
        let at = DateTime::from_timestamp(1_795_392_000, 999_999_000).unwrap();
        let made = Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, 1_795_392_000, 999_999_000));
        assert!(earliest_id(at) <= made);
        assert!(earliest_id(at + chrono::Duration::milliseconds(1)) > made);
    }
}
