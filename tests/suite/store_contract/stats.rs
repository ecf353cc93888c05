use chrono::{DateTime, Duration, Utc};
use duyetd::domain::{
    actor::SYSTEM,
    audit::{AuditAction, AuditEntry},
    comment::Comment,
    decision::DecisionItem,
    id::CommentId,
    lifecycle::{Action, Status},
    stats::{ModeratorStats, Stats},
};
use uuid::Uuid;

use super::schema::{plan, statements};
use crate::support::{
    home::Home,
    sample::{at, decision, id_at, other_site, published, report, site, submission},
};

const HOUR: i64 = 3_600;

impl Home {
    async fn stats(&self, since: i64, now: i64) -> Stats {
        self.store.stats(&site(), at(since), at(now)).await.unwrap()
    }

    /// Stores comments of a status, submitted at these seconds.
    async fn submitted(&self, status: Status, seconds: impl IntoIterator<Item = i64>) -> Vec<Comment> {
        let made: Vec<_> = seconds
            .into_iter()
            .map(|n| {
                let mut one = submission(n);
                one.comment.status = status;
                one.comment.published_at = status.is_public().then_some(at(n));
                one
            })
            .collect();
        self.store_all(&made).await;
        made.into_iter().map(|one| one.comment).collect()
    }

    /// Makes a decision at second `n` by `actor`, who saw `revision`, and returns its audit entry's id.
    async fn by(&self, actor: &str, n: i64, comment: CommentId, action: Action, revision: i64) -> Uuid {
        let mut decision = decision(n, comment, action, revision);
        decision.actor = actor.into();
        let decided = self.decide_one(&decision).await.unwrap();
        assert!(decided.answer.changed);
        decision.items[0].id
    }

    /// Stores an audit entry at second `n` that reverts `entry` and changes its comment to `revision`.
    async fn reverted(
        &self,
        actor: &str,
        n: i64,
        comment: CommentId,
        entry: Uuid,
        revision: i64,
        statuses: [Status; 2],
    ) {
        let entry = AuditEntry {
            comment: Some(comment),
            from_status: Some(statuses[0]),
            to_status: Some(statuses[1]),
            revision,
            reverts: Some(entry),
            ..AuditEntry::new(id_at(at(n)), AuditAction::Revert, actor, at(n))
        };
        self.store.record(&site(), &entry).await.unwrap();
    }
}

fn moderator(name: &str, decisions: i64, active_hours: i64, overturned: i64) -> ModeratorStats {
    ModeratorStats { moderator: name.into(), decisions, active_hours, overturned }
}

/// Returns decisions and overturned decisions by moderator.
fn overturned(stats: &Stats) -> Vec<(&str, i64, i64)> {
    stats.moderators.iter().map(|one| (one.moderator.as_str(), one.decisions, one.overturned)).collect()
}

fn ages(stats: &Stats) -> Option<(i64, i64)> {
    let seconds = |age: Option<Duration>| age.map(|age| age.num_seconds());
    seconds(stats.waiting_age_p50).zip(seconds(stats.waiting_age_p95))
}

fn due(home: &Home, at: DateTime<Utc>) -> String {
    if home.is_postgres() { format!("'{}'", at.to_rfc3339()) } else { at.timestamp_micros().to_string() }
}

