//! Compares statistics with a count of the tables after changes of every kind, while sums are computed at random times.

use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, Duration, Utc};
use duyetd::domain::{
    Error,
    actor::SYSTEM,
    audit::AuditAction,
    comment::TakedownKind,
    decision::DecisionBatch,
    id::CommentId,
    lifecycle::{Action, Status},
    privacy::Erasure,
    revert::{Revert, Target},
    stats::{Stats, first_day_from, hour_of},
    submission::Submission,
};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::{
    revert::{batch_of, demand, revert},
    revert_walks::Dice,
};
use crate::support::{
    home::Home,
    sample::{at, decision, id_at, published, report, site, submission},
};

const HOUR: i64 = 3_600;

const ACTORS: [&str; 3] = ["lan", "minh", "an"];

impl Home {
    /// Fails when the statistics differ from a count of the tables.
    async fn check_stats(&self, since: DateTime<Utc>, now: DateTime<Utc>) {
        let stats = self.store.stats(&site(), since, now).await.unwrap();
        let since = self.time(hour_of(since));
        assert_eq!(submitted(&stats), self.texts(&counted_by_status(&since)).await, "submitted");
        let waiting = self.number(&format!("select count(*) from comments where {WAITING}")).await;
        assert_eq!(stats.waiting, waiting, "waiting");
        for (percent, age) in [(50, stats.waiting_age_p50), (95, stats.waiting_age_p95)] {
            let place = waiting - (waiting * percent + 99) / 100;
            assert_eq!(age.is_some(), waiting > 0);
            if let Some(age) = age {
                assert_eq!((now - age).timestamp_micros(), self.waiting_since(place).await, "{percent}");
            }
        }
        let decided = |one: &duyetd::domain::stats::ModeratorStats| {
            format!("{} {} {} {}", one.moderator, one.decisions, one.active_hours, one.overturned)
        };
        let mut answered: Vec<_> = stats.moderators.iter().map(decided).collect();
        answered.sort();
        assert_eq!(answered, self.texts(&counted_by_moderator(self, &since)).await, "moderators");
    }

    /// Returns the time in microseconds at which the comment at a place of the queue was submitted.
    async fn waiting_since(&self, place: i64) -> i64 {
        let micros =
            if self.is_postgres() { "(extract(epoch from created_at) * 1000000)::bigint" } else { "created_at" };
        let sql = format!(
            "select {micros} from comments where {WAITING} order by created_at, comment_id limit 1 offset {place}"
        );
        self.number(&sql).await
    }

    async fn fold(&self, limit: usize) -> u64 {
        self.store.fold_stats(limit).await.unwrap()
    }

    async fn fold_all(&self) {
        while self.fold(1_000).await > 0 {}
        assert_eq!(self.rows("stats_changes").await, 0);
    }

    async fn repaired(&self, now: DateTime<Utc>) -> i64 {
        self.store.repair_stats(&site(), now).await.unwrap()
    }
}

const WAITING: &str = "site_id = 'bao-hue' and (status = 'PENDING' or flagged_at is not null)";

fn submitted(stats: &Stats) -> Vec<String> {
    let mut lines: Vec<_> = stats.submitted.iter().map(|(status, count)| format!("{status} {count}")).collect();
    lines.sort();
    lines
}

fn counted_by_status(since: &str) -> String {
    format!(
        "select status || ' ' || count(*) as line from comments where site_id = 'bao-hue' and created_at >= {since}
        group by status order by line"
    )
}

/// Counts decisions, hours with a decision and overturned decisions of each moderator.
fn counted_by_moderator(home: &Home, since: &str) -> String {
    let hour = if home.is_postgres() { "date_trunc('hour', d.at, 'UTC')" } else { "d.at / 3600000000" };
    let collate = if home.is_postgres() { "collate \"C\"" } else { "" };
    format!(
        "with decided as (
            select d.actor, {hour} as hour, d.audit_id from audit d
            where d.site_id = 'bao-hue' and d.at >= {since} and d.action in ('APPROVE', 'REJECT', 'SPAM', 'REQUEUE')
                and d.actor <> 'system'
        ), overturned as (
            select d.audit_id from audit e join audit d
                on d.site_id = e.site_id and d.comment_id = e.comment_id and d.revision = e.revision - 1
            where e.from_status <> e.to_status and e.from_status <> 'PENDING' and e.to_status <> 'ERASED'
                and e.actor <> d.actor and d.action in ('APPROVE', 'REJECT', 'SPAM')
            union
            select d.audit_id from audit e join audit d on d.site_id = e.site_id and d.audit_id = e.reverts
            where e.actor <> d.actor and d.action in ('APPROVE', 'REJECT', 'SPAM', 'REQUEUE')
        )
        select (d.actor || ' ' || count(*) || ' ' || count(distinct d.hour) || ' ' || count(o.audit_id)) {collate} as line
        from decided d left join overturned o on o.audit_id = d.audit_id group by d.actor order by line"
    )
}

