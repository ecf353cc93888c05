//! The append-only audit.

use async_trait::async_trait;
use sqlx::{SqliteConnection, SqlitePool, types::Json};

use super::{SqliteStore, micros};
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
impl AuditStore for SqliteStore {
    async fn list_audit(
        &self,
        site: &SiteId,
        filter: &AuditFilter,
        count: usize,
        after: Option<Cursor>,
    ) -> Result<Page<AuditEntry>> {
        list(&self.read, site, filter, count, after).await
    }

    async fn record(&self, site: &SiteId, entry: &AuditEntry) -> Result<()> {
        in_transaction!(self, tx => insert(&mut tx, site, entry).await?)
    }
}

const INSERT: &str = concat!(
    "insert into audit (site_id, ",
    audit_columns!(),
    ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)"
);

/// Beside the entry, so that an erasure can remove it.
const NOTE: &str = "insert into audit_notes (site_id, audit_id, comment_id, ban_id, note) values ($1, $2, $3, $4, $5)";

pub(super) async fn insert(tx: &mut SqliteConnection, site: &SiteId, entry: &AuditEntry) -> Result<()> {
    sqlx::query(INSERT)
        .bind(site.as_str())
        .bind(entry.id)
        .bind(micros(entry.at))
        .bind(&entry.actor)
        .bind(entry.action.as_str())
        .bind(entry.comment.map(|id| id.0))
        .bind(entry.article.as_ref().map(ArticleId::as_str))
        .bind(entry.from_status.map(Status::as_str))
        .bind(entry.to_status.map(Status::as_str))
        .bind(entry.revision)
        .bind(entry.reason.map(Reason::as_str))
        .bind("")
        .bind(entry.request_id)
        .bind(entry.batch)
        .bind(entry.reverts)
        .bind(entry.ban)
        .bind(entry.before.as_ref().map(Json))
        .execute(&mut *tx)
        .await?;
    if !entry.note.is_empty() {
        let note = sqlx::query(NOTE).bind(site.as_str()).bind(entry.id).bind(entry.comment.map(|id| id.0));
        note.bind(entry.ban).bind(&entry.note).execute(tx).await?;
    }
    Ok(())
}

/// The decision that brought a comment where it stands: a demand, or one taken back, did not.
pub(super) async fn last_decision(
    tx: &mut SqliteConnection,
    site: &SiteId,
    id: CommentId,
) -> Result<Option<LastDecision>> {
    let sql = "select audit_id, actor, at from audit
        where site_id = $1 and comment_id = $2 and to_status is not null
                and (action not in ('ESCALATE', 'REVERT') or from_status <> to_status)
        order by revision desc, at desc, audit_id desc limit 1";
    let row = sqlx::query(sql).bind(site.as_str()).bind(id.0).fetch_optional(tx).await?;
    row.map(|row| {
        let mut columns = RowReader::new(&row);
        Ok(LastDecision { id: columns.uuid()?, actor: columns.text()?, at: columns.time()? })
    })
    .transpose()
}

macro_rules! entries {
    ($index:literal, $comment:literal) => {
        concat!(
            "select ",
            audit_entry_columns!(),
            " from audit ",
            $index,
            " where site_id = $1 and ",
            $comment,
            " and ($3 is null or actor = $3) and ($4 is null or action = $4)
            and ($5 is null or at >= $5) and ($6 is null or at < $6)
            and ($10 is null or article_id = $10) and ($11 is null or batch_id = $11) and ($12 is null or ban_id = $12)
            and (at, audit_id) < ($7, $8) order by at desc, audit_id desc limit $9"
        )
    };
}

/// Two statements: entries of one comment come from an index of their own.
const ALL: &str = entries!("", "$2 is null");
const OF_COMMENT: &str = entries!("indexed by audit_by_comment", "comment_id = $2");

pub(super) async fn list(
    pool: &SqlitePool,
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
        .bind(filter.since.map(micros))
        .bind(filter.until.map(micros))
        .bind(micros(start.at))
        .bind(start.id)
        .bind(parse::limit(count + 1))
        .bind(filter.article.as_ref().map(ArticleId::as_str))
        .bind(filter.batch)
        .bind(filter.ban)
        .fetch_all(pool)
        .await?;
    let entries = rows.iter().map(|row| rows::audit_entry(&mut RowReader::new(row))).collect::<Result<_>>()?;
    Ok(Page::of(entries, count, |entry: &AuditEntry| Cursor { at: entry.at, id: entry.id, score: 0.0 }))
}
