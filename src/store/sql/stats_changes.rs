//! Changes of the statistics. Rows are appended in the transaction of the change, so that transactions do not wait for
//! a common counter, and are folded into the buckets later.

use std::{borrow::Borrow, collections::BTreeMap};

use chrono::{DateTime, Utc};

use super::{Connection, List, Row, Rows, Statement};
use crate::{
    domain::{
        Result,
        actor::SYSTEM,
        audit::AuditEntry,
        id::SiteId,
        lifecycle::Status,
        stats::{StatsKind, day_of, hour_of, month_of},
        submission::Submission,
    },
    store::{outcome::ChangedComment, parse},
};

/// Appends the rows that are bound as `changes`.
pub(super) const INSERT: &str = "insert into stats_changes (site_id, kind, bucket, name, amount)
    select g.site_id, g.kind, g.bucket, g.name, g.amount from :changes g";

/// Amounts by the keys of their buckets: site, kind, beginning and name.
type Amounts<Site, Name> = BTreeMap<(Site, StatsKind, DateTime<Utc>, Name), i64>;

/// The sums of the changes of one transaction.
#[derive(Debug, Default)]
pub(super) struct StatsChanges<'a>(Amounts<&'a SiteId, &'a str>);

impl<'a> StatsChanges<'a> {
    pub(super) fn of_submissions(stored: &'a [&Submission]) -> Self {
        let mut changes = Self::default();
        for one in stored {
            let comment = &one.comment;
            changes.add_comment(&one.site, comment.created_at, comment.status, comment.is_queued(), 1);
        }
        changes
    }

    pub(super) fn of_outcomes(site: &'a SiteId, outcomes: &'a [ChangedComment]) -> Self {
        let mut changes = Self::default();
        for ChangedComment { comment, entry } in outcomes {
            let was_flagged = entry.before.as_ref().is_some_and(|before| before.attention.flagged_at.is_some());
            let from = entry.from_status.unwrap_or(comment.status);
            changes.add_comment(site, comment.created_at, from, from == Status::Pending || was_flagged, -1);
            changes.add_comment(site, comment.created_at, comment.status, comment.is_queued(), 1);
            changes.add_decision(site, entry);
        }
        changes
    }

    /// Returns the change that a report causes when it puts a comment into the queue. The comment must not be in the
    /// queue yet.
    pub(super) fn of_flag(site: &'a SiteId, created_at: DateTime<Utc>, status: Status) -> Self {
        let mut changes = Self::default();
        changes.add_comment(site, created_at, status, false, -1);
        changes.add_comment(site, created_at, status, true, 1);
        changes
    }

    pub(super) fn of_entry(site: &'a SiteId, entry: &'a AuditEntry) -> Self {
        let mut changes = Self::default();
        changes.add_decision(site, entry);
        changes
    }

    fn add_comment(&mut self, site: &'a SiteId, created_at: DateTime<Utc>, status: Status, waits: bool, amount: i64) {
        let kind = if waits { StatsKind::Waiting } else { StatsKind::Settled };
        *self.0.entry((site, kind, hour_of(created_at), status.as_str())).or_default() += amount;
    }

    fn add_decision(&mut self, site: &'a SiteId, entry: &'a AuditEntry) {
        if entry.action.is_decision() && entry.actor != SYSTEM {
            *self.0.entry((site, StatsKind::Decisions, hour_of(entry.at), &entry.actor)).or_default() += 1;
        }
    }

    pub(super) fn rows(&self) -> Rows<'_> {
        rows(&self.0)
    }

    /// Appends the changes in the caller's transaction.
    pub(super) async fn append(&self, tx: &mut Connection<'_>) -> Result<()> {
        if self.0.values().any(|amount| *amount != 0) {
            Statement::new(INSERT).bind("changes", self.rows()).execute_later(tx).await?;
        }
        Ok(())
    }
}

