//! The change feed. Its rows are numbered when they are written, and read in the order of their numbers.
//!
//! In PostgreSQL, a transaction may commit after another one that took greater numbers. A follower must not skip the
//! rows of the first one. Each writer therefore first takes a shared advisory lock whose key contains the last number
//! taken so far. The writer's own numbers are greater than that. All numbers up to the smallest locked one are settled:
//! no open transaction can add a row among them. Shared locks never wait for each other, and end with their
//! transaction. SQLite has one writer at a time, so everything that can be read is settled.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{Backend, Caller, Connection, List, Row, Rows, Statement, dialect::Dialect};
use crate::{
    domain::{
        Result,
        change::{Change, ChangeKind},
        id::{ArticleId, CommentId, SiteId},
    },
    store::{contract::ChangeStore, parse},
};

/// Takes the lock of a writer, which must precede its first number. The key begins with the 16 bits `0x6475`, which
/// distinguish it from other locks.
pub(super) const GATE: &str = "gate as materialized (
    select pg_advisory_xact_lock_shared((25717::bigint << 48) + last_value) from change_numbers)";

/// Selects the last settled number. The locks are read after the last number, because a writer that takes its lock
/// later than that takes greater numbers.
const SETTLED: &str = "
    select least(n.last_value, (
        select min(((l.classid::bigint << 32) + l.objid::bigint) - (25717::bigint << 48)) from pg_locks l
        where l.locktype = 'advisory' and l.objsubid = 1 and l.classid::bigint >> 16 = 25717 and n.last_value >= 0
            and l.database = (select d.oid from pg_database d where d.datname = current_database())
    )) as settled from change_numbers n";

/// A change that is not numbered yet.
#[derive(Debug)]
pub(super) struct NewChange<'c> {
    pub(super) site: &'c SiteId,
    pub(super) kind: ChangeKind,
    pub(super) comment: Option<CommentId>,
    pub(super) article: Option<&'c ArticleId>,
    pub(super) revision: i64,
    pub(super) at: DateTime<Utc>,
}

#[async_trait]
impl<B: Backend> ChangeStore for B {
    async fn changes(&self, site: &SiteId, after: i64, limit: usize) -> Result<Vec<Change>> {
        let settled = settled(self.reads()).await?;
        if settled <= after {
            return Ok(Vec::new());
        }
        // This is a separate statement, so that it sees everything that was committed before the locks were read.
        let rows = Statement::new(
            "select seq, kind, comment_id, article_id, revision, at from changes
            where site_id = :site and seq > :after and seq <= :settled order by seq limit :limit",
        )
        .bind("site", site)
        .bind("after", after)
        .bind("settled", settled)
        .bind("limit", parse::limit(limit))
        .fetch_all(self.reads())
        .await?;
        rows.iter().map(read).collect()
    }

    async fn newest_change(&self, site: &SiteId) -> Result<i64> {
        if self.reads().dialect() == Dialect::Postgres {
            return settled(self.reads()).await;
        }
        let newest = Statement::new("select coalesce(max(seq), 0) as newest from changes where site_id = :site");
        newest.bind("site", site).fetch_one(self.reads()).await?.fields().get("newest")
    }

    async fn prune_changes(&self, site: &SiteId, before: DateTime<Utc>, limit: usize) -> Result<u64> {
        let _place = self.place_for(Caller::Background).await?;
        transaction!(self, tx => prune(tx, site, before, limit).await?)
    }
}

async fn settled(on: Connection<'_>) -> Result<i64> {
    match on.dialect() {
        Dialect::Postgres => Statement::new(SETTLED).fetch_one(on).await?.fields().get("settled"),
        Dialect::Sqlite => Ok(i64::MAX),
    }
}

fn read(row: &Row) -> Result<Change> {
    let row = row.fields();
    Ok(Change {
        seq: row.get("seq")?,
        kind: row.named("kind")?,
        comment: row.get("comment_id")?,
        article: row.get("article_id")?,
        revision: row.get("revision")?,
        at: row.get("at")?,
    })
}

/// Adds changes to the feed. Their numbers are in the order of `changes`.
pub(super) async fn add(tx: &mut Connection<'_>, changes: &[NewChange<'_>]) -> Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    let all = || changes.iter();
    let rows = Rows::new()
        .column("site_id", List::texts(all().map(|change| change.site.as_str())))
        .column("kind", List::texts(all().map(|change| change.kind.as_str())))
        .column("comment_id", List::uuids(all().map(|change| change.comment.map(|id| id.0))))
        .column("article_id", List::texts(all().map(|change| change.article.map(ArticleId::as_str))))
        .column("revision", List::longs(all().map(|change| change.revision)))
        .column("at", List::times(all().map(|change| change.at)));
    let gate = if tx.dialect() == Dialect::Postgres { GATE } else { "gate as (select 1 as open)" };
    Statement::new("with ")
        .push(gate)
        .push(
            " insert into changes (site_id, seq, kind, comment_id, article_id, revision, at)
            select i.site_id,
                {nextval('change_numbers')
                | coalesce((select max(c.seq) from changes c where c.site_id = i.site_id), 0) + i.position},
                i.kind, i.comment_id, i.article_id, i.revision, i.at
            from gate, :rows i order by i.position",
        )
        .bind("rows", rows)
        .execute_later(tx)
        .await?;
    Ok(())
}

/// Deletes at most `limit` of a site's oldest rows from before `before`. The newest row is kept, so that the numbers do
/// not start again.
async fn prune(tx: &mut Connection<'_>, site: &SiteId, before: DateTime<Utc>, limit: usize) -> Result<u64> {
    let oldest = Statement::new("select seq, at from changes where site_id = :site order by seq limit :limit");
    let oldest = oldest.bind("site", site).bind("limit", parse::limit(limit) + 1).fetch_all(&mut *tx).await?;
    let mut last = None;
    for row in oldest.iter().take(oldest.len().saturating_sub(1)) {
        if row.fields().get::<DateTime<Utc>>("at")? >= before {
            break;
        }
        last = Some(row.fields().get::<i64>("seq")?);
    }
    let Some(last) = last else { return Ok(0) };
    let delete = Statement::new("delete from changes where site_id = :site and seq <= :last");
    delete.bind("site", site).bind("last", last).execute(tx).await
}
