//! The append-only audit.

use std::collections::HashMap;

use async_trait::async_trait;

use super::{
    Backend, Connection, List, Row, Rows, Statement,
    records::{self, AUDIT_ENTRY},
    stats_changes::{self, StatsChanges},
};
use crate::{
    domain::{
        Result,
        audit::{AuditAction, AuditEntry, AuditFilter},
        id::{ArticleId, CommentId, SiteId},
        lifecycle::Status,
        page::{Cursor, Page},
        reason::Reason,
    },
    store::{contract::AuditStore, keyset, outcome::LastDecision, parse},
};

#[async_trait]
impl<B: Backend> AuditStore for B {
    async fn list_audit(
        &self,
        site: &SiteId,
        filter: &AuditFilter,
        count: usize,
        after: Option<Cursor>,
    ) -> Result<Page<AuditEntry>> {
        let start = keyset::descending(after);
        let rows = Statement::new("select ")
            .columns(&AUDIT_ENTRY, "a")
            .push(" from audit a ")
            .push(index(filter))
            .push(" where a.site_id = :site and (a.at, a.audit_id) < (:at, :id)")
            .bind("site", site)
            .bind("at", start.at)
            .bind("id", start.id)
            .condition(" and a.comment_id = :comment", "comment", filter.comment)
            .condition(" and a.article_id = :article", "article", filter.article.as_ref())
            .condition(" and a.actor = :actor", "actor", filter.actor.as_deref().map(parse::needle))
            .condition(" and a.action = :action", "action", filter.action.map(AuditAction::as_str))
            .condition(" and a.batch_id = :batch", "batch", filter.batch)
            .condition(" and a.ban_id = :ban", "ban", filter.ban)
            .condition(" and a.at >= :since", "since", filter.since)
            .condition(" and a.at < :until", "until", filter.until)
            .push(" order by a.at desc, a.audit_id desc limit :count")
            .bind("count", parse::limit(count + 1))
            .planned_for_values()
            .fetch_all(self.reads())
            .await?;
        let entries = read_all(&rows)?;
        Ok(Page::of(entries, count, |entry: &AuditEntry| Cursor { at: entry.at, id: entry.id, score: 0.0 }))
    }

    async fn record(&self, site: &SiteId, entry: &AuditEntry) -> Result<()> {
        transaction!(self, tx => record(tx, site, entry).await?)
    }
}

/// Writes one entry, and counts it and the decisions that it overturns in the statistics.
async fn record(tx: &mut Connection<'_>, site: &SiteId, entry: &AuditEntry) -> Result<()> {
    StatsChanges::of_entry(site, entry).append(tx).await?;
    stats_changes::append_overturned(tx, site, std::iter::once(entry)).await?;
    insert(tx, site, entry).await
}

/// Returns the index hint for SQLite, which has no statistics and so does not know that few entries belong to one
/// comment, ban or batch.
const fn index(filter: &AuditFilter) -> &'static str {
    if filter.comment.is_some() {
        "{ | indexed by audit_by_comment}"
    } else if filter.ban.is_some() {
        "{ | indexed by audit_by_ban}"
    } else if filter.batch.is_some() {
        "{ | indexed by audit_by_batch}"
    } else if filter.actor.is_some() {
        "{ | indexed by audit_by_actor}"
    } else {
        "{ | indexed by audit_by_time}"
    }
}

/// Reads rows of [`AUDIT_ENTRY`] of the table `a`.
pub(super) fn read_all(rows: &[Row]) -> Result<Vec<AuditEntry>> {
    rows.iter().map(|row| records::audit_entry(row.of(&AUDIT_ENTRY, "a")?)).collect()
}

pub(in crate::store) async fn of_comment(
    on: impl Into<Connection<'_>>,
    site: &SiteId,
    id: CommentId,
    limit: i64,
) -> Result<Vec<AuditEntry>> {
    let rows = Statement::new("select ")
        .columns(&AUDIT_ENTRY, "a")
        .push(
            " from audit a { | indexed by audit_by_comment} where a.site_id = :site and a.comment_id = :comment
            order by a.revision desc, a.at desc, a.audit_id desc limit :limit",
        )
        .bind("site", site)
        .bind("comment", id)
        .bind("limit", limit)
        .fetch_all(on)
        .await?;
    read_all(&rows)
}

/// Returns the decision that brought each comment into its status. An escalation, or the revert of one, did not.
pub(in crate::store) async fn last_decisions(
    tx: &mut Connection<'_>,
    site: &SiteId,
    ids: &[CommentId],
) -> Result<HashMap<CommentId, LastDecision>> {
    let decisions = " and (a.action not in ('ESCALATE', 'REVERT') or a.from_status <> a.to_status)";
    newest_of_each(tx, site, ids, decisions).await
}

/// Returns the last entry of each comment, escalations included.
pub(in crate::store) async fn last_entries(
    tx: &mut Connection<'_>,
    site: &SiteId,
    ids: &[CommentId],
) -> Result<HashMap<CommentId, LastDecision>> {
    newest_of_each(tx, site, ids, "").await
}

/// Returns the newest entry of each comment that meets `condition` on the entry `a`. It takes one index look-up per
/// comment. Any other kind of join would read all entries of the site.
async fn newest_of_each(
    tx: &mut Connection<'_>,
    site: &SiteId,
    ids: &[CommentId],
    condition: &'static str,
) -> Result<HashMap<CommentId, LastDecision>> {
    let rows = Statement::new(
        "select l.comment_id, l.audit_id, l.actor, l.at from :comments i
        {cross join lateral (select a.comment_id, a.audit_id, a.actor, a.at
            | cross join audit l on l.site_id = :site and l.audit_id = (select a.audit_id}
            from audit a { | indexed by audit_by_comment}
            where a.site_id = :site and a.comment_id = i.comment_id and a.to_status is not null",
    )
    .push(condition)
    .push(" order by a.revision desc, a.at desc, a.audit_id desc limit 1) {l | }")
    .bind("comments", Rows::new().column("comment_id", List::comments(ids)))
    .bind("site", site)
    .fetch_all(tx)
    .await?;
    let pair = |row: &Row| {
        let row = row.fields();
        let last = LastDecision { id: row.get("audit_id")?, actor: row.get("actor")?, at: row.get("at")? };
        Ok((row.get("comment_id")?, last))
    };
    rows.iter().map(pair).collect()
}

/// Writes one entry. The caller counts it and the decisions that it overturns in the statistics.
pub(in crate::store) async fn insert(tx: &mut Connection<'_>, site: &SiteId, entry: &AuditEntry) -> Result<()> {
    insert_all(tx, site, std::iter::once(entry)).await
}

/// Writes entries of one site. Notes are stored in their own rows, so that an erasure can delete them. The caller
/// counts the entries and the decisions that they overturn in the statistics.
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