/// Counts the decisions that these new entries overturn, unless an earlier entry already overturned them. An entry
/// overturns a decision if another person reverts it or changes the status that it set. Changes out of the queue and
/// erasures do not count. A decision of the same transaction has the same actor, so it does not count either. SQLite's
/// cross joins read the given rows first.
pub(super) async fn append_overturned(
    tx: &mut Connection<'_>,
    site: &SiteId,
    entries: impl Iterator<Item = &AuditEntry> + Clone + Send,
) -> Result<()> {
    let found = || entries.clone().filter(|entry| moves_on(entry) || entry.reverts.is_some());
    if found().next().is_none() {
        return Ok(());
    }
    let rows = Rows::new()
        .column(
            "comment_id",
            List::uuids(found().map(|entry| entry.comment.map(|id| id.0).filter(|_| moves_on(entry)))),
        )
        .column("revision", List::longs(found().map(|entry| entry.revision - 1)))
        .column("reverts", List::uuids(found().map(|entry| entry.reverts)))
        .column("actor", List::texts(found().map(|entry| entry.actor.as_str())));
    Statement::new(
        "insert into stats_changes (site_id, kind, bucket, name, amount)
        select :site, 'OVERTURNED', {date_trunc('hour', d.at, 'UTC') | d.at - d.at % 3600000000} as bucket, d.actor, count(*)
        from (
            select d.audit_id from :entries e
            { | cross} join audit d { | indexed by audit_by_comment}
                on d.site_id = :site and d.comment_id = e.comment_id and d.revision = e.revision
            where d.action in ('APPROVE', 'REJECT', 'SPAM') and d.actor <> e.actor
            union
            select d.audit_id from :entries e
            { | cross} join audit d on d.site_id = :site and d.audit_id = e.reverts
            where d.action in ('APPROVE', 'REJECT', 'SPAM', 'REQUEUE') and d.actor <> e.actor
        ) o
        { | cross} join audit d on d.site_id = :site and d.audit_id = o.audit_id
        where d.actor <> :system and not (",
    )
    .push(IS_OVERTURNED)
    .push(") group by bucket, d.actor")
    .bind("site", site)
    .bind("entries", rows)
    .bind("system", SYSTEM)
    .execute(tx)
    .await?;
    Ok(())
}

/// Returns whether the entry changes a status that a decision set.
fn moves_on(entry: &AuditEntry) -> bool {
    let out_of = |status: Option<Status>| status.is_some_and(|status| status != Status::Pending);
    let into = |status: Option<Status>| status.is_some_and(|status| status != Status::Erased);
    entry.from_status != entry.to_status && out_of(entry.from_status) && into(entry.to_status)
}

/// The condition that the decision `d` was overturned.
pub(super) const IS_OVERTURNED: &str = "
    d.action <> 'REQUEUE' and exists (select 1 from audit e { | indexed by audit_by_comment}
        where e.site_id = :site and e.comment_id = d.comment_id and e.revision = d.revision + 1
            and e.from_status <> e.to_status and e.from_status <> 'PENDING' and e.to_status <> 'ERASED' and e.actor <> d.actor)
    or exists (select 1 from audit e { | indexed by audit_by_reverted}
        where e.site_id = :site and e.reverts = d.audit_id and e.actor <> d.actor)";

/// Returns whether there is anything to fold.
pub(super) async fn any(on: Connection<'_>) -> Result<bool> {
    let first = Statement::new("select site_id from stats_changes order by site_id, change_id limit 1");
    Ok(first.fetch_optional(on).await?.is_some())
}

/// Moves at most `limit` changes into their buckets. A concurrent transaction that takes the same rows waits, and then
/// finds that they are deleted. Buckets are written in the order of their keys, which is the lock order.
pub(super) async fn fold(tx: &mut Connection<'_>, limit: usize) -> Result<u64> {
    let taken = Statement::new(
        "delete from stats_changes where (site_id, change_id) in (
            select site_id, change_id from stats_changes order by site_id, change_id limit :limit)
        returning site_id, kind, bucket, name, amount",
    )
    .bind("limit", parse::limit(limit))
    .fetch_all(&mut *tx)
    .await?;
    let sums = sums(&taken)?;
    let summed = Statement::new(ADD).bind("sums", rows(&sums)).fetch_all(&mut *tx).await?;
    let hours = active_hours(&sums, &summed)?;
    if !hours.is_empty() {
        Statement::new(ADD).bind("sums", rows(&hours)).execute(tx).await?;
    }
    Ok(taken.len() as u64)
}

