//! Statistics for newsrooms, from buckets by day and by hour, and from the changes that are not yet folded into them.
//! The percentiles of waiting times are found by month, by day, by hour, and then in the index of waiting comments, so
//! that a long queue costs no more than a short one.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, Duration, Utc};

use super::{Backend, Caller, Connection, Statement, stats_changes, stats_drift};
use crate::{
    domain::{
        Result,
        id::SiteId,
        lifecycle::Status,
        stats::{ModeratorStats, Stats, StatsKind, day_of, first_day_from, hour_of},
    },
    store::{contract::StatsStore, parse},
};

#[async_trait]
impl<B: Backend> StatsStore for B {
    async fn stats(&self, site: &SiteId, since: DateTime<Utc>, now: DateTime<Utc>) -> Result<Stats> {
        let mut stats = Stats::default();
        add_counted(&mut stats, self.reads(), site, hour_of(since)).await?;
        add_waiting(&mut stats, self.reads(), site, now).await?;
        add_takedowns(&mut stats, self.reads(), site, now).await?;
        Ok(stats)
    }

    async fn fold_stats(&self, limit: usize) -> Result<u64> {
        let _place = self.place_for(Caller::Background).await?;
        if !stats_changes::any(self.reads()).await? {
            return Ok(0);
        }
        transaction!(self, tx => stats_changes::fold(tx, limit).await?)
    }

    async fn repair_stats(&self, site: &SiteId, now: DateTime<Utc>) -> Result<i64> {
        let _place = self.place_for(Caller::Background).await?;
        let mut repaired = 0;
        for step in stats_drift::steps(self.reads(), site, now).await? {
            if step.differs(self.reads(), site).await? {
                let amount: Result<i64> = transaction!(self, tx => step.repair(tx, site).await?);
                repaired += amount?;
            }
        }
        Ok(repaired)
    }

    async fn prune_stats(&self, site: &SiteId, before: DateTime<Utc>) -> Result<u64> {
        let _place = self.place_for(Caller::Background).await?;
        transaction!(self, tx => prune(tx, site, before).await?)
    }
}

/// Adds the comments by status and the decisions by actor since a time: by hour until the next day begins, then by day.
/// A moderator is active in the hours with a decision. The ranges have an upper bound, which no bucket reaches, so that
/// PostgreSQL expects few rows. Otherwise it would read the whole table with parallel workers.
async fn add_counted(stats: &mut Stats, on: Connection<'_>, site: &SiteId, since: DateTime<Utc>) -> Result<()> {
    let rows = Statement::new(
        "select h.kind, h.name, cast(sum(h.amount) as bigint) as amount, cast(sum(h.hours) as bigint) as hours from (
            select b.kind, b.name, sum(b.amount) as amount, count(*) as hours from stats_buckets b
            where b.site_id = :site and b.kind in ('WAITING', 'SETTLED', 'DECISIONS', 'OVERTURNED')
                and b.bucket >= :since and b.bucket < :day and b.amount <> 0
            group by b.kind, b.name
            union all
            select b.kind, b.name, sum(b.amount), 0 from stats_buckets b
            where b.site_id = :site and b.kind in ('SUBMITTED_DAY', 'DECISIONS_DAY', 'OVERTURNED_DAY', 'ACTIVE_HOURS')
                and b.bucket between :day and :until
            group by b.kind, b.name
            union all
            select c.kind, c.name, c.amount, case when exists (select 1 from stats_buckets b
                where b.site_id = :site and b.kind = c.kind and b.bucket = c.bucket and b.name = c.name and b.amount <> 0)
                then 0 else 1 end as hours
            from (select u.kind, u.name, u.bucket, sum(u.amount) as amount from stats_changes u
                where u.site_id = :site and u.kind in ('WAITING', 'SETTLED', 'DECISIONS', 'OVERTURNED')
                    and u.bucket between :since and :until
                group by u.kind, u.name, u.bucket) c
            union all
            select u.kind, u.name, u.amount, 0 from stats_changes u
            where u.site_id = :site and u.kind in ('SUBMITTED_DAY', 'DECISIONS_DAY', 'OVERTURNED_DAY', 'ACTIVE_HOURS')
                and u.bucket between :day and :until
        ) h group by h.kind, h.name",
    )
    .bind("site", site)
    .bind("since", since)
    .bind("day", first_day_from(since))
    .bind("until", since + Duration::days(366))
    .fetch_all(on)
    .await?;
    let (mut submitted, mut moderators) = (BTreeMap::<Status, i64>::new(), BTreeMap::<String, ModeratorStats>::new());
    for row in &rows {
        let row = row.fields();
        let (name, amount): (String, i64) = (row.get("name")?, row.get("amount")?);
        match row.named("kind")? {
            StatsKind::Waiting | StatsKind::Settled | StatsKind::SubmittedDay => {
                *submitted.entry(parse::named(&name)?).or_default() += amount;
            }
            StatsKind::Decisions | StatsKind::DecisionsDay => {
                let moderator = moderators.entry(name).or_default();
                moderator.decisions += amount;
                moderator.active_hours += row.get::<i64>("hours")?;
            }
            StatsKind::ActiveHours => moderators.entry(name).or_default().active_hours += amount,
            StatsKind::Overturned | StatsKind::OverturnedDay => {
                moderators.entry(name).or_default().overturned += amount;
            }
            // These kinds are not selected.
            StatsKind::WaitingDay | StatsKind::WaitingMonth => {}
        }
    }
    stats.submitted = submitted.into_iter().filter(|(_, count)| *count > 0).collect();
    let named = moderators.into_iter().map(|(moderator, one)| ModeratorStats { moderator, ..one });
    stats.moderators = named.filter(|one| one.decisions > 0).collect();
    stats.moderators.sort_by_key(|one| -one.decisions);
    Ok(())
}

