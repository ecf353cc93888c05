//! Random sequences of decisions, demands and reverts: the audit has no gap, and every count stays right.

use std::collections::HashMap;

use duyetd::domain::{
    Error,
    audit::AuditEntry,
    comment::{Comment, TakedownKind},
    decision::DecisionBatch,
    id::CommentId,
    lifecycle::{Action, Status},
    revert::{Revert, RevertResult, Target},
};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::revert::{Desk, batch_of, demand, revert};
use crate::support::{
    home::Home,
    sample::{at, published, reply_to, site, submission},
};

/// A linear congruential generator: the same numbers in every run.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    pub(super) fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.roll(items.len())]
    }
}

async fn family(home: &Home) -> Vec<CommentId> {
    let (root, other) = (published(0), submission(1));
    let replies = (2..6).map(|n| reply_to(root.comment.id, if n % 2 == 0 { published(n) } else { submission(n) }));
    let all: Vec<_> = [root.clone(), other].into_iter().chain(replies).collect();
    home.store_all(&all).await;
    all.iter().map(|one| one.comment.id).collect()
}

/// Returns the state that a revert must restore. Reply counts depend on other comments.
fn state(comment: &Comment) -> (Status, Option<chrono::DateTime<chrono::Utc>>, duyetd::domain::comment::Attention) {
    (comment.status, comment.reviewed_at, comment.attention.clone())
}

/// A random sequence, with the state of each comment before each entry.
struct Walk<'a> {
    desk: Desk<'a>,
    ids: Vec<CommentId>,
    dice: Dice,
    before: HashMap<Uuid, Comment>,
    entries: Vec<Uuid>,
    batches: Vec<Uuid>,
}

impl Walk<'_> {
    async fn now(&self, ids: &[CommentId]) -> HashMap<CommentId, Comment> {
        let mut now = HashMap::new();
        for id in ids {
            now.insert(*id, self.desk.0.comment(*id).await);
        }
        now
    }

    fn saw(&mut self, entry: Uuid, before: &Comment) {
        self.before.insert(entry, before.clone());
        self.entries.push(entry);
    }

    async fn decide(&mut self, n: i64, count: usize) {
        let first = self.dice.roll(self.ids.len());
        let ids: Vec<_> = (0..count).map(|step| self.ids[(first + step) % self.ids.len()]).collect();
        let before = self.now(&ids).await;
        let comments: Vec<_> = ids.iter().map(|id| before[id].clone()).collect();
        let mut batch = batch_of(n, self.dice.pick(Action::ALL), &comments);
        if count == 1 {
            batch.batch = None;
        }
        self.batches.extend(batch.batch);
        for settled in self.desk.0.store.decide(&batch).await.unwrap() {
            let comment = settled.comment.unwrap();
            match settled.result {
                Ok(answer) if answer.changed => self.saw(answer.last_change.decision.unwrap(), &before[&comment.id]),
                _ => assert_eq!(state(&comment), state(&before[&comment.id])),
            }
        }
    }

    async fn demand(&mut self, n: i64) {
        let id = self.dice.pick(&self.ids);
        let before = self.now(&[id]).await;
        let escalated = self.desk.0.store.escalate(&demand(n, id, TakedownKind::Complaint)).await.unwrap();
        self.saw(escalated.entry, &before[&id]);
    }

    async fn revert(&mut self, n: i64, target: Target) {
        let before = self.now(&self.ids.clone()).await;
        let request = Revert { any: true, ..revert(n, target) };
        let RevertResult { batch, items } = match self.desk.0.store.revert(&request).await {
            Err(Error::AuditEntryNotFound) => return,
            reverted => reverted.unwrap(),
        };
        self.batches.extend(batch);
        for item in items {
            let comment = item.comment.unwrap();
            let Ok(entry) = item.result else {
                assert_eq!(state(&comment), state(&before[&comment.id]));
                continue;
            };
            let story = self.desk.story(comment.id).await;
            let reverted = story.iter().find(|one| one.id == entry).and_then(|one| one.reverts).unwrap();
            assert_eq!(state(&comment), state(&self.before[&reverted]));
            self.saw(entry, &before[&comment.id]);
        }
    }

    async fn step(&mut self, n: i64) {
        match self.dice.roll(10) {
            0..=3 => self.decide(n, 1).await,
            4 => self.decide(n, 3).await,
            5 => self.demand(n).await,
            6 => self.revert(n, Target::Last).await,
            // Reverts one of the newest entries, because older ones are almost always stale.
            7..=8 if !self.entries.is_empty() => {
                let newest = &self.entries[self.entries.len().saturating_sub(6)..];
                let target = Target::Entry(self.dice.pick(newest));
                self.revert(n, target).await;
            }
            _ if !self.batches.is_empty() => {
                let newest = &self.batches[self.batches.len().saturating_sub(3)..];
                // A batch that changed nothing has no entry.
                let target = Target::Batch(self.dice.pick(newest));
                self.revert(n, target).await;
            }
            _ => {}
        }
    }
}

