//! Statements of background work: sites, jobs, forgotten comments and the gauges of the queue.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Connection, Statement, row::Row};
use crate::{
    domain::{
        Result,
        id::{CommentId, SiteId},
        stats::{Job, QueueGauge},
    },
    store::parse,
};

/// Selects the sites with articles. Takes one index look-up per site, regardless of the number of articles.
const SITES_WITH_ARTICLES: &str = "with recursive s (site_id) as (
        select min(a.site_id) from articles a
        union all
        select (select min(a.site_id) from articles a where a.site_id > s.site_id) from s where s.site_id is not null
    )
    select site_id from s where site_id is not null";

pub(super) async fn sites(on: Connection<'_>) -> Result<Vec<SiteId>> {
    read_sites(Statement::new(SITES_WITH_ARTICLES), on).await
}

/// Comments are not searched, because each one has an article of its site. The server's own tokens belong to no site.
pub(super) async fn known_sites(on: Connection<'_>) -> Result<Vec<SiteId>> {
    let with_settings = " union select site_id from sites union select site_id from tokens where site_id <> '*'
        order by site_id";
    read_sites(Statement::new(SITES_WITH_ARTICLES).push(with_settings), on).await
}

async fn read_sites(statement: Statement<'_>, on: Connection<'_>) -> Result<Vec<SiteId>> {
    let rows = statement.fetch_all(on).await?;
    rows.iter().map(|row| row.fields().get("site_id")).collect()
}

/// On a conflict, the statement waits for the concurrent transaction and then sees the row that it wrote.
pub(super) async fn begin(
    tx: &mut Connection<'_>,
    site: &SiteId,
    job: Job,
    holder: Uuid,
    now: DateTime<Utc>,
    next_at: DateTime<Utc>,
) -> Result<bool> {
    let taken = Statement::new(
        "insert into jobs (site_id, job, holder, next_at) values (:site, :job, :holder, :next_at)
        on conflict (site_id, job) do update set holder = excluded.holder, next_at = excluded.next_at
            where jobs.next_at <= :now or jobs.holder = excluded.holder",
    )
    .bind("site", site)
    .bind("job", job.as_str())
    .bind("holder", holder)
    .bind("next_at", next_at)
    .bind("now", now)
    .execute(tx)
    .await?;
    Ok(taken == 1)
}

/// Each comment's last audit entry is looked up separately, because a join might read the whole audit.
pub(super) async fn forgotten(
    on: Connection<'_>,
    site: &SiteId,
    before: DateTime<Utc>,
    limit: usize,
) -> Result<Vec<(CommentId, i64)>> {
    let rows = Statement::new(
        "select c.comment_id, c.revision from comments c { | indexed by comments_waiting_by_age}
        where c.site_id = :site and c.status = 'PENDING' and c.due_at is null and c.created_at < :before
            and coalesce((select max(a.at) from audit a { | indexed by audit_by_comment}
                where a.site_id = :site and a.comment_id = c.comment_id and a.to_status is not null), c.created_at) < :before
        order by c.created_at, c.comment_id limit :limit",
    )
    .bind("site", site)
    .bind("before", before)
    .bind("limit", parse::limit(limit))
    .fetch_all(on)
    .await?;
    rows.iter().map(|row| Ok((row.fields().get("comment_id")?, row.fields().get("revision")?))).collect()
}

/// Each number comes from a partial index of exactly its rows: counts read no table rows, and of the times only the
/// first is read.
pub(super) async fn gauges(on: Connection<'_>, most: i64) -> Result<Vec<QueueGauge>> {
    let rows = Statement::new(
        "with recursive s (site_id) as (
            select min(c.site_id) from comments c { | indexed by comments_waiting_by_age}
            where c.status = 'PENDING' or c.flagged_at is not null
            union all
            select (select min(c.site_id) from comments c { | indexed by comments_waiting_by_age}
                where (c.status = 'PENDING' or c.flagged_at is not null) and c.site_id > s.site_id)
            from s where s.site_id is not null
        ), w as materialized (
            select s.site_id, (select count(*) from (select 1 from comments c { | indexed by comments_waiting_by_age}
                where c.site_id = s.site_id and (c.status = 'PENDING' or c.flagged_at is not null)
                order by c.created_at, c.comment_id limit :most) counted) as waiting
            from s where s.site_id is not null
        )
        select coalesce(w.site_id, t.site_id) as site_id, coalesce(w.waiting, 0) as waiting, (select min(o.at) from (
            select * from (select c.created_at as at from comments c { | indexed by comments_waiting_by_age}
                where c.site_id = w.site_id and (c.status = 'PENDING' or c.flagged_at is not null) and c.status = 'PENDING'
                order by c.created_at, c.comment_id limit 1) pending
            union all
            select * from (select c.flagged_at as at from comments c { | indexed by comments_flagged}
                where c.site_id = w.site_id and c.flagged_at is not null order by c.flagged_at limit 1) flagged) o
        ) as oldest, coalesce(t.takedowns, 0) as takedowns, t.next_due
        from w full join (
            select c.site_id, count(*) as takedowns, min(c.due_at) as next_due
            from comments c { | indexed by comments_by_due} where c.due_at is not null group by c.site_id
        ) t on t.site_id = w.site_id",
    )
    .bind("most", most)
    .fetch_all(on)
    .await?;
    let read = |row: &Row| {
        let row = row.fields();
        Ok(QueueGauge {
            site: row.get("site_id")?,
            pending: row.get("waiting")?,
            oldest: row.get("oldest")?,
            takedowns: row.get("takedowns")?,
            next_due: row.get("next_due")?,
        })
    };
    rows.iter().map(read).collect()
}
