//! Numbers for newsrooms. Each statement reads an index of just what it counts, so that a quarter of a busy site is counted within the
//! statement time-out. SQLite has no statistics to find these indexes by, so they are named.

use async_trait::async_trait;
use chrono::{DateTime, Duration, Utc};

use super::{Backend, Connection, Statement, row::Row};
use crate::{
    domain::{
        Result,
        actor::SYSTEM,
        id::SiteId,
        lifecycle::Status,
        stats::{ModeratorStats, Stats},
    },
    store::contract::StatsStore,
};

#[async_trait]
impl<B: Backend> StatsStore for B {
    async fn stats(&self, site: &SiteId, since: DateTime<Utc>, now: DateTime<Utc>) -> Result<Stats> {
        let mut stats = Stats {
            submitted: submitted(self.reads(), site, since).await?,
            moderators: moderators(self.reads(), site, since).await?,
            ..Stats::default()
        };
        add_waiting(&mut stats, self.reads(), site, now).await?;
        add_takedowns(&mut stats, self.reads(), site, now).await?;
        Ok(stats)
    }
}

/// Counts the comments since a time by their statuses.
async fn submitted(on: Connection<'_>, site: &SiteId, since: DateTime<Utc>) -> Result<Vec<(Status, i64)>> {
    let rows = Statement::new(
        "select status, count(*) as submitted from comments { | indexed by comments_by_age}
        where site_id = :site and created_at >= :since group by status",
    )
    .bind("site", site)
    .bind("since", since)
    .fetch_all(on)
    .await?;
    let count = |row: &Row| Ok((row.fields().named("status")?, row.fields().get("submitted")?));
    let mut counts = rows.iter().map(count).collect::<Result<Vec<_>>>()?;
    counts.sort_unstable();
    Ok(counts)
}

/// Counts what waits, with its median age and the 95th percentile. The older a comment is, the earlier it came: the 95th percentile by
/// age is among the first. All three come from the index of what waits, which is counted and stepped through, and never sorted.
async fn add_waiting(stats: &mut Stats, on: Connection<'_>, site: &SiteId, now: DateTime<Utc>) -> Result<()> {
    let row = Statement::new(
        "with n as materialized (
            select count(*) as total from comments { | indexed by comments_waiting_by_age}
            where site_id = :site and (status = 'PENDING' or flagged_at is not null)
        )
        select n.total,
            (select created_at from comments { | indexed by comments_waiting_by_age}
                where site_id = :site and (status = 'PENDING' or flagged_at is not null)
                order by created_at, comment_id limit 1 offset (select total - (total * 50 + 99) / 100 from n)) as p50,
            (select created_at from comments { | indexed by comments_waiting_by_age}
                where site_id = :site and (status = 'PENDING' or flagged_at is not null)
                order by created_at, comment_id limit 1 offset (select total - (total * 95 + 99) / 100 from n)) as p95
        from n",
    )
    .bind("site", site)
    .fetch_one(on)
    .await?;
    let row = row.fields();
    // Another replica's clock may be ahead.
    let age = |at: Option<DateTime<Utc>>| at.map(|at| (now - at).max(Duration::zero()));
    stats.waiting = row.get("total")?;
    stats.waiting_age_p50 = age(row.get("p50")?);
    stats.waiting_age_p95 = age(row.get("p95")?);
    Ok(())
}

/// Counts the takedowns that wait, and those of them that are overdue.
async fn add_takedowns(stats: &mut Stats, on: Connection<'_>, site: &SiteId, now: DateTime<Utc>) -> Result<()> {
    let row = Statement::new(
        "select count(*) as takedowns, count(*) filter (where due_at <= :now) as overdue
        from comments { | indexed by comments_by_due} where site_id = :site and due_at is not null",
    )
    .bind("site", site)
    .bind("now", now)
    .fetch_one(on)
    .await?;
    stats.takedowns = row.fields().get("takedowns")?;
    stats.overdue = row.fields().get("overdue")?;
    Ok(())
}

/// Counts each moderator's decisions and how many of them were overturned. An overturned decision is looked up from what overturned it,
/// because that is rare: a comment that another person moved from where the decision left it, other than out of the queue or by an
/// erasure; or an entry that reverts the decision. SQLite's cross joins keep that order.
async fn moderators(on: Connection<'_>, site: &SiteId, since: DateTime<Utc>) -> Result<Vec<ModeratorStats>> {
    let rows = Statement::new(
        "with hours as (
            select d.actor, {date_trunc('hour', d.at, 'UTC') | d.at / 3600000000} as hour, count(*) as decisions
            from audit d { | indexed by audit_decisions}
            where d.site_id = :site and d.at >= :since and d.action in ('APPROVE', 'REJECT', 'SPAM', 'REQUEUE')
                and d.actor <> :system
            group by 1, 2
        ), overturned as (
            select d.actor, d.audit_id from audit e { | indexed by audit_overturns}
            { | cross} join audit d { | indexed by audit_by_comment}
                on d.site_id = :site and d.comment_id = e.comment_id and d.revision = e.revision - 1
            where e.site_id = :site and e.at >= :since and e.from_status <> e.to_status and e.from_status <> 'PENDING'
                and e.to_status <> 'ERASED' and e.actor <> d.actor
                and d.at >= :since and d.action in ('APPROVE', 'REJECT', 'SPAM')
            union
            select d.actor, d.audit_id from audit e { | indexed by audit_by_reverted}
            { | cross} join audit d on d.site_id = :site and d.audit_id = e.reverts
            where e.site_id = :site and e.reverts is not null and e.actor <> d.actor
                and d.at >= :since and d.action in ('APPROVE', 'REJECT', 'SPAM', 'REQUEUE')
        )
        select t.actor, t.decisions, t.active_hours, coalesce(o.overturned, 0) as overturned
        from (select actor, cast(sum(decisions) as bigint) as decisions, count(*) as active_hours
            from hours group by actor) t
        left join (select actor, count(*) as overturned from overturned group by actor) o on o.actor = t.actor
        order by t.decisions desc, t.actor {collate \"C\" | }",
    )
    .bind("site", site)
    .bind("since", since)
    .bind("system", SYSTEM)
    .fetch_all(on)
    .await?;
    let read = |row: &Row| {
        let row = row.fields();
        Ok(ModeratorStats {
            moderator: row.get("actor")?,
            decisions: row.get("decisions")?,
            active_hours: row.get("active_hours")?,
            overturned: row.get("overturned")?,
        })
    };
    rows.iter().map(read).collect()
}
