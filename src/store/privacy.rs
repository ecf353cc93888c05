//! Rows about persons, read once for both databases.

use super::{parse, rows::Read};
use crate::domain::{
    Result,
    id::CommentId,
    privacy::{ErasureProgress, FiledReport, PersonErasure},
};

/// Of `comment_id, reason, note, created_at`.
pub(super) fn report(columns: &mut impl Read) -> Result<FiledReport> {
    Ok(FiledReport {
        comment: CommentId(columns.uuid()?),
        reason: parse::maybe_named(columns.maybe_text()?.as_deref())?,
        note: columns.text()?,
        created_at: columns.time()?,
    })
}

/// Of `erasure_columns!`.
pub(super) fn erasure(columns: &mut impl Read) -> Result<PersonErasure> {
    Ok(PersonErasure {
        request: columns.uuid()?,
        batch: columns.uuid()?,
        actor: columns.text()?,
        note: columns.text()?,
        authors: columns.json()?,
        devices: columns.json()?,
        comment: columns.maybe_uuid()?.map(CommentId),
        progress: ErasureProgress { comments: columns.long()?.unsigned_abs(), reports: columns.long()?.unsigned_abs() },
        started_at: columns.time()?,
        is_finished: columns.maybe_time()?.is_some(),
    })
}

/// A count as columns have it.
pub(super) fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
