//! The append-only audit.

use super::{Connection, List, Rows, Statement};
use crate::domain::{
    Result,
    audit::AuditEntry,
    id::{ArticleId, SiteId},
    lifecycle::Status,
    reason::Reason,
};

/// Writes one entry.
pub(in crate::store) async fn insert(tx: &mut Connection<'_>, site: &SiteId, entry: &AuditEntry) -> Result<()> {
    insert_all(tx, site, std::iter::once(entry)).await
}

/// Writes entries, all of one site. Their notes are rows of their own, so that an erasure can remove them.
pub(in crate::store) async fn insert_all<'a>(
    tx: &mut Connection<'_>,
    site: &SiteId,
    entries: impl Iterator<Item = &'a AuditEntry> + Clone + Send,
) -> Result<()> {
    let all = || entries.clone();
    let rows = Rows::new()
        .column("audit_id", List::uuids(all().map(|entry| entry.id)))
        .column("at", List::times(all().map(|entry| entry.at)))
        .column("actor", List::texts(all().map(|entry| entry.actor.as_str())))
        .column("action", List::texts(all().map(|entry| entry.action.as_str())))
        .column("comment_id", List::uuids(all().map(|entry| entry.comment.map(|id| id.0))))
        .column("article_id", List::texts(all().map(|entry| entry.article.as_ref().map(ArticleId::as_str))))
        .column("from_status", List::texts(all().map(|entry| entry.from_status.map(Status::as_str))))
        .column("to_status", List::texts(all().map(|entry| entry.to_status.map(Status::as_str))))
        .column("revision", List::longs(all().map(|entry| entry.revision)))
        .column("reason", List::texts(all().map(|entry| entry.reason.map(Reason::as_str))))
        .column("note", List::texts(all().map(|_| "")))
        .column("request_id", List::uuids(all().map(|entry| entry.request_id)))
        .column("batch_id", List::uuids(all().map(|entry| entry.batch)))
        .column("reverts", List::uuids(all().map(|entry| entry.reverts)))
        .column("ban_id", List::uuids(all().map(|entry| entry.ban)))
        .column("before", List::jsons(all().map(|entry| entry.before.as_ref()))?);
    Statement::insert_rows("audit", site, rows).execute(&mut *tx).await?;
    let noted = || all().filter(|entry| !entry.note.is_empty());
    if noted().next().is_none() {
        return Ok(());
    }
    let rows = Rows::new()
        .column("audit_id", List::uuids(noted().map(|entry| entry.id)))
        .column("comment_id", List::uuids(noted().map(|entry| entry.comment.map(|id| id.0))))
        .column("ban_id", List::uuids(noted().map(|entry| entry.ban)))
        .column("note", List::texts(noted().map(|entry| entry.note.as_str())));
    Statement::insert_rows("audit_notes", site, rows).execute(tx).await?;
    Ok(())
}