/// A newsroom with random changes of every kind that affects statistics.
struct Walk<'a> {
    home: &'a Home,
    dice: Dice,
    ids: Vec<CommentId>,
    entries: Vec<Uuid>,
}

impl Walk<'_> {
    async fn submit(&mut self, n: i64) {
        let count = 1 + i64::try_from(self.dice.roll(4)).unwrap();
        // Some comments were submitted days or months earlier.
        let back = self.dice.pick(&[1_000, 1_000, 100_000, 4_000_000]);
        let made: Vec<_> = (0..count).map(|step| self.made(n - step * back)).collect();
        self.home.store_all(&made).await;
        self.ids.extend(made.iter().map(|one| one.comment.id));
    }

    /// Builds a submission. One in six is both public and queued from the beginning, as a sampled comment is.
    fn made(&mut self, n: i64) -> Submission {
        let mut one = if self.dice.roll(2) == 0 { published(n) } else { submission(n) };
        match self.dice.roll(6) {
            0 => one.comment.attention.flagged_at = Some(at(n)),
            1 if one.comment.status == Status::Pending => one.comment.status = Status::Spam,
            _ => {}
        }
        one
    }

    async fn decide(&mut self, n: i64, count: usize) {
        let mut comments = Vec::new();
        for _ in 0..count {
            let id = self.dice.pick(&self.ids);
            if comments.iter().all(|one: &duyetd::domain::comment::Comment| one.id != id) {
                comments.push(self.home.comment(id).await);
            }
        }
        let actor = self.dice.pick(&ACTORS).into();
        let batch = DecisionBatch { actor, ..batch_of(n, self.dice.pick(Action::ALL), &comments) };
        for settled in self.home.store.decide(&batch).await.unwrap() {
            let decided = settled.result.ok().filter(|answer| answer.changed);
            self.entries.extend(decided.and_then(|answer| answer.last_change.decision));
        }
    }

    async fn expire(&mut self, n: i64) {
        let id = self.dice.pick(&self.ids);
        let revision = self.home.comment(id).await.revision;
        let mut expired = decision(n, id, Action::Reject, revision);
        (expired.actor, expired.recorded_as) = (SYSTEM.into(), AuditAction::Expire);
        self.home.store.decide(&expired).await.unwrap();
    }

    async fn revert(&mut self, n: i64) {
        let newest = &self.entries[self.entries.len().saturating_sub(4)..];
        if newest.is_empty() {
            return;
        }
        let target = Target::Entry(self.dice.pick(newest));
        let request = Revert { any: true, actor: self.dice.pick(&ACTORS).into(), ..revert(n, target) };
        let reverted = self.home.store.revert(&request).await.unwrap();
        self.entries.extend(reverted.items.into_iter().filter_map(|item| item.result.ok()));
    }

    async fn report(&mut self, n: i64) {
        let id = self.dice.pick(&self.ids);
        for reader in 0..3 {
            let reader = reader + u8::try_from(self.dice.roll(200)).unwrap();
            match self.home.store.report(&report(n, id, reader)).await {
                Ok(_) | Err(Error::CommentNotFound(_)) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
    }

    async fn demand(&mut self, n: i64) {
        let id = self.dice.pick(&self.ids);
        match self.home.store.escalate(&demand(n, id, TakedownKind::Complaint)).await {
            Ok(_) | Err(Error::NotRevertible) => {}
            Err(error) => panic!("{error:?}"),
        }
    }

    async fn erase(&mut self, n: i64) {
        let items = (0..2).map(|_| (id_at(at(n)), self.dice.pick(&self.ids))).collect();
        let erasure = Erasure {
            site: site(),
            action: AuditAction::Erase,
            actor: "chief".into(),
            note: String::new(),
            at: at(n),
            batch: id_at(at(n)),
            items,
            only: None,
            request_id: None,
            remember: None,
        };
        self.home.store.erase(&erasure).await.unwrap();
    }

    async fn step(&mut self, n: i64) {
        match self.dice.roll(12) {
            0..=1 => self.submit(n).await,
            2..=5 => self.decide(n, 1).await,
            6 => self.decide(n, 4).await,
            7..=8 => self.revert(n).await,
            9 => self.report(n).await,
            10 => self.demand(n).await,
            _ if self.dice.roll(2) == 0 => self.erase(n).await,
            _ => self.expire(n).await,
        }
        if self.dice.roll(4) == 0 {
            let limit = 1 + self.dice.roll(20);
            self.home.fold(limit).await;
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the migrations read the same clock")]
fn clock() -> DateTime<Utc> {
    Utc::now()
}

/// Submits and decides comments, concurrently with other desks.
async fn busy_desk(store: &dyn duyetd::store::Store, desk: u64) {
    let (mut dice, mut known) = (Dice(desk * 7_919 + 1), Vec::new());
    for step in 0..40 {
        let n = step * 900;
        let fresh: Vec<_> = (0..3).map(|_| if dice.roll(2) == 0 { published(n) } else { submission(n) }).collect();
        store.insert_submissions(&fresh).await.unwrap();
        known.extend(fresh.iter().map(|one| one.comment.id));
        let chosen = dice.pick(&known);
        let revision = store.find_comment(&site(), chosen).await.unwrap().unwrap().revision;
        let actor = dice.pick(&ACTORS).into();
        let batch = DecisionBatch { actor, ..decision(n, chosen, dice.pick(Action::ALL), revision) };
        store.decide(&batch).await.unwrap();
    }
}

contract! {
    async fn statistics_equal_a_count_after_changes_of_every_kind(home: &Home) {
        let mut walk = Walk { home, dice: Dice(3), ids: Vec::new(), entries: Vec::new() };
        walk.submit(0).await;
        for step in 0..240 {
            let n = step * 700;
            walk.step(n).await;
            if step % 8 == 0 {
                let since = i64::try_from(walk.dice.roll(usize::try_from(n + 1).unwrap())).unwrap();
                home.check_stats(at(since), at(n)).await;
            }
        }
        let (begin, end) = (at(-HOUR), at(240 * 700));
        home.check_stats(begin, end).await;
        assert_eq!(home.repaired(end).await, 0);
        home.fold_all().await;
        home.check_stats(begin, end).await;
        assert_eq!(home.repaired(end).await, 0);
        let stats = home.store.stats(&site(), begin, end).await.unwrap();
        let overturned: i64 = stats.moderators.iter().map(|one| one.overturned).sum();
        assert!(stats.waiting > 5 && stats.submitted.len() > 4 && overturned > 10, "{stats:?}");
    }

    async fn sums_computed_during_calls_lose_nothing_and_count_nothing_twice(home: &Home) {
        home.watch_deadlocks().await;
        let mut desks = JoinSet::new();
        for desk in 0..3 {
            let store = home.store.clone();
            desks.spawn(async move { busy_desk(&*store, desk).await });
        }
        let done = std::sync::Arc::new(AtomicBool::new(false));
        let mut folders = JoinSet::new();
        for limit in [7, 11] {
            let (store, done) = (home.store.clone(), done.clone());
            folders.spawn(async move {
                let mut folded = 0;
                while !done.load(Ordering::Relaxed) {
                    folded += store.fold_stats(limit).await.unwrap();
                }
                folded
            });
        }
        while let Some(desk) = desks.join_next().await {
            desk.unwrap();
            assert_eq!(home.repaired(at(50 * 900)).await, 0, "each comparison sees one snapshot");
        }
        done.store(true, Ordering::Relaxed);
        let folded = folders.join_all().await;
        assert!(folded.iter().all(|count| *count > 0), "{folded:?}");
        home.check_stats(at(0), at(50 * 900)).await;
        home.fold_all().await;
        home.check_stats(at(0), at(50 * 900)).await;
        assert_eq!(home.repaired(at(50 * 900)).await, 0);
        assert_eq!(home.deadlocks().await, 0);
    }

    async fn wrong_statistics_are_repaired(home: &Home) {
        let mut walk = Walk { home, dice: Dice(5), ids: Vec::new(), entries: Vec::new() };
        walk.submit(0).await;
        for step in 0..60 {
            walk.step(step * 700).await;
        }
        let (begin, end) = (at(-HOUR), at(61 * 700));
        home.fold_all().await;
        walk.submit(60 * 700).await;
        for wrong in [
            "delete from stats_changes",
            "update stats_buckets set amount = amount + 3 where kind = 'WAITING_DAY'",
            "update stats_buckets set amount = amount + 3 where kind = 'WAITING_MONTH'",
            "update stats_buckets set amount = amount + 3 where kind in ('SUBMITTED_DAY', 'DECISIONS_DAY', 'OVERTURNED_DAY')",
            "delete from stats_buckets where kind = 'ACTIVE_HOURS'",
            "delete from stats_buckets",
            "update comments set status = 'PENDING' where status = 'APPROVED'",
            "update stats_buckets set amount = amount + 2 where kind in ('DECISIONS', 'SETTLED')",
        ] {
            home.execute(wrong).await.unwrap();
            assert!(home.repaired(end).await > 0, "{wrong}");
            home.check_stats(begin, end).await;
            home.fold_all().await;
            home.check_stats(begin, end).await;
            assert_eq!(home.repaired(end).await, 0, "{wrong}");
        }
        // A pending comment from before the period of the statistics.
        let late = at(0) + Duration::days(200);
        home.execute("update stats_buckets set amount = amount + 1 where kind = 'WAITING'").await.unwrap();
        assert!(home.repaired(late).await > 0);
        home.check_stats(late - Duration::days(1), late).await;
    }

    async fn old_statistics_are_deleted_except_of_pending_comments(home: &Home) {
        home.store_all(&[submission(10), submission(2 * HOUR), published(20), published(2 * HOUR)]).await;
        home.fold_all().await;
        let decided = decision(30, home.store.forgotten_pending(&site(), at(11), 1).await.unwrap()[0].0, Action::Approve, 1);
        home.decide_one(&decided).await.unwrap();
        home.fold_all().await;
        // The hour of the approved comment has three rows that can be deleted: pending (zero), settled and decided.
        assert_eq!(home.store.prune_stats(&site(), at(HOUR)).await.unwrap(), 3);
        home.check_stats(at(HOUR), at(3 * HOUR)).await;
        assert_eq!(home.store.stats(&site(), at(0), at(3 * HOUR)).await.unwrap().submitted.len(), 2);
        // Two hours and their sums; status, decisions and active hours are stored for the whole day.
        assert_eq!(home.rows("stats_buckets").await, 4 + 4);
        assert_eq!(home.store.prune_stats(&site(), at(HOUR)).await.unwrap(), 0);
        home.store.prune_stats(&site(), at(0) + Duration::days(1)).await.unwrap();
        assert_eq!(home.rows("stats_buckets").await, 3, "only the counts of pending comments remain: one for the hour, one for the day, one for the month");
        assert_eq!(home.repaired(at(0) + Duration::days(94)).await, 0, "a day that is only partly stored is not repaired");
    }

    async fn statistics_of_long_periods_are_read_by_day(home: &Home) {
        let mut walk = Walk { home, dice: Dice(11), ids: Vec::new(), entries: Vec::new() };
        walk.submit(0).await;
        // Ten days with one change every four hours.
        for step in 0..60 {
            walk.step(step * 4 * HOUR).await;
        }
        let end = at(240 * HOUR);
        home.fold_all().await;
        for since in [-30, 0, 1, 25, 100] {
            home.check_stats(at(since * HOUR), end).await;
        }
        // Hours are read of the first day only.
        let second_day = home.time(first_day_from(at(HOUR)));
        home.execute(&format!(
            "delete from stats_buckets where bucket >= {second_day} and kind in ('SETTLED', 'DECISIONS', 'OVERTURNED')"
        ))
        .await
        .unwrap();
        home.check_stats(at(HOUR), end).await;
    }

    async fn an_upgrade_keeps_the_statistics(home: &Home) {
        let now = clock();
        let begin = (now - at(0)).num_seconds() - 100 * 700;
        let mut walk = Walk { home, dice: Dice(7), ids: Vec::new(), entries: Vec::new() };
        walk.submit(begin).await;
        for step in 0..90 {
            walk.step(begin + step * 700).await;
        }
        home.check_stats(at(begin - HOUR), now).await;
        home.execute(
            "drop table stats_buckets; drop table stats_changes;
            delete from _sqlx_migrations where version between 20261130100000 and 20261130100200 or version = 20261130130000",
        )
        .await
        .unwrap();
        home.store.migrate().await.unwrap();
        assert_eq!(home.rows("stats_changes").await, 0);
        home.check_stats(at(begin - HOUR), now).await;
        assert_eq!(home.repaired(now).await, 0);
    }
}
