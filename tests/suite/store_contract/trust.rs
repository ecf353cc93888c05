//! The record that trust is read from: only a person's own decisions raise it.

use std::collections::HashSet;

use duyetd::domain::{
    actor::SYSTEM,
    audit::AuditAction,
    ban::{BanEffect, BanKind},
    comment::Comment,
    decision::DecisionBatch,
    id::CommentId,
    lifecycle::{Action, Status},
    revert::Target,
    submission::{ChallengeQuestion, Submission},
    trust::Record,
};

use super::revert::{batch_of, revert};
use super::revert_walks::Dice;
use crate::support::{
    home::Home,
    sample::{along, at, ban, decision, published, site, submission},
};

impl Home {
    /// The record of the sample device at second 1,000, read beside a device without one.
    async fn record(&self) -> Record {
        let question = |device| ChallengeQuestion { site: site(), device: [device; 16], now: at(1_000) };
        let contexts = self.store.challenge_contexts(&[question(0xEE), question(1)]).await.unwrap();
        assert_eq!(contexts[0].record, Record::default());
        contexts[1].record
    }

    async fn counts(&self) -> (i64, i64) {
        let record = self.record().await;
        (record.approved, record.rejected)
    }

    async fn put(&self, submission: Submission) -> Comment {
        self.store_all(std::slice::from_ref(&submission)).await;
        submission.comment
    }
}