/// Finds the positions of the median and the 95th percentile of the age among the waiting comments, ordered by time.
/// The 95th percentile is near the start, because the oldest comments come first. Each position is found in its month,
/// then in its day and hour, and finally among the few comments of that hour.
const PLACES: &str = "
    with unfolded as materialized (
        select c.kind, c.bucket, c.amount from stats_changes c
        where c.site_id = :site and c.kind in ('WAITING', 'WAITING_DAY', 'WAITING_MONTH')
    ), months as materialized (
        select m.month, cast(sum(m.amount) as bigint) as waiting from (
            select b.bucket as month, b.amount from stats_buckets b where b.site_id = :site and b.kind = 'WAITING_MONTH'
            union all
            select {date_bin('30 days', u.bucket, timestamptz 'epoch') | u.bucket - u.bucket % 2592000000000}, u.amount
            from unfolded u where u.kind <> 'WAITING_DAY'
        ) m group by m.month
    ), wanted as materialized (
        select p.percent, t.total, t.total - (t.total * p.percent + 99) / 100 as place
        from (select cast(coalesce(sum(m.waiting), 0) as bigint) as total from months m) t
        cross join (select 50 as percent union all select 95) p
    ), in_month as materialized (
        select w.percent, m.month, w.place - (m.reached - m.waiting) as place from wanted w
        join (select month, waiting, cast(sum(waiting) over (order by month) as bigint) as reached from months) m
            on m.reached - m.waiting <= w.place and w.place < m.reached
    ), days as materialized (
        select d.percent, d.place, d.day, cast(sum(d.amount) as bigint) as waiting from (
            select i.percent, i.place, b.bucket as day, b.amount from in_month i
            cross join stats_buckets b where b.site_id = :site and b.kind = 'WAITING_DAY'
                and b.bucket >= i.month and b.bucket < i.month + {interval '720 hours' | 2592000000000}
            union all
            select i.percent, i.place, {date_trunc('day', u.bucket, 'UTC') | u.bucket - u.bucket % 86400000000}, u.amount
            from in_month i cross join unfolded u
            where u.kind <> 'WAITING_MONTH' and u.bucket >= i.month and u.bucket < i.month + {interval '720 hours' | 2592000000000}
        ) d group by d.percent, d.place, d.day
    ), in_day as materialized (
        select d.percent, d.day, d.place - (d.reached - d.waiting) as place
        from (select percent, place, day, waiting,
            cast(sum(waiting) over (partition by percent order by day) as bigint) as reached from days) d
        where d.reached - d.waiting <= d.place and d.place < d.reached
    ), hours as materialized (
        select h.percent, h.place, h.hour, cast(sum(h.amount) as bigint) as waiting from (
            select i.percent, i.place, b.bucket as hour, b.amount from in_day i
            cross join stats_buckets b where b.site_id = :site and b.kind = 'WAITING'
                and b.bucket >= i.day and b.bucket < i.day + {interval '24 hours' | 86400000000}
            union all
            select i.percent, i.place, u.bucket, u.amount from in_day i cross join unfolded u
            where u.kind = 'WAITING' and u.bucket >= i.day and u.bucket < i.day + {interval '24 hours' | 86400000000}
        ) h group by h.percent, h.place, h.hour
    ), found as materialized (
        select h.percent, h.hour, h.hour + {interval '1 hour' | 3600000000} as until, h.place - (h.reached - h.waiting) as place
        from (select percent, place, hour, waiting,
            cast(sum(waiting) over (partition by percent order by hour) as bigint) as reached from hours) h
        where h.reached - h.waiting <= h.place and h.place < h.reached
    )";

