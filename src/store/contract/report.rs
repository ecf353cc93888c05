use async_trait::async_trait;

use crate::domain::{
    Result,
    report::{ModeratorNote, NewNote, Report, Reported},
};

/// What readers report and moderators note.
#[async_trait]
pub trait ReportStore: Send + Sync {
    /// Counts a report of a public comment once per reporter. With enough open reports (`Site::reports_needed`) the comment is flagged, also when it was
    /// reviewed before; a change-feed row tells followers then. The revision stays.
    ///
    /// Fails with `CommentNotFound` also for a comment that readers do not see.
    async fn report(&self, report: &Report) -> Result<Reported>;

    /// Stores a note.
    ///
    /// Fails with `CommentNotFound`, `RequestIdReused`.
    async fn add_note(&self, new: &NewNote) -> Result<ModeratorNote>;
}