contract! {
    async fn publication_without_a_moderator_is_no_approval(home: &Home) {
        for n in 0..6 {
            home.put(published(n)).await;
        }
        assert_eq!(home.counts().await, (0, 0));
    }

    async fn a_decision_counts_also_where_it_confirms_what_was_public(home: &Home) {
        let (waiting, live) = (home.put(submission(1)).await, home.put(published(2)).await);
        home.decide_one(&decision(10, waiting.id, Action::Approve, 1)).await.unwrap();
        assert_eq!(home.counts().await, (1, 0));
        home.decide_one(&decision(11, live.id, Action::Approve, 1)).await.unwrap();
        assert_eq!(home.counts().await, (2, 0));
        home.decide_one(&decision(12, live.id, Action::Reject, 1)).await.unwrap();
        assert_eq!(home.counts().await, (1, 1));
    }

    async fn a_high_score_is_held_against_a_device_until_a_person_approves(home: &Home) {
        let mut spam = published(1);
        spam.spam_score = 0.95;
        let spam = home.put(spam).await;
        assert!(home.record().await.worst_score > 0.9, "no person looked at it");
        home.store.decide(&batch_of(10, Action::Approve, std::slice::from_ref(&spam))).await.unwrap();
        assert!(home.record().await.worst_score > 0.9, "a batch is no look at this comment");
        home.decide_one(&decision(11, spam.id, Action::Reject, 1)).await.unwrap();
        home.decide_one(&decision(12, spam.id, Action::Approve, 2)).await.unwrap();
        assert!(home.record().await.worst_score < 0.1);
    }

    async fn batches_and_reverts_raise_no_trust(home: &Home) {
        let one = home.put(submission(1)).await;
        home.store.decide(&batch_of(10, Action::Approve, std::slice::from_ref(&one))).await.unwrap();
        assert_eq!(home.counts().await, (0, 0), "approved in a batch");
        let other = home.put(submission(2)).await;
        home.decide_one(&decision(11, other.id, Action::Approve, 1)).await.unwrap();
        assert_eq!(home.counts().await, (1, 0));
        let removal = home.decide_one(&decision(12, other.id, Action::Reject, 2)).await.unwrap();
        home.store.revert(&revert(13, Target::Entry(removal.answer.last_change.decision.unwrap()))).await.unwrap();
        assert_eq!(home.comment(other.id).await.status, Status::Approved);
        assert_eq!(home.counts().await, (0, 0), "approved again by a revert");
    }

    async fn a_reverted_look_vouches_for_nothing(home: &Home) {
        let live = home.put(published(1)).await;
        let look = home.decide_one(&decision(10, live.id, Action::Approve, 1)).await.unwrap();
        assert_eq!(home.counts().await, (1, 0));
        home.store.revert(&revert(11, Target::Entry(look.answer.last_change.decision.unwrap()))).await.unwrap();
        assert_eq!(home.counts().await, (0, 0));
    }

    async fn a_look_in_a_batch_leaves_what_a_person_said(home: &Home) {
        let live = home.put(submission(1)).await;
        home.decide_one(&decision(10, live.id, Action::Approve, 1)).await.unwrap();
        home.execute("update comments set flagged_at = created_at").await.unwrap();
        let now = home.comment(live.id).await;
        home.store.decide(&batch_of(11, Action::Approve, &[now])).await.unwrap();
        assert_eq!(home.counts().await, (1, 0));
    }

    async fn expiry_counts_against_nobody(home: &Home) {
        let forgotten = home.put(submission(1)).await;
        let expiry = DecisionBatch {
            recorded_as: AuditAction::Expire,
            actor: SYSTEM.into(),
            ..batch_of(10, Action::Reject, std::slice::from_ref(&forgotten))
        };
        home.store.decide(&expiry).await.unwrap();
        assert_eq!(home.comment(forgotten.id).await.status, Status::Rejected);
        assert_eq!(home.counts().await, (0, 0));
        home.decide_one(&decision(11, forgotten.id, Action::Spam, 2)).await.unwrap();
        assert_eq!(home.counts().await, (0, 1), "a person's word counts");
    }

    async fn what_a_ban_takes_along_counts_against_the_device(home: &Home) {
        home.put(submission(1)).await;
        home.store.create_ban(&along(0, ban(10, BanKind::Device, &[1; 16], BanEffect::Block))).await.unwrap();
        assert_eq!(home.counts().await, (0, 1));
    }

    async fn the_migration_reads_the_audit(home: &Home) {
        let mut all = Vec::new();
        for n in 0..7 {
            all.push(home.put(if n == 0 { published(n) } else { submission(n) }).await);
        }
        home.decide_one(&decision(10, all[1].id, Action::Approve, 1)).await.unwrap();
        home.store.decide(&batch_of(11, Action::Approve, &all[2..3])).await.unwrap();
        let expiry = DecisionBatch {
            recorded_as: AuditAction::Expire,
            actor: SYSTEM.into(),
            ..batch_of(12, Action::Reject, &all[3..4])
        };
        home.store.decide(&expiry).await.unwrap();
        home.decide_one(&decision(13, all[4].id, Action::Approve, 1)).await.unwrap();
        home.decide_one(&decision(14, all[4].id, Action::Reject, 2)).await.unwrap();
        home.decide_one(&decision(15, all[5].id, Action::Approve, 1)).await.unwrap();
        let removal = home.decide_one(&decision(16, all[5].id, Action::Spam, 2)).await.unwrap();
        home.store.revert(&revert(17, Target::Entry(removal.answer.last_change.decision.unwrap()))).await.unwrap();
        let told = "select sum(case judged_by when 'PERSON' then 1 when 'SYSTEM' then 100 else 0 end) from comments";
        assert_eq!(home.number(told).await, 101);
        // As a release before this column leaves it.
        home.execute("alter table comments drop column judged_by").await.unwrap();
        home.execute("delete from _sqlx_migrations where version = 20261129100000").await.unwrap();
        home.store.migrate().await.unwrap();
        assert_eq!(home.number(told).await, 101);
        assert_eq!(home.counts().await, (1, 1));
    }

    /// Every approval of the record is a person's own last word on that comment, whatever happens around it.
    async fn no_walk_finds_another_way_to_trust(home: &Home) {
        for seed in 1..=3 {
            let mut ids = Vec::new();
            for n in 0..6 {
                ids.push(home.put(if n % 2 == 0 { published(n) } else { submission(n) }).await.id);
            }
            let mut vouched = HashSet::<CommentId>::new();
            let mut dice = Dice(seed);
            let before = home.counts().await.0;
            for step in 0..40 {
                let n = 100 + step;
                let id = dice.pick(&ids);
                let now = home.comment(id).await;
                let action = dice.pick(Action::ALL);
                match dice.roll(4) {
                    0 => {
                        let one = decision(n, id, action, now.revision);
                        if home.decide_one(&one).await.is_ok_and(|decided| decided.answer.changed) {
                            if action == Action::Approve { vouched.insert(id) } else { vouched.remove(&id) };
                        }
                    }
                    1 => drop(home.store.decide(&batch_of(n, action, &[now])).await.unwrap()),
                    2 => drop(home.store.revert(&revert(n, Target::Last)).await),
                    _ => home.execute("update comments set flagged_at = created_at where status = 'APPROVED'").await.unwrap(),
                }
                let approved = home.counts().await.0 - before;
                assert!(approved <= i64::try_from(vouched.len()).unwrap(), "seed {seed}, step {step}");
                for id in &ids {
                    if home.comment(*id).await.status != Status::Approved {
                        vouched.remove(id);
                    }
                }
            }
        }
    }
}
