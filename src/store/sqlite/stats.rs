//! Numbers for newsrooms. Each statement reads an index of just what it counts, named because SQLite has no statistics to find it by.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::SqlitePool;

use super::{SqliteStore, micros};
use crate::{
    domain::{
        Result,
        actor::SYSTEM,
        id::SiteId,
        lifecycle::Status,
        stats::{ModeratorStats, Stats},
    },
    store::{contract::StatsStore, rows::RowReader, tally},
};

#[async_trait]
impl StatsStore for SqliteStore {
    async fn stats(&self, site: &SiteId, since: DateTime<Utc>, now: DateTime<Utc>) -> Result<Stats> {
        let mut stats = Stats {
            submitted: submitted(&self.read, site, since).await?,
            moderators: moderators(&self.read, site, since).await?,
            ..Stats::default()
        };
        let row = sqlx::query(WAITING).bind(site.as_str()).fetch_one(&self.read).await?;
        tally::waiting(&mut RowReader::new(&row), now, &mut stats)?;
        let row = sqlx::query(TAKEDOWNS).bind(site.as_str()).bind(micros(now)).fetch_one(&self.read).await?;
        tally::takedowns(&mut RowReader::new(&row), &mut stats)?;
        Ok(stats)
    }
}

const SUBMITTED: &str = "select status, count(*) from comments indexed by comments_by_age
    where site_id = $1 and created_at >= $2 group by status";

async fn submitted(pool: &SqlitePool, site: &SiteId, since: DateTime<Utc>) -> Result<Vec<(Status, i64)>> {
    let rows = sqlx::query(SUBMITTED).bind(site.as_str()).bind(micros(since)).fetch_all(pool).await?;
    let mut counts =
        rows.iter().map(|row| tally::status_count(&mut RowReader::new(row))).collect::<Result<Vec<_>>>()?;
    counts.sort_unstable();
    Ok(counts)
}

/// The younger a comment the later it came: who stands at 95 of 100 by age is among the first that came.
const WAITING: &str = "
    with n as materialized (
        select count(*) total from comments indexed by comments_waiting_by_age
        where site_id = $1 and (status = 'PENDING' or flagged_at is not null)
    )
    select n.total,
        (select created_at from comments indexed by comments_waiting_by_age
            where site_id = $1 and (status = 'PENDING' or flagged_at is not null)
            order by created_at, comment_id limit 1 offset (select total - (total * 50 + 99) / 100 from n)),
        (select created_at from comments indexed by comments_waiting_by_age
            where site_id = $1 and (status = 'PENDING' or flagged_at is not null)
            order by created_at, comment_id limit 1 offset (select total - (total * 95 + 99) / 100 from n))
    from n";

const TAKEDOWNS: &str = "select count(*), count(*) filter (where due_at <= $2) from comments indexed by comments_by_due
    where site_id = $1 and due_at is not null";

/// An overturned decision is looked for from what overturned it, because that is rare: a comment that somebody else moved, other than
/// out of the queue or into oblivion, from where the decision left it; or an entry that takes the decision back. The cross joins keep
/// that order.
const MODERATORS: &str = "
    with hours as (
        select d.actor, d.at / 3600000000 as hour, count(*) as decisions from audit d indexed by audit_decisions
        where d.site_id = $1 and d.at >= $2 and d.action in ('APPROVE', 'REJECT', 'SPAM', 'REQUEUE') and d.actor <> $3
        group by 1, 2
    ), overturned as (
        select d.actor, d.audit_id from audit e indexed by audit_overturns
        cross join audit d indexed by audit_by_comment
            on d.site_id = $1 and d.comment_id = e.comment_id and d.revision = e.revision - 1
        where e.site_id = $1 and e.at >= $2 and e.from_status <> e.to_status and e.from_status <> 'PENDING'
            and e.to_status <> 'ERASED' and e.actor <> d.actor
            and d.at >= $2 and d.action in ('APPROVE', 'REJECT', 'SPAM')
        union
        select d.actor, d.audit_id from audit e indexed by audit_by_reverted
        cross join audit d on d.site_id = $1 and d.audit_id = e.reverts
        where e.site_id = $1 and e.reverts is not null and e.actor <> d.actor
            and d.at >= $2 and d.action in ('APPROVE', 'REJECT', 'SPAM', 'REQUEUE')
    )
    select t.actor, t.decisions, t.active_hours, coalesce(o.overturned, 0)
    from (select actor, sum(decisions) as decisions, count(*) as active_hours from hours group by actor) t
    left join (select actor, count(*) as overturned from overturned group by actor) o on o.actor = t.actor
    order by t.decisions desc, t.actor";

async fn moderators(pool: &SqlitePool, site: &SiteId, since: DateTime<Utc>) -> Result<Vec<ModeratorStats>> {
    let rows = sqlx::query(MODERATORS).bind(site.as_str()).bind(micros(since)).bind(SYSTEM).fetch_all(pool).await?;
    rows.iter().map(|row| tally::moderator(&mut RowReader::new(row))).collect()
}
