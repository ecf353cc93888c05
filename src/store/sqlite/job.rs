//! Background work: which sites there are, who does what, what was forgotten, what waits.

use chrono::{DateTime, Utc};
use sqlx::SqlitePool;
use uuid::Uuid;

use super::micros;
use crate::{
    domain::{
        Result,
        id::{CommentId, SiteId},
        stats::{Job, QueueGauge},
    },
    store::{
        parse,
        rows::{Read as _, RowReader},
        upkeep,
    },
};

/// From one site to the next, however many articles lie between.
const SITES: &str = "
    with recursive s (site_id) as (
        select min(a.site_id) from articles a
        union all select (select min(a.site_id) from articles a where a.site_id > s.site_id) from s where s.site_id is not null
    )
    select site_id from s where site_id is not null";

pub(super) async fn sites(pool: &SqlitePool) -> Result<Vec<SiteId>> {
    named(pool, SITES).await
}

/// Comments need no look: each has an article of its site. What belongs to the server is of no site.
const KNOWN: &str = "
    with recursive s (site_id) as (
        select min(a.site_id) from articles a
        union all select (select min(a.site_id) from articles a where a.site_id > s.site_id) from s where s.site_id is not null
    )
    select site_id from s where site_id is not null
    union select site_id from sites union select site_id from tokens where site_id <> '*' order by site_id";

pub(super) async fn known_sites(pool: &SqlitePool) -> Result<Vec<SiteId>> {
    named(pool, KNOWN).await
}

async fn named(pool: &SqlitePool, sql: &'static str) -> Result<Vec<SiteId>> {
    let rows = sqlx::query(sql).fetch_all(pool).await?;
    rows.iter().map(|row| parse::site(&RowReader::new(row).text()?)).collect()
}

const BEGIN: &str = "insert into jobs (site_id, job, holder, next_at) values ($1, $2, $3, $5)
    on conflict (site_id, job) do update set holder = excluded.holder, next_at = excluded.next_at
        where jobs.next_at <= $4 or jobs.holder = excluded.holder";

pub(super) async fn begin(
    pool: &SqlitePool,
    site: &SiteId,
    job: Job,
    holder: Uuid,
    now: DateTime<Utc>,
    next_at: DateTime<Utc>,
) -> Result<bool> {
    let query =
        sqlx::query(BEGIN).bind(site.as_str()).bind(job.as_str()).bind(holder).bind(micros(now)).bind(micros(next_at));
    Ok(query.execute(pool).await?.rows_affected() == 1)
}

/// By the last thing that happened, looked up for each: as a join it might read the whole audit.
const FORGOTTEN: &str = "
    select c.comment_id, c.revision from comments c indexed by comments_waiting_by_age
    where c.site_id = $1 and c.status = 'PENDING' and c.due_at is null and c.created_at < $2
        and coalesce((select max(a.at) from audit a indexed by audit_by_comment
            where a.site_id = $1 and a.comment_id = c.comment_id and a.to_status is not null), c.created_at) < $2
    order by c.created_at, c.comment_id limit $3";

pub(super) async fn forgotten(
    pool: &SqlitePool,
    site: &SiteId,
    before: DateTime<Utc>,
    limit: usize,
) -> Result<Vec<(CommentId, i64)>> {
    let query = sqlx::query(FORGOTTEN).bind(site.as_str()).bind(micros(before)).bind(parse::limit(limit));
    let rows = query.fetch_all(pool).await?;
    rows.iter().map(|row| upkeep::forgotten(&mut RowReader::new(row))).collect()
}

/// Each number straight from an index of exactly its rows: a count looks at no row, and of times only the first is read.
const GAUGES: &str = "
    with recursive s (site_id) as (
        select min(c.site_id) from comments c indexed by comments_waiting_by_age where c.status = 'PENDING' or c.flagged_at is not null
        union all select (select min(c.site_id) from comments c indexed by comments_waiting_by_age
            where (c.status = 'PENDING' or c.flagged_at is not null) and c.site_id > s.site_id) from s where s.site_id is not null
    ), w as materialized (
        select s.site_id, (select count(*) from (select 1 from comments c indexed by comments_waiting_by_age
            where c.site_id = s.site_id and (c.status = 'PENDING' or c.flagged_at is not null)
            order by c.created_at, c.comment_id limit $1)) waiting
        from s where s.site_id is not null
    )
    select coalesce(w.site_id, t.site_id), coalesce(w.waiting, 0), (select min(o.at) from (
        select * from (select c.created_at at from comments c indexed by comments_waiting_by_age
            where c.site_id = w.site_id and (c.status = 'PENDING' or c.flagged_at is not null) and c.status = 'PENDING'
            order by c.created_at, c.comment_id limit 1)
        union all
        select * from (select c.flagged_at at from comments c indexed by comments_flagged
            where c.site_id = w.site_id and c.flagged_at is not null order by c.flagged_at limit 1)) o
    ), coalesce(t.takedowns, 0), t.next_due
    from w full join (
        select c.site_id, count(*) takedowns, min(c.due_at) next_due
        from comments c indexed by comments_by_due where c.due_at is not null group by c.site_id
    ) t on t.site_id = w.site_id";

pub(super) async fn gauges(pool: &SqlitePool, most: i64) -> Result<Vec<QueueGauge>> {
    let rows = sqlx::query(GAUGES).bind(most).fetch_all(pool).await?;
    rows.iter().map(|row| upkeep::queue_gauge(&mut RowReader::new(row))).collect()
}