/// Checks that each entry begins with the status with which the previous one ended, and that it reverts the previous
/// entry or none.
fn check_story(first: Status, story: &[AuditEntry], last: &Comment) {
    let (mut status, mut revision) = (first, 1);
    for (n, entry) in story.iter().enumerate() {
        assert_eq!(entry.from_status, Some(status));
        revision += i64::from(entry.from_status != entry.to_status);
        assert_eq!(entry.revision, revision);
        status = entry.to_status.unwrap();
        if let Some(reverted) = entry.reverts {
            assert_eq!(story[n - 1].id, reverted, "another change happened in between");
            assert_eq!(story[n - 1].from_status, entry.to_status);
        }
    }
    assert_eq!((last.status, last.revision), (status, revision));
}

contract! {
    async fn a_random_sequence_leaves_an_audit_without_a_gap(home: &Home) {
        let ids = family(home).await;
        let mut walk = Walk {
            desk: Desk(home),
            dice: Dice(1),
            before: HashMap::new(),
            entries: Vec::new(),
            batches: Vec::new(),
            ids: ids.clone(),
        };
        let started = walk.now(&ids).await;
        for step in 0..200 {
            walk.step(100 + step).await;
        }
        let mut story = Vec::new();
        for id in ids {
            let of_comment = walk.desk.story(id).await;
            check_story(started[&id].status, &of_comment, &home.comment(id).await);
            story.extend(of_comment);
        }
        let reverts = story.iter().filter(|entry| entry.reverts.is_some()).count();
        assert!(reverts > 20 && story.len() > 100, "{reverts} of {}", story.len());
        assert_eq!((story.len(), walk.before.len()), (walk.entries.len(), walk.entries.len()));
        assert_eq!(home.rows("audit").await, i64::try_from(story.len()).unwrap());
        home.recount().await;
    }

    async fn concurrent_random_sequences_keep_every_count_right(home: &Home) {
        let ids = family(home).await;
        let mut walkers = JoinSet::new();
        for walker in 0..4 {
            let (store, ids, actor) = (home.store.clone(), ids.clone(), format!("walker-{walker}"));
            walkers.spawn(async move {
                let mut dice = Dice(walker * 7_919 + 1);
                let mut written = 0;
                for step in 0..30_i64 {
                    let n = 100 + step;
                    if dice.roll(3) == 0 {
                        let request = Revert { actor: actor.clone(), ..revert(n, Target::Last) };
                        match store.revert(&request).await {
                            Ok(reverted) => written += reverted.items.iter().filter(|item| item.result.is_ok()).count(),
                            Err(error) => assert!(matches!(error, Error::AuditEntryNotFound), "{error:?}"),
                        }
                        continue;
                    }
                    let seen = [dice.pick(&ids), dice.pick(&ids)];
                    let mut items = Vec::new();
                    for id in seen {
                        let now = store.find_comment(&site(), id).await.unwrap().unwrap();
                        if items.iter().all(|one: &Comment| one.id != id) {
                            items.push(now);
                        }
                    }
                    let batch = DecisionBatch { actor: actor.clone(), ..batch_of(n, dice.pick(Action::ALL), &items) };
                    let settled = store.decide(&batch).await.unwrap();
                    written += settled.iter().filter(|one| one.result.as_ref().is_ok_and(|answer| answer.changed)).count();
                }
                written
            });
        }
        let written: usize = walkers.join_all().await.into_iter().sum();
        assert!(written > 40, "{written}");
        assert_eq!(home.rows("audit").await, i64::try_from(written).unwrap());
        for id in ids {
            let story = Desk(home).story(id).await;
            let moves: Vec<_> = story.iter().filter(|entry| entry.from_status != entry.to_status).collect();
            for (n, pair) in moves.windows(2).enumerate() {
                assert_eq!((pair[0].to_status, pair[0].revision), (pair[1].from_status, i64::try_from(n).unwrap() + 2));
            }
            let now = home.comment(id).await;
            assert_eq!(now.revision, 1 + i64::try_from(moves.len()).unwrap());
            assert!(moves.last().is_none_or(|last| last.to_status == Some(now.status)));
        }
        home.recount().await;
    }

    async fn a_replica_with_a_slow_clock_cannot_hide_a_later_change(home: &Home) {
        let desk = Desk(home);
        let live = desk.stored(published(1)).await;
        let look = desk.decides(10, live.id, Action::Approve).await;
        // A replica whose clock is behind makes this change, so that its entry sorts before an earlier change.
        let late = demand(5, live.id, TakedownKind::Authority);
        home.store.escalate(&late).await.unwrap();
        let reverted = desk.reverts_one(11, look).await;
        assert!(reverted.is_err(), "{reverted:?}");
        assert_eq!(home.comment(live.id).await.attention.takedown, Some(late.takedown));

        let ban = desk.bans(20, None, at(9_999)).await;
        desk.unbans(15, ban).await;
        assert!(desk.reverts_one(21, ban).await.is_err());
        assert_eq!(desk.unrevoked().await, 0);
    }
}
