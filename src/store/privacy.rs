//! Rows about persons, read once for both databases.

use super::{parse, rows::Read};
use crate::domain::{Result, id::CommentId, privacy::FiledReport};

/// Of `comment_id, reason, note, created_at`.
pub(super) fn report(columns: &mut impl Read) -> Result<FiledReport> {
    Ok(FiledReport {
        comment: CommentId(columns.uuid()?),
        reason: parse::maybe_named(columns.maybe_text()?.as_deref())?,
        note: columns.text()?,
        created_at: columns.time()?,
    })
}
