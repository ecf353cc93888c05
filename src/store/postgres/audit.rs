//! The append-only audit.

use std::collections::HashMap;

use async_trait::async_trait;
use sqlx::{postgres::PgBindIterExt as _, types::Json};

use super::{PostgresStore, session::Session};
use crate::{
    domain::{
        Result,
        audit::{AuditAction, AuditEntry, AuditFilter},
        id::{ArticleId, CommentId, SiteId},
        lifecycle::Status,
        page::{Cursor, Page},
        reason::Reason,
    },
    store::{
        contract::AuditStore,
        keyset,
        outcome::LastDecision,
        parse,
        rows::{self, Read as _, RowReader},
    },
};

#[async_trait]
impl AuditStore for PostgresStore {
    async fn list_audit(
        &self,
        site: &SiteId,
        filter: &AuditFilter,
        count: usize,
        after: Option<Cursor>,
    ) -> Result<Page<AuditEntry>> {
        list(&mut self.begin_planned_anew().await?, site, filter, count, after).await
    }

    async fn record(&self, site: &SiteId, entry: &AuditEntry) -> Result<()> {
        in_transaction!(self, tx => insert(&mut tx, site, entry).await?)
    }
}

const INSERT: &str = concat!(
    "insert into audit (site_id, ",
    audit_columns!(),
    ") select $1, i.* from unnest($2::uuid[], $3::timestamptz[], $4::text[], $5::text[], $6::uuid[], $7::text[], $8::text[], $9::text[],
        $10::bigint[], $11::text[], $12::text[], $13::uuid[], $14::uuid[], $15::uuid[], $16::uuid[], $17::jsonb[]) i"
);

/// Beside the entries, so that an erasure can remove them.
const NOTE: &str = "insert into audit_notes (site_id, audit_id, comment_id, ban_id, note)
    select $1, i.* from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[]) i";

/// Writes entries, all of one site.
pub(super) async fn insert_all<'a>(
    tx: &mut Session,
    site: &SiteId,
    entries: impl Iterator<Item = &'a AuditEntry> + Clone + Send,
) -> Result<()> {
    sqlx::query(INSERT)
        .bind(site.as_str())
        .bind(entries.clone().map(|entry| entry.id).bind_iter())
        .bind(entries.clone().map(|entry| entry.at).bind_iter())
        .bind(entries.clone().map(|entry| entry.actor.as_str()).bind_iter())
        .bind(entries.clone().map(|entry| entry.action.as_str()).bind_iter())
        .bind(entries.clone().map(|entry| entry.comment.map(|id| id.0)).bind_iter())
        .bind(entries.clone().map(|entry| entry.article.as_ref().map(ArticleId::as_str)).bind_iter())
        .bind(entries.clone().map(|entry| entry.from_status.map(Status::as_str)).bind_iter())
        .bind(entries.clone().map(|entry| entry.to_status.map(Status::as_str)).bind_iter())
        .bind(entries.clone().map(|entry| entry.revision).bind_iter())
        .bind(entries.clone().map(|entry| entry.reason.map(Reason::as_str)).bind_iter())
        .bind(entries.clone().map(|_| "").bind_iter())
        .bind(entries.clone().map(|entry| entry.request_id).bind_iter())
        .bind(entries.clone().map(|entry| entry.batch).bind_iter())
        .bind(entries.clone().map(|entry| entry.reverts).bind_iter())
        .bind(entries.clone().map(|entry| entry.ban).bind_iter())
        .bind(entries.clone().map(|entry| entry.before.as_ref().map(Json)).bind_iter())
        .execute(&mut *tx)
        .await?;
    let noted = entries.filter(|entry| !entry.note.is_empty());
    if noted.clone().next().is_none() {
        return Ok(());
    }
    sqlx::query(NOTE)
        .bind(site.as_str())
        .bind(noted.clone().map(|entry| entry.id).bind_iter())
        .bind(noted.clone().map(|entry| entry.comment.map(|id| id.0)).bind_iter())
        .bind(noted.clone().map(|entry| entry.ban).bind_iter())
        .bind(noted.map(|entry| entry.note.as_str()).bind_iter())
        .execute(tx)
        .await?;
    Ok(())
}

pub(super) async fn insert(tx: &mut Session, site: &SiteId, entry: &AuditEntry) -> Result<()> {
    insert_all(tx, site, std::iter::once(entry)).await
}

/// The decision that brought each comment where it stands: a demand, or one taken back, did not.
pub(super) async fn last_decisions(
    tx: &mut Session,
    site: &SiteId,
    ids: &[CommentId],
) -> Result<HashMap<CommentId, LastDecision>> {
    let sql = "select l.comment_id, l.audit_id, l.actor, l.at from unnest($2::uuid[]) i (comment_id)
        cross join lateral (
            select a.comment_id, a.audit_id, a.actor, a.at from audit a
            where a.site_id = $1 and a.comment_id = i.comment_id and a.to_status is not null
                and (a.action not in ('ESCALATE', 'REVERT') or a.from_status <> a.to_status)
            order by a.revision desc, a.at desc, a.audit_id desc limit 1) l";
    let rows = sqlx::query(sql).bind(site.as_str()).bind(ids.iter().map(|id| id.0).bind_iter()).fetch_all(tx).await?;
    let pair = |row| {
        let mut columns = RowReader::new(row);
        let comment = CommentId(columns.uuid()?);
        Ok((comment, LastDecision { id: columns.uuid()?, actor: columns.text()?, at: columns.time()? }))
    };
    rows.iter().map(pair).collect()
}

macro_rules! entries {
    ($comment:literal) => {
        concat!(
            "select ",
            audit_entry_columns!(),
            " from audit where site_id = $1 and ",
            $comment,
            " and ($3::text is null or actor = $3) and ($4::text is null or action = $4)
            and ($5::timestamptz is null or at >= $5) and ($6::timestamptz is null or at < $6)
            and ($10::text is null or article_id = $10) and ($11::uuid is null or batch_id = $11)
            and ($12::uuid is null or ban_id = $12)
            and (at, audit_id) < ($7, $8) order by at desc, audit_id desc limit $9"
        )
    };
}

/// Two statements: entries of one comment come from an index of their own.
const ALL: &str = entries!("$2::uuid is null");
const OF_COMMENT: &str = entries!("comment_id = $2");

async fn list(
    connection: &mut Session,
    site: &SiteId,
    filter: &AuditFilter,
    count: usize,
    after: Option<Cursor>,
) -> Result<Page<AuditEntry>> {
    let sql = if filter.comment.is_some() { OF_COMMENT } else { ALL };
    let start = keyset::descending(after);
    let rows = sqlx::query(sql)
        .bind(site.as_str())
        .bind(filter.comment.map(|id| id.0))
        .bind(filter.actor.as_deref().map(parse::needle))
        .bind(filter.action.map(AuditAction::as_str))
        .bind(filter.since)
        .bind(filter.until)
        .bind(start.at)
        .bind(start.id)
        .bind(parse::limit(count + 1))
        .bind(filter.article.as_ref().map(ArticleId::as_str))
        .bind(filter.batch)
        .bind(filter.ban)
        .fetch_all(connection)
        .await?;
    let entries = rows.iter().map(|row| rows::audit_entry(&mut RowReader::new(row))).collect::<Result<_>>()?;
    Ok(Page::of(entries, count, |entry: &AuditEntry| Cursor { at: entry.at, id: entry.id, score: 0.0 }))
}