/// Adds amounts to their buckets.
const ADD: &str = "insert into stats_buckets (site_id, kind, bucket, name, amount)
    select i.site_id, i.kind, i.bucket, i.name, i.amount from :sums i where true order by i.position
    on conflict (site_id, kind, bucket, name) do update set amount = stats_buckets.amount + excluded.amount
    returning site_id, kind, bucket, name, amount";

/// Sums up changes by the keys of their buckets: all changes by hour and by day, and changes of waiting comments also
/// by 30 days.
fn sums(changes: &[Row]) -> Result<Amounts<SiteId, String>> {
    let mut sums = Amounts::new();
    for change in changes {
        let row = change.fields();
        let (site, kind): (SiteId, StatsKind) = (row.get("site_id")?, row.named("kind")?);
        let (bucket, name, amount): (DateTime<Utc>, String, i64) =
            (row.get("bucket")?, row.get("name")?, row.get("amount")?);
        let mut add = |kind, begin, name: &str| {
            *sums.entry((site.clone(), kind, begin, name.to_owned())).or_default() += amount;
        };
        if kind == StatsKind::Waiting {
            add(StatsKind::WaitingDay, day_of(bucket), "");
            add(StatsKind::WaitingMonth, month_of(bucket), "");
        }
        if let Some(kind) = kind.by_day() {
            add(kind, day_of(bucket), &name);
        }
        add(kind, bucket, &name);
    }
    Ok(sums)
}

/// Returns the changes of the numbers of active hours. An hour's bucket was 0 before if it equals the amount that was
/// added to it. The bucket is locked, so no other transaction counts the same hour.
fn active_hours(added: &Amounts<SiteId, String>, summed: &[Row]) -> Result<Amounts<SiteId, String>> {
    let mut hours = Amounts::new();
    for bucket in summed {
        let row = bucket.fields();
        let (site, kind): (SiteId, StatsKind) = (row.get("site_id")?, row.named("kind")?);
        if kind != StatsKind::Decisions {
            continue;
        }
        let (begin, name, amount): (DateTime<Utc>, String, i64) =
            (row.get("bucket")?, row.get("name")?, row.get("amount")?);
        let key = (site, kind, begin, name);
        let before = amount - added.get(&key).copied().unwrap_or_default();
        let (site, _, begin, name) = key;
        *hours.entry((site, StatsKind::ActiveHours, day_of(begin), name)).or_default() +=
            i64::from(amount != 0) - i64::from(before != 0);
    }
    hours.retain(|_, change| *change != 0);
    Ok(hours)
}

/// Returns the amounts that are not 0, in the order of their keys.
fn rows<Site: Borrow<SiteId> + Ord, Name: AsRef<str> + Ord>(amounts: &Amounts<Site, Name>) -> Rows<'_> {
    let all = || amounts.iter().filter(|(_, amount)| **amount != 0);
    Rows::new()
        .column("site_id", List::texts(all().map(|((site, ..), _)| site.borrow().as_str())))
        .column("kind", List::texts(all().map(|((_, kind, ..), _)| kind.as_str())))
        .column("bucket", List::times(all().map(|((_, _, bucket, _), _)| *bucket)))
        .column("name", List::texts(all().map(|((.., name), _)| name.as_ref())))
        .column("amount", List::longs(all().map(|(_, amount)| *amount)))
}