contract! {
    async fn an_empty_site_has_empty_statistics(home: &Home) {
        assert_eq!(home.stats(0, 100).await, Stats::default());
    }

    async fn submitted_comments_are_counted_by_their_current_status(home: &Home) {
        home.submitted(Status::Pending, [-1, 0, 5]).await;
        home.submitted(Status::Spam, [3]).await;
        let live = home.submitted(Status::Approved, [1, 2, 4, 6]).await;
        home.by("lan", 50, live[0].id, Action::Reject, 1).await;
        let mut foreign = submission(7);
        foreign.site = other_site();
        home.store_all(&[foreign]).await;
        let stats = home.stats(0, 100).await;
        let expected = [(Status::Pending, 2), (Status::Approved, 3), (Status::Spam, 1), (Status::Removed, 1)];
        assert_eq!(stats.submitted, expected);
        assert_eq!((stats.waiting, ages(&stats)), (3, Some((100, 101))), "pending comments are counted regardless of when they were submitted");
        assert_eq!(home.stats(HOUR - 1, 100).await.submitted, expected, "the period begins at the start of its clock hour");
        assert_eq!(home.stats(HOUR, 100).await.submitted, []);
    }

    async fn ages_use_the_nearest_rank_method(home: &Home) {
        let mut waiting = 0;
        // The number of pending comments, and the ranks of the median and the 95th percentile. The n-th youngest is n
        // seconds old.
        for (count, half, most) in [(1, 1, 1), (2, 1, 2), (3, 2, 3), (4, 2, 4), (10, 5, 10), (19, 10, 19), (20, 10, 19), (21, 11, 20), (40, 20, 38), (41, 21, 39)] {
            home.submitted(Status::Pending, (waiting + 1..=count).map(|age| 1_000 - age)).await;
            waiting = count;
            let stats = home.stats(0, 1_000).await;
            assert_eq!((stats.waiting, ages(&stats)), (count, Some((half, most))));
        }
    }

    async fn a_flagged_comments_age_is_counted_from_its_submission(home: &Home) {
        let live = published(10);
        home.store_all(&[live.clone(), published(20)]).await;
        assert_eq!((home.stats(0, 100).await.waiting, ages(&home.stats(0, 100).await)), (0, None));
        for reader in 0..3 {
            home.store.report(&report(50, live.comment.id, reader)).await.unwrap();
        }
        let stats = home.stats(0, 100).await;
        assert_eq!((stats.waiting, ages(&stats)), (1, Some((90, 90))));
        home.by("lan", 60, live.comment.id, Action::Approve, 1).await;
        assert_eq!(home.stats(0, 100).await.waiting, 0);
    }

    async fn ages_are_never_negative_with_a_slow_clock(home: &Home) {
        home.submitted(Status::Pending, [100]).await;
        assert_eq!(ages(&home.stats(0, 40).await), Some((0, 0)));
    }

    async fn decisions_are_counted_by_moderator_and_clock_hour(home: &Home) {
        let waiting = home.submitted(Status::Pending, 0..8).await;
        home.by("lan", HOUR - 1, waiting[0].id, Action::Approve, 1).await;
        home.by("lan", HOUR, waiting[1].id, Action::Reject, 1).await;
        home.by("lan", 2 * HOUR - 1, waiting[2].id, Action::Spam, 1).await;
        home.by("minh", HOUR, waiting[3].id, Action::Approve, 1).await;
        home.by("an", 30 * HOUR, waiting[4].id, Action::Approve, 1).await;
        let mut expired = decision(5 * HOUR, waiting[5].id, Action::Reject, 1);
        expired.recorded_as = AuditAction::Expire;
        expired.actor = SYSTEM.into();
        home.decide_one(&expired).await.unwrap();
        let mut by_machine = decision(5 * HOUR, waiting[6].id, Action::Approve, 1);
        by_machine.actor = SYSTEM.into();
        home.decide_one(&by_machine).await.unwrap();
        let mut same = decision(6 * HOUR, waiting[0].id, Action::Approve, 2);
        same.actor = "minh".into();
        assert!(!home.decide_one(&same).await.unwrap().answer.changed, "a decision that changes nothing is not counted");

        let all = home.stats(0, 40 * HOUR).await.moderators;
        assert_eq!(all, [moderator("lan", 3, 2, 0), moderator("an", 1, 1, 0), moderator("minh", 1, 1, 0)]);
        let later = home.stats(HOUR, 40 * HOUR).await.moderators;
        assert_eq!(later, [moderator("lan", 2, 1, 0), moderator("an", 1, 1, 0), moderator("minh", 1, 1, 0)]);
        assert_eq!(home.stats(31 * HOUR, 40 * HOUR).await.moderators, []);
        let foreign = home.store.stats(&other_site(), at(0), at(40 * HOUR)).await.unwrap();
        assert_eq!(foreign, Stats::default());
    }

    async fn every_decision_of_a_batch_counts(home: &Home) {
        let waiting = home.submitted(Status::Pending, 0..5).await;
        home.by("minh", 10, waiting[4].id, Action::Approve, 1).await;
        let mut batch = decision(20, waiting[0].id, Action::Spam, 1);
        batch.batch = Some(id_at(at(20)));
        let item = |comment: &Comment| DecisionItem { id: id_at(at(20)), comment: comment.id, expected_revision: 1 };
        batch.items = waiting.iter().map(item).collect();
        let settled = home.store.decide(&batch).await.unwrap();
        assert_eq!(settled.iter().filter(|one| one.result.is_ok()).count(), 4, "one of the comments was already decided");
        assert_eq!(overturned(&home.stats(0, 100).await), [("lan", 4, 0), ("minh", 1, 0)]);
    }

    async fn a_decision_is_overturned_by_the_next_change_of_another_moderator(home: &Home) {
        let waiting = home.submitted(Status::Pending, 0..4).await;
        // Rejected by a second moderator and approved by a third: two decisions are overturned.
        home.by("lan", 10, waiting[0].id, Action::Approve, 1).await;
        home.by("minh", 11, waiting[0].id, Action::Reject, 2).await;
        home.by("an", 12, waiting[0].id, Action::Approve, 3).await;
        // A moderator's change of their own decision does not overturn it. Another moderator's later change overturns
        // only the second one.
        home.by("lan", HOUR + 20, waiting[1].id, Action::Approve, 1).await;
        home.by("lan", HOUR + 21, waiting[1].id, Action::Reject, 2).await;
        home.by("minh", HOUR + 22, waiting[1].id, Action::Spam, 3).await;
        // A requeue by another moderator overturns the decision; what is decided after it overturns nothing more.
        home.by("lan", HOUR + 30, waiting[2].id, Action::Spam, 1).await;
        home.by("minh", HOUR + 31, waiting[2].id, Action::Requeue, 2).await;
        home.by("an", HOUR + 32, waiting[2].id, Action::Approve, 3).await;
        home.by("an", HOUR + 40, waiting[3].id, Action::Approve, 1).await;
        // Three of lan's decisions are overturned (on the first comment, the rejection of the second, and on the
        // third), and one of minh's (on the first comment).
        let stats = home.stats(0, 100).await;
        assert_eq!(overturned(&stats), [("lan", 4, 3), ("an", 3, 0), ("minh", 3, 1)]);
        // From the next hour on the first approval is not counted, and the decision that overturned it overturns
        // nothing else.
        let later = home.stats(HOUR, 100).await;
        assert_eq!(overturned(&later), [("lan", 3, 2), ("an", 2, 0), ("minh", 2, 0)]);
    }

    async fn an_approval_of_a_public_comment_can_be_overturned(home: &Home) {
        let live = home.submitted(Status::Approved, [1, 2]).await;
        home.by("lan", 10, live[0].id, Action::Approve, 1).await;
        for reader in 0..3 {
            home.store.report(&report(20, live[0].id, reader)).await.unwrap();
        }
        home.by("minh", 30, live[0].id, Action::Approve, 1).await;
        home.by("lan", 10, live[1].id, Action::Approve, 1).await;
        assert_eq!(overturned(&home.stats(0, 100).await), [("lan", 2, 0), ("minh", 1, 0)], "a second approval confirms the first");
        home.by("an", 40, live[0].id, Action::Reject, 1).await;
        assert_eq!(overturned(&home.stats(0, 100).await), [("lan", 2, 1), ("an", 1, 0), ("minh", 1, 1)]);
    }

    async fn a_revert_overturns_another_moderators_decision(home: &Home) {
        use Status::{Approved, Pending, Spam};
        let waiting = home.submitted(Pending, 0..3).await;
        let live = home.submitted(Approved, [5]).await.remove(0);
        let own = home.by("lan", 10, waiting[0].id, Action::Approve, 1).await;
        home.reverted("lan", 11, waiting[0].id, own, 3, [Approved, Pending]).await;
        let colleagues = home.by("lan", 12, waiting[1].id, Action::Spam, 1).await;
        home.reverted("admin", 13, waiting[1].id, colleagues, 3, [Spam, Pending]).await;
        let look = home.by("lan", 14, live.id, Action::Approve, 1).await;
        home.reverted("admin", 15, live.id, look, 1, [Approved, Approved]).await;
        home.by("minh", 16, waiting[2].id, Action::Approve, 1).await;
        let back = home.by("lan", 17, waiting[2].id, Action::Requeue, 2).await;
        home.reverted("minh", 18, waiting[2].id, back, 4, [Pending, Approved]).await;
        // Three of lan's four decisions are overturned, and lan's requeue overturns minh's approval. A revert itself
        // does not count as a decision.
        assert_eq!(overturned(&home.stats(0, 100).await), [("lan", 4, 3), ("minh", 1, 1)]);
    }

    async fn a_decision_is_overturned_only_once(home: &Home) {
        let waiting = home.submitted(Status::Pending, [0]).await.remove(0);
        let approval = home.by("lan", 10, waiting.id, Action::Approve, 1).await;
        home.by("minh", 11, waiting.id, Action::Reject, 2).await;
        home.reverted("an", 12, waiting.id, approval, 4, [Status::Removed, Status::Approved]).await;
        assert_eq!(overturned(&home.stats(0, 100).await), [("lan", 1, 1), ("minh", 1, 1)]);
    }

    async fn an_erasure_overturns_no_decision(home: &Home) {
        let waiting = home.submitted(Status::Pending, [0]).await.remove(0);
        home.by("lan", 10, waiting.id, Action::Approve, 1).await;
        let erased = AuditEntry {
            comment: Some(waiting.id),
            from_status: Some(Status::Approved),
            to_status: Some(Status::Erased),
            revision: 3,
            ..AuditEntry::new(id_at(at(11)), AuditAction::Expire, SYSTEM, at(11))
        };
        home.store.record(&site(), &erased).await.unwrap();
        assert_eq!(overturned(&home.stats(0, 100).await), [("lan", 1, 0)]);
    }

    async fn takedowns_and_overdue_takedowns_are_counted(home: &Home) {
        let live = home.submitted(Status::Approved, 1..5).await;
        for (comment, n) in live.iter().zip([99, 100, 101]) {
            let id = comment.id.0.simple();
            let id = if home.is_postgres() { format!("'{id}'::uuid") } else { format!("x'{id}'") };
            let due = due(home, at(n));
            home.execute(&format!("update comments set takedown_kind = 'AUTHORITY', due_at = {due} where comment_id = {id}")).await.unwrap();
        }
        let stats = home.stats(0, 100).await;
        assert_eq!((stats.takedowns, stats.overdue), (3, 2));
        assert_eq!(home.store.stats(&other_site(), at(0), at(100)).await.unwrap().takedowns, 0);
    }
}

