//! Numbers for newsrooms. Each statement reads an index of just what it counts: a quarter of a busy site must be told within the
//! statement time-out.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{PostgresStore, session::Pool};
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
impl StatsStore for PostgresStore {
    async fn stats(&self, site: &SiteId, since: DateTime<Utc>, now: DateTime<Utc>) -> Result<Stats> {
        let mut stats = Stats {
            submitted: submitted(&self.pool, site, since).await?,
            moderators: moderators(&self.pool, site, since).await?,
            ..Stats::default()
        };
        let row = sqlx::query(WAITING).bind(site.as_str()).fetch_one(&self.pool).await?;
        tally::waiting(&mut RowReader::new(&row), now, &mut stats)?;
        let row = sqlx::query(TAKEDOWNS).bind(site.as_str()).bind(now).fetch_one(&self.pool).await?;
        tally::takedowns(&mut RowReader::new(&row), &mut stats)?;
        Ok(stats)
    }
}

const SUBMITTED: &str = "select status, count(*) from comments where site_id = $1 and created_at >= $2 group by status";

async fn submitted(pool: &Pool, site: &SiteId, since: DateTime<Utc>) -> Result<Vec<(Status, i64)>> {
    let rows = sqlx::query(SUBMITTED).bind(site.as_str()).bind(since).fetch_all(pool).await?;
    let mut counts =
        rows.iter().map(|row| tally::status_count(&mut RowReader::new(row))).collect::<Result<Vec<_>>>()?;
    counts.sort_unstable();
    Ok(counts)
}

/// The younger a comment the later it came: who stands at 95 of 100 by age is among the first that came. All three come from the index of
/// what waits, which is counted and stepped through, and never sorted.
const WAITING: &str = "
    with n as (
        select count(*) total from comments where site_id = $1 and (status = 'PENDING' or flagged_at is not null)
    )
    select n.total,
        (select created_at from comments where site_id = $1 and (status = 'PENDING' or flagged_at is not null)
            order by created_at, comment_id offset (select total - (total * 50 + 99) / 100 from n) limit 1),
        (select created_at from comments where site_id = $1 and (status = 'PENDING' or flagged_at is not null)
            order by created_at, comment_id offset (select total - (total * 95 + 99) / 100 from n) limit 1)
    from n";

const TAKEDOWNS: &str = "select count(*), count(*) filter (where due_at <= $2) from comments
    where site_id = $1 and due_at is not null";

/// An overturned decision is looked for from what overturned it, because that is rare: a comment that somebody else moved, other than
/// out of the queue or into oblivion, from where the decision left it; or an entry that takes the decision back.
const MODERATORS: &str = r#"
    with hours as (
        select d.actor, date_trunc('hour', d.at, 'UTC') as hour, count(*) as decisions from audit d
        where d.site_id = $1 and d.at >= $2 and d.action in ('APPROVE', 'REJECT', 'SPAM', 'REQUEUE') and d.actor <> $3
        group by 1, 2
    ), overturned as (
        select d.actor, d.audit_id from audit e
        join audit d on d.site_id = $1 and d.comment_id = e.comment_id and d.revision = e.revision - 1
        where e.site_id = $1 and e.at >= $2 and e.from_status <> e.to_status and e.from_status <> 'PENDING'
            and e.to_status <> 'ERASED' and e.actor <> d.actor
            and d.at >= $2 and d.action in ('APPROVE', 'REJECT', 'SPAM')
        union
        select d.actor, d.audit_id from audit e
        join audit d on d.site_id = $1 and d.audit_id = e.reverts
        where e.site_id = $1 and e.reverts is not null and e.actor <> d.actor
            and d.at >= $2 and d.action in ('APPROVE', 'REJECT', 'SPAM', 'REQUEUE')
    )
    select actor, t.decisions, t.active_hours, coalesce(o.overturned, 0)
    from (select actor, sum(decisions)::bigint as decisions, count(*) as active_hours from hours group by actor) t
    left join (select actor, count(*) as overturned from overturned group by actor) o using (actor)
    order by t.decisions desc, actor collate "C""#;

async fn moderators(pool: &Pool, site: &SiteId, since: DateTime<Utc>) -> Result<Vec<ModeratorStats>> {
    let rows = sqlx::query(MODERATORS).bind(site.as_str()).bind(since).bind(SYSTEM).fetch_all(pool).await?;
    rows.iter().map(|row| tally::moderator(&mut RowReader::new(row))).collect()
}
