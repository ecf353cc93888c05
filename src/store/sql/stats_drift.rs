//! Comparison of the statistics with the rows that they count. Both change in one transaction, so a difference comes
//! from a fault, or from a replica of an earlier version that wrote during an upgrade.

use chrono::{DateTime, Duration, Utc};

use super::{Connection, Statement, row::Row, stats_changes::IS_OVERTURNED};
use crate::domain::{
    Result,
    actor::SYSTEM,
    id::SiteId,
    stats::{first_day_from, hour_of, kept_since},
};

/// Maximum number of rows that one statement counts, unless a single hour has more, so that it stays below the
/// statement timeout.
const BATCH: i64 = 20_000;

/// The part of the statistics that one statement compares, in a consistent snapshot.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// All kinds in the hours from the first time until the second.
    Hours(DateTime<Utc>, DateTime<Utc>),
    /// Waiting comments that were submitted before a time.
    WaitingBefore(DateTime<Utc>),
    /// The sums by day of waiting comments, and all other sums by day since a time, with the sums by hour.
    Days(DateTime<Utc>),
    /// The sums by month of waiting comments, with the sums by hour.
    Months,
}

pub(super) async fn steps(on: Connection<'_>, site: &SiteId, now: DateTime<Utc>) -> Result<Vec<Step>> {
    let from = kept_since(now);
    let rows = Statement::new(
        "select b.bucket, cast(sum(b.amount) as bigint) as amount from stats_buckets b
        where b.site_id = :site and b.kind in ('WAITING', 'SETTLED', 'DECISIONS') and b.bucket >= :from
        group by b.bucket order by b.bucket",
    )
    .bind("site", site)
    .bind("from", from)
    .fetch_all(on)
    .await?;
    let hour = |row: &Row| Ok((row.fields().get("bucket")?, row.fields().get("amount")?));
    let hours = rows.iter().map(hour).collect::<Result<Vec<_>>>()?;
    let mut steps = vec![Step::WaitingBefore(from)];
    // The clock of another replica may be ahead.
    steps.extend(split(from, hour_of(now) + Duration::days(1), &hours));
    // The hours of an earlier day may already be deleted.
    steps.extend([Step::Days(first_day_from(from)), Step::Months]);
    Ok(steps)
}

/// Splits the time so that the hours of one step count at most [`BATCH`] rows. `hours` has the count of each hour.
fn split(from: DateTime<Utc>, until: DateTime<Utc>, hours: &[(DateTime<Utc>, i64)]) -> Vec<Step> {
    let (mut steps, mut begin, mut sum) = (Vec::new(), from, 0);
    for (hour, amount) in hours {
        if sum + amount > BATCH && *hour > begin {
            steps.push(Step::Hours(begin, *hour));
            (begin, sum) = (*hour, 0);
        }
        sum += amount;
    }
    steps.push(Step::Hours(begin, until));
    steps
}

impl Step {
    pub(super) async fn differs(&self, on: Connection<'_>, site: &SiteId) -> Result<bool> {
        let differences = self.differences(Statement::new("select kind, bucket, name, amount from ("), site);
        Ok(differences.push(") differing limit 1").fetch_optional(on).await?.is_some())
    }

    /// Appends the differences as changes, and returns the sum of their absolute values.
    pub(super) async fn repair(&self, tx: &mut Connection<'_>, site: &SiteId) -> Result<i64> {
        let insert = Statement::new(
            "insert into stats_changes (site_id, kind, bucket, name, amount) select :site, kind, bucket, name, amount from (",
        );
        let rows = self.differences(insert, site).push(") differing returning amount").fetch_all(tx).await?;
        rows.iter().map(|row| Ok(row.fields().get::<i64>("amount")?.abs())).sum()
    }

    /// Appends a select of the differences that are not 0: the counted amount minus the amount in the statistics.
    fn differences<'q>(&self, statement: Statement<'q>, site: &'q SiteId) -> Statement<'q> {
        let statement = statement.push("select kind, bucket, name, cast(sum(amount) as bigint) as amount from (");
        let statement = match *self {
            Self::Hours(from, until) => statement
                .push(COMMENTS)
                .push(DECISIONS)
                .push(IS_OVERTURNED)
                .push(DECISIONS_END)
                .push(HELD)
                .bind("from", from)
                .bind("until", until)
                .bind("system", SYSTEM),
            Self::WaitingBefore(until) => statement.push(WAITING).bind("until", until),
            Self::Days(from) => statement.push(DAYS).bind("from", from),
            Self::Months => statement.push(MONTHS),
        };
        statement.push(") counted group by kind, bucket, name having sum(amount) <> 0").bind("site", site)
    }
}

const COMMENTS: &str = "
    select case when c.status = 'PENDING' or c.flagged_at is not null then 'WAITING' else 'SETTLED' end as kind,
        {date_trunc('hour', c.created_at, 'UTC') | c.created_at - c.created_at % 3600000000} as bucket, c.status as name,
        count(*) as amount
    from comments c { | indexed by comments_by_age}
    where c.site_id = :site and c.created_at >= :from and c.created_at < :until group by 1, 2, 3";