/// Three months of a newsroom's comments, and their statistics.
const QUARTER: &str = "
    insert into articles (site_id, article_id, title, url, revision, public_count, created_at) values ('bao-hue', 'a', '', '', 1, 0, now());
    insert into comments (site_id, comment_id, article_id, author_name, title, content, status, revision, created_at, published_at,
        reply_count, author, fingerprint, folded, findings, spam_score)
    select 'bao-hue', md5('c' || n)::uuid, 'a', 'Lan', '', repeat('Hay ', 150), case n % 100 when 0 then 'PENDING' else 'APPROVED' end, 2,
        now() - n * interval '20 min', now(), 0, 'x', '\\x00', 'lan hay', '[]', 0.1
    from generate_series(1, 6000) n;
    insert into stats_buckets (site_id, kind, bucket, name, amount)
    select 'bao-hue', kind, date_trunc('hour', timestamptz '2026-11-23 00:00+00' - n * interval '1 hour', 'UTC'), name, 2
    from generate_series(1, 2200) n, (values ('WAITING', 'PENDING'), ('SETTLED', 'APPROVED'), ('DECISIONS', 'lan')) k (kind, name)";

/// Statistics read only buckets, changes that are not summed up yet, and a few pending comments, at any size of the
/// tables.
#[tokio::test]
async fn statistics_come_from_buckets() {
    let home = Home::postgres().await;
    home.execute(QUARTER).await.unwrap();
    home.execute("vacuum analyze").await.unwrap();
    for (pattern, indexes) in [
        ("%h.kind, h.name, cast%", &["stats_buckets_key", "stats_changes_key"][..]),
        ("%with unfolded as materialized%", &["stats_buckets_key", "stats_changes_key", "comments_waiting_by_age"]),
        ("select count(*) as takedowns, count(*) filter%", &["comments_by_due"]),
    ] {
        // Each connection reports its last statement, so calls must be in flight meanwhile.
        let mut found = Vec::new();
        for _ in 0..200 {
            let calls = async {
                tokio::join!(home.stats(0, 100), home.stats(0, 100), home.stats(0, 100));
                tokio::join!(home.stats(0, 100), home.stats(0, 100), home.stats(0, 100));
            };
            found = tokio::join!(calls, statements(&home, pattern)).1;
            if !found.is_empty() {
                break;
            }
        }
        let statement = found.first().unwrap_or_else(|| panic!("no connection ran a statement that matches {pattern}"));
        let plan = plan(&home, statement, None).await;
        assert!(indexes.iter().all(|index| plan.contains(index)), "{statement}\n{plan}");
    }
}
