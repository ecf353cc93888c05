use async_trait::async_trait;

use crate::domain::{
    Result,
    report::{ModeratorNote, NewNote, Report, Reported},
};

/// Reports of readers and notes of moderators.
#[async_trait]
pub trait ReportStore: Send + Sync {
    /// Counts a report of a public comment, once per reporter. When there are enough open reports
    /// (`Site::reports_needed`), the comment is flagged, even if it was reviewed before, and a change-feed row is
    /// written. The revision does not change.
    ///
    /// Fails with `CommentNotFound`, also if readers do not see the comment.
    async fn report(&self, report: &Report) -> Result<Reported>;

    /// Stores a note.
    ///
    /// Fails with `CommentNotFound` or `RequestIdReused`.
    async fn add_note(&self, new: &NewNote) -> Result<ModeratorNote>;
}