/// Begins the select of decisions, up to the condition that one was overturned.
const DECISIONS: &str = "
    union all
    select k.kind, d.bucket, d.actor, case k.kind when 'DECISIONS' then count(*) else sum(d.overturned) end from (
        select {date_trunc('hour', d.at, 'UTC') | d.at - d.at % 3600000000} as bucket, d.actor, cast((";

const DECISIONS_END: &str = ") as integer) as overturned
        from audit d { | indexed by audit_by_time}
        where d.site_id = :site and d.at >= :from and d.at < :until
            and d.action in ('APPROVE', 'REJECT', 'SPAM', 'REQUEUE') and d.actor <> :system
    ) d cross join (select 'DECISIONS' as kind union all select 'OVERTURNED') k group by k.kind, d.bucket, d.actor";

/// Selects the amounts in the statistics of the hours.
const HELD: &str = "
    union all
    select b.kind, b.bucket, b.name, -b.amount from stats_buckets b
    where b.site_id = :site and b.kind in ('WAITING', 'SETTLED', 'DECISIONS', 'OVERTURNED')
        and b.bucket >= :from and b.bucket < :until
    union all
    select c.kind, c.bucket, c.name, -c.amount from stats_changes c
    where c.site_id = :site and c.kind in ('WAITING', 'SETTLED', 'DECISIONS', 'OVERTURNED') and c.bucket >= :from and c.bucket < :until";

const WAITING: &str = "
    select 'WAITING' as kind, {date_trunc('hour', c.created_at, 'UTC') | c.created_at - c.created_at % 3600000000} as bucket,
        c.status as name, count(*) as amount
    from comments c { | indexed by comments_waiting_by_age}
    where c.site_id = :site and (c.status = 'PENDING' or c.flagged_at is not null) and c.created_at < :until group by 2, 3
    union all
    select b.kind, b.bucket, b.name, -b.amount from stats_buckets b
    where b.site_id = :site and b.kind = 'WAITING' and b.bucket < :until
    union all
    select c.kind, c.bucket, c.name, -c.amount from stats_changes c
    where c.site_id = :site and c.kind = 'WAITING' and c.bucket < :until";

/// Selects the differences of days. Unfolded changes of hours are left out, because they are added to their day and
/// their hour at the same time.
const DAYS: &str = "
    select 'WAITING_DAY' as kind, {date_trunc('day', b.bucket, 'UTC') | b.bucket - b.bucket % 86400000000} as bucket, '' as name,
        b.amount from stats_buckets b where b.site_id = :site and b.kind = 'WAITING'
    union all
    select b.kind, b.bucket, b.name, -b.amount from stats_buckets b where b.site_id = :site and b.kind = 'WAITING_DAY'
    union all
    select c.kind, c.bucket, c.name, -c.amount from stats_changes c where c.site_id = :site and c.kind = 'WAITING_DAY'
    union all
    select case b.kind when 'DECISIONS' then 'DECISIONS_DAY' when 'OVERTURNED' then 'OVERTURNED_DAY' else 'SUBMITTED_DAY' end,
        {date_trunc('day', b.bucket, 'UTC') | b.bucket - b.bucket % 86400000000}, b.name, b.amount
    from stats_buckets b
    where b.site_id = :site and b.kind in ('WAITING', 'SETTLED', 'DECISIONS', 'OVERTURNED') and b.bucket >= :from
    union all
    select 'ACTIVE_HOURS', {date_trunc('day', b.bucket, 'UTC') | b.bucket - b.bucket % 86400000000}, b.name, 1 from stats_buckets b
    where b.site_id = :site and b.kind = 'DECISIONS' and b.amount <> 0 and b.bucket >= :from
    union all
    select b.kind, b.bucket, b.name, -b.amount from stats_buckets b
    where b.site_id = :site and b.kind in ('SUBMITTED_DAY', 'DECISIONS_DAY', 'OVERTURNED_DAY', 'ACTIVE_HOURS') and b.bucket >= :from
    union all
    select c.kind, c.bucket, c.name, -c.amount from stats_changes c
    where c.site_id = :site and c.kind in ('SUBMITTED_DAY', 'DECISIONS_DAY', 'OVERTURNED_DAY', 'ACTIVE_HOURS') and c.bucket >= :from";

const MONTHS: &str = "
    select 'WAITING_MONTH' as kind, {date_bin('30 days', b.bucket, timestamptz 'epoch') | b.bucket - b.bucket % 2592000000000} as bucket,
        '' as name, b.amount from stats_buckets b where b.site_id = :site and b.kind = 'WAITING'
    union all
    select b.kind, b.bucket, b.name, -b.amount from stats_buckets b where b.site_id = :site and b.kind = 'WAITING_MONTH'
    union all
    select c.kind, c.bucket, c.name, -c.amount from stats_changes c where c.site_id = :site and c.kind = 'WAITING_MONTH'";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_counts_no_more_than_one_statement_can_unless_an_hour_does() {
        let at = |hour: i64| DateTime::UNIX_EPOCH + Duration::hours(hour);
        let hours = [(at(1), BATCH - 1), (at(2), 1), (at(3), 1), (at(5), 3 * BATCH), (at(6), 2)];
        assert_eq!(
            split(at(0), at(9), &hours),
            [
                Step::Hours(at(0), at(3)),
                Step::Hours(at(3), at(5)),
                Step::Hours(at(5), at(6)),
                Step::Hours(at(6), at(9))
            ]
        );
        assert_eq!(split(at(0), at(9), &[]), [Step::Hours(at(0), at(9))]);
        assert_eq!(split(at(0), at(9), &[(at(0), 2 * BATCH)]), [Step::Hours(at(0), at(9))]);
    }
}