/// Selects when the comment at the position of a percentile was submitted. If the buckets are wrong, the result is the
/// hour until the next recount corrects them.
macro_rules! submitted_at {
    ($percent:literal) => {
        concat!(
            "coalesce((select c.created_at from comments c { | indexed by comments_waiting_by_age}
            where c.site_id = :site and (c.status = 'PENDING' or c.flagged_at is not null)
                and c.created_at >= (select f.hour from found f where f.percent = ",
            $percent,
            ") and c.created_at < (select f.until from found f where f.percent = ",
            $percent,
            ") order by c.created_at, c.comment_id
            limit 1 offset coalesce((select f.place from found f where f.percent = ",
            $percent,
            "), 0)), (select f.hour from found f where f.percent = ",
            $percent,
            "))"
        )
    };
}

/// Selects the size of the queue and both percentiles.
const AGES: &str = concat!(
    " select (select max(w.total) from wanted w) as total, ",
    submitted_at!("50"),
    " as p50, ",
    submitted_at!("95"),
    " as p95"
);

/// Adds the size of the queue, with the median and the 95th percentile of the age, from one consistent snapshot.
async fn add_waiting(stats: &mut Stats, on: Connection<'_>, site: &SiteId, now: DateTime<Utc>) -> Result<()> {
    let row = Statement::new(PLACES).push(AGES).bind("site", site).fetch_one(on).await?;
    let row = row.fields();
    // The clock of another replica may be ahead.
    let age = |at: Option<DateTime<Utc>>| at.map(|at| (now - at).max(Duration::zero()));
    stats.waiting = row.get("total")?;
    stats.waiting_age_p50 = age(row.get("p50")?);
    stats.waiting_age_p95 = age(row.get("p95")?);
    Ok(())
}

/// Adds the number of open takedowns, and how many of them are overdue.
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

/// Deletes the buckets from before `before`, except those of waiting comments, and all buckets with the amount 0. The
/// day of `before` is kept whole.
async fn prune(tx: &mut Connection<'_>, site: &SiteId, before: DateTime<Utc>) -> Result<u64> {
    Statement::new(
        "delete from stats_buckets where site_id = :site
            and (amount = 0 or (bucket < :before and kind in ('SETTLED', 'DECISIONS', 'OVERTURNED'))
                or (bucket < :day and kind in ('SUBMITTED_DAY', 'DECISIONS_DAY', 'OVERTURNED_DAY', 'ACTIVE_HOURS')))",
    )
    .bind("site", site)
    .bind("before", before)
    .bind("day", day_of(before))
    .execute(tx)
    .await
}
