//! Rows of background work, read once for both databases.

use super::{parse, rows::Read};
use crate::domain::{Result, id::CommentId, stats::QueueGauge};

/// Of `comment_id, revision`.
pub(super) fn forgotten(columns: &mut impl Read) -> Result<(CommentId, i64)> {
    Ok((CommentId(columns.uuid()?), columns.long()?))
}

/// Of site, waiting comments and the oldest of them, takedowns and the next that is due.
pub(super) fn queue_gauge(columns: &mut impl Read) -> Result<QueueGauge> {
    Ok(QueueGauge {
        site: parse::site(&columns.text()?)?,
        pending: columns.long()?,
        oldest: columns.maybe_time()?,
        takedowns: columns.long()?,
        next_due: columns.maybe_time()?,
    })
}
