//! Tests of the record from which a trust level is derived: only individual decisions of moderators raise it.

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
    /// Returns the record of the sample device at second 1,000, read in a batch with a device without one.
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
    async fn automatic_publication_does_not_count_as_an_approval(home: &Home) {
        for n in 0..6 {
            home.put(published(n)).await;
        }
        assert_eq!(home.counts().await, (0, 0));
    }

    async fn an_approval_of_a_public_comment_counts(home: &Home) {
        let (waiting, live) = (home.put(submission(1)).await, home.put(published(2)).await);
        home.decide_one(&decision(10, waiting.id, Action::Approve, 1)).await.unwrap();
        assert_eq!(home.counts().await, (1, 0));
        home.decide_one(&decision(11, live.id, Action::Approve, 1)).await.unwrap();
        assert_eq!(home.counts().await, (2, 0));
        home.decide_one(&decision(12, live.id, Action::Reject, 1)).await.unwrap();
        assert_eq!(home.counts().await, (1, 1));
    }

    async fn a_high_score_lowers_trust_until_a_moderator_decides(home: &Home) {
        let mut spam = published(1);
        spam.spam_score = 0.95;
        let spam = home.put(spam).await;
        assert!(home.record().await.worst_score > 0.9, "the score counts, because no moderator has decided on the comment");
        home.store.decide(&batch_of(10, Action::Approve, std::slice::from_ref(&spam))).await.unwrap();
        assert!(home.record().await.worst_score > 0.9, "a batch is not a decision on this comment alone");
        home.decide_one(&decision(11, spam.id, Action::Reject, 1)).await.unwrap();
        home.decide_one(&decision(12, spam.id, Action::Approve, 2)).await.unwrap();
        assert!(home.record().await.worst_score < 0.1);
    }

    async fn batches_and_reverts_do_not_raise_trust(home: &Home) {
        let one = home.put(submission(1)).await;
        home.store.decide(&batch_of(10, Action::Approve, std::slice::from_ref(&one))).await.unwrap();
        assert_eq!(home.counts().await, (0, 0), "an approval in a batch does not count");
        let other = home.put(submission(2)).await;
        home.decide_one(&decision(11, other.id, Action::Approve, 1)).await.unwrap();
        assert_eq!(home.counts().await, (1, 0));
        let removal = home.decide_one(&decision(12, other.id, Action::Reject, 2)).await.unwrap();
        home.store.revert(&revert(13, Target::Entry(removal.answer.last_change.decision.unwrap()))).await.unwrap();
        assert_eq!(home.comment(other.id).await.status, Status::Approved);
        assert_eq!(home.counts().await, (0, 0), "an approval by a revert does not count");
    }

    async fn a_reverted_approval_does_not_count(home: &Home) {
        let live = home.put(published(1)).await;
        let look = home.decide_one(&decision(10, live.id, Action::Approve, 1)).await.unwrap();
        assert_eq!(home.counts().await, (1, 0));
        home.store.revert(&revert(11, Target::Entry(look.answer.last_change.decision.unwrap()))).await.unwrap();
        assert_eq!(home.counts().await, (0, 0));
    }

    async fn a_batch_does_not_replace_a_moderators_own_decision(home: &Home) {
        let live = home.put(submission(1)).await;
        home.decide_one(&decision(10, live.id, Action::Approve, 1)).await.unwrap();
        home.execute("update comments set flagged_at = created_at").await.unwrap();
        let now = home.comment(live.id).await;
        home.store.decide(&batch_of(11, Action::Approve, &[now])).await.unwrap();
        assert_eq!(home.counts().await, (1, 0));
    }

    async fn an_expired_comment_does_not_lower_trust(home: &Home) {
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
        assert_eq!(home.counts().await, (0, 1), "a moderator's decision counts");
    }

    async fn comments_rejected_with_a_ban_lower_trust(home: &Home) {
        home.put(submission(1)).await;
        home.store.create_ban(&along(0, ban(10, BanKind::Device, &[1; 16], BanEffect::Block))).await.unwrap();
        assert_eq!(home.counts().await, (0, 1));
    }

    async fn the_migration_derives_trust_from_the_audit(home: &Home) {
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
        let judged = "select sum(case judged_by when 'PERSON' then 1 when 'SYSTEM' then 100 else 0 end) from comments";
        assert_eq!(home.number(judged).await, 101);
        // The state that a release before this column leaves.
        home.execute("alter table comments drop column judged_by").await.unwrap();
        home.execute("delete from _sqlx_migrations where version = 20261129100000").await.unwrap();
        home.store.migrate().await.unwrap();
        assert_eq!(home.number(judged).await, 101);
        assert_eq!(home.counts().await, (1, 1));
    }

    /// After any sequence of other changes, every approval in the record is a moderator's latest individual decision on
    /// that comment.
    async fn no_sequence_of_other_changes_raises_trust(home: &Home) {
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
