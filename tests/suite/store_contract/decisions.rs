use duyetd::domain::{
    Error,
    comment::Comment,
    decision::DecisionItem,
    id::CommentId,
    lifecycle::{Action, Status},
    reason::Reason,
};
use duyetd::service::Decided;
use tokio::task::JoinSet;

use crate::support::{
    home::{Home, decide_one},
    sample::{article, at, decision, other_site, published, reply_to, request, site, submission},
};

impl Home {
    async fn decide(&self, n: i64, comment: &Comment, action: Action) -> Decided {
        self.decide_one(&decision(n, comment.id, action, comment.revision)).await.unwrap()
    }

    async fn waiting(&self, n: i64) -> Comment {
        let one = submission(n);
        self.store_all(std::slice::from_ref(&one)).await;
        one.comment
    }
}

contract! {
    async fn an_approval_publishes_a_comment_and_writes_feed_and_audit(home: &Home) {
        let waiting = home.waiting(1).await;
        let mut approval = decision(5, waiting.id, Action::Approve, 1);
        approval.note = "tốt".into();
        let decided = home.decide_one(&approval).await.unwrap();
        assert!(decided.answer.changed);
        assert_eq!((decided.answer.last_change.actor.as_str(), decided.answer.last_change.at), ("lan", at(5)));
        let stored = home.comment(waiting.id).await;
        assert_eq!(decided.comment, stored);
        assert_eq!((stored.status, stored.revision), (Status::Approved, 2));
        assert_eq!((stored.published_at, stored.reviewed_at), (Some(at(5)), Some(at(5))));
        let case = home.store.find_case(&site(), waiting.id, at(0)).await.unwrap().unwrap();
        let entry = &case.details.unwrap().decisions[0];
        assert_eq!((entry.id, entry.action.as_str(), entry.note.as_str()), (approval.items[0].id, "APPROVE", "tốt"));
        assert_eq!((entry.from_status, entry.to_status), (Some(Status::Pending), Some(Status::Approved)));
        assert_eq!((entry.revision, entry.article.clone(), entry.request_id), (2, Some(article()), approval.request.map(|r| r.id)));
        assert_eq!((home.rows("audit").await, home.rows("changes").await), (1, 2));
        home.recount().await;
    }

    async fn of_two_concurrent_decisions_one_wins_and_the_other_is_stale(home: &Home) {
        for round in 0..10 {
            let waiting = home.waiting(round * 10).await;
            let mut tasks = JoinSet::new();
            for (actor, action) in [("lan", Action::Approve), ("minh", Action::Reject)] {
                let mut decision = decision(round * 10 + 1, waiting.id, action, 1);
                decision.actor = actor.into();
                let store = home.store.clone();
                tasks.spawn(async move { decide_one(&*store, &decision).await });
            }
            let (won, lost): (Vec<_>, Vec<_>) = tasks.join_all().await.into_iter().partition(Result::is_ok);
            assert_eq!((won.len(), lost.len()), (1, 1));
            let winner = won.into_iter().next().unwrap().unwrap().answer.last_change;
            match lost.into_iter().next().unwrap() {
                Err(Error::StaleRevision(last_change)) => assert_eq!(*last_change, winner),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(home.rows("audit").await, 10);
        home.recount().await;
    }

    async fn a_decision_is_rolled_back_when_its_audit_row_cannot_be_written(home: &Home) {
        let (first, second, third) = (home.waiting(1).await, home.waiting(2).await, home.waiting(3).await);
        let made = decision(4, first.id, Action::Approve, 1);
        home.decide_one(&made).await.unwrap();
        // The second item of this batch has the id of an existing audit entry.
        let mut batch = decision(5, second.id, Action::Approve, 1);
        let taken = DecisionItem { comment: third.id, ..made.items[0] };
        batch.items.push(taken);
        assert!(matches!(home.store.decide(&batch).await, Err(Error::Internal(_))));
        for waiting in [&second, &third] {
            assert_eq!(home.comment(waiting.id).await, *waiting);
        }
        assert_eq!((home.rows("audit").await, home.rows("changes").await), (1, 4));
        home.recount().await;
    }

    async fn the_same_decision_again_changes_nothing(home: &Home) {
        let waiting = home.waiting(1).await;
        let first = home.decide(2, &waiting, Action::Approve).await;
        let second = home.decide_one(&decision(3, waiting.id, Action::Approve, 1)).await.unwrap();
        assert!(!second.answer.changed);
        assert_eq!(second.answer.last_change, first.answer.last_change);
        assert_eq!(second.comment, first.comment);
        assert_eq!((home.rows("audit").await, home.rows("changes").await, home.rows("requests").await), (1, 2, 3));
    }

    async fn a_replay_returns_the_first_decision_and_writes_nothing(home: &Home) {
        let waiting = home.waiting(1).await;
        let approval = decision(2, waiting.id, Action::Approve, 1);
        let first = home.decide_one(&approval).await.unwrap();
        home.decide(3, &first.comment, Action::Spam).await;
        let again = home.decide_one(&approval).await.unwrap();
        assert_eq!(again.answer, first.answer);
        assert_eq!(again.comment.status, Status::Spam);
        assert_eq!(home.rows("audit").await, 2);
        let mut other = approval;
        other.request.as_mut().unwrap().payload_hash = [8; 32];
        assert!(matches!(home.decide_one(&other).await, Err(Error::RequestIdReused)));
    }

    async fn concurrent_duplicates_of_a_decision_get_one_result(home: &Home) {
        let waiting = home.waiting(1).await;
        let shared = request();
        let mut tasks = JoinSet::new();
        for n in 0..12 {
            let mut copy = decision(2 + n, waiting.id, Action::Spam, 1);
            copy.request = Some(shared.clone());
            let store = home.store.clone();
            tasks.spawn(async move { decide_one(&*store, &copy).await.unwrap().answer });
        }
        let answers = tasks.join_all().await;
        assert!(answers.iter().all(|answer| answer.changed && *answer == answers[0]));
        assert_eq!(home.rows("audit").await, 1);
    }

    async fn one_request_id_never_decides_two_comments(home: &Home) {
        let shared = request();
        let mut tasks = JoinSet::new();
        for n in 0..8 {
            let waiting = home.waiting(n).await;
            let mut copy = decision(20, waiting.id, Action::Approve, 1);
            let mut own = shared.clone();
            own.payload_hash = [u8::try_from(n).unwrap(); 32];
            copy.request = Some(own);
            let store = home.store.clone();
            tasks.spawn(async move { decide_one(&*store, &copy).await });
        }
        let results = tasks.join_all().await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
        assert_eq!(results.iter().filter(|result| matches!(result, Err(Error::RequestIdReused))).count(), 7);
        assert_eq!(home.rows("audit").await, 1);
    }

    async fn an_automatically_published_comment_can_be_approved(home: &Home) {
        let live = published(1);
        home.store_all(std::slice::from_ref(&live)).await;
        let looked = home.decide(2, &live.comment, Action::Approve).await;
        assert!(looked.answer.changed);
        assert_eq!((looked.comment.revision, looked.comment.reviewed_at), (1, Some(at(2))));
        assert_eq!((looked.comment.published_at, looked.comment.status), (Some(at(1)), Status::Approved));
        assert_eq!((home.rows("audit").await, home.rows("changes").await), (1, 2), "the change is in the feed, for followers of unreviewed comments");
        assert!(!home.decide(3, &live.comment, Action::Approve).await.answer.changed);
        home.recount().await;
    }

    async fn a_requeued_comment_counts_as_not_reviewed(home: &Home) {
        let waiting = home.waiting(1).await;
        let live = home.decide(2, &waiting, Action::Approve).await.comment;
        let back = home.decide(3, &live, Action::Requeue).await.comment;
        assert_eq!((back.status, back.reviewed_at, back.published_at), (Status::Pending, None, Some(at(2))));
        let again = home.decide(9, &back, Action::Approve).await.comment;
        assert_eq!(again.published_at, Some(at(2)));
        home.recount().await;
    }

    async fn each_error_has_its_reason(home: &Home) {
        let waiting = home.waiting(1).await;
        let unknown = CommentId(submission(9).comment.id.0);
        let error = home.decide_one(&decision(2, unknown, Action::Approve, 1)).await.unwrap_err();
        assert!(matches!(error, Error::CommentNotFound(id) if id == unknown));
        let mut foreign = decision(2, waiting.id, Action::Approve, 1);
        foreign.site = other_site();
        assert!(matches!(home.decide_one(&foreign).await, Err(Error::CommentNotFound(_))));
        match home.decide_one(&decision(2, waiting.id, Action::Approve, 7)).await {
            Err(Error::StaleRevision(last_change)) => {
                assert_eq!((last_change.actor.as_str(), last_change.at, last_change.decision), ("", at(1), None));
            }
            other => panic!("{other:?}"),
        }
        let rejected = home.decide(3, &waiting, Action::Reject).await.comment;
        assert_eq!(rejected.status, Status::Rejected);
        assert_eq!(home.rows("requests").await, 2);
        let case = home.store.find_case(&site(), waiting.id, at(0)).await.unwrap().unwrap();
        assert_eq!(case.details.unwrap().decisions[0].reason, Some(Reason::Insult));
    }

    async fn counters_stay_right_after_random_decisions(home: &Home) {
        let root = published(0);
        let replies: Vec<_> = (1..5).map(|n| reply_to(root.comment.id, if n % 2 == 0 { published(n) } else { submission(n) })).collect();
        home.store_all(&[vec![root.clone()], replies.clone()].concat()).await;
        let ids: Vec<_> = [root.comment.id].into_iter().chain(replies.iter().map(|reply| reply.comment.id)).collect();
        let mut tasks = JoinSet::new();
        for walker in 0..4_u64 {
            let (store, ids) = (home.store.clone(), ids.clone());
            tasks.spawn(async move {
                let mut seed = walker * 7_919 + 1;
                let mut moved = 0;
                for step in 0..25_i64 {
                    // A linear congruential generator, so that every run makes the same decisions.
                    seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    let id = ids[usize::try_from(seed >> 33).unwrap() % ids.len()];
                    let action = Action::ALL[usize::try_from(seed >> 40).unwrap() % 4];
                    let now = store.find_comment(&site(), id).await.unwrap().unwrap();
                    match decide_one(&*store, &decision(100 + step, id, action, now.revision)).await {
                        Ok(decided) => moved += i64::from(decided.answer.changed),
                        Err(Error::StaleRevision(_) | Error::InvalidTransition { .. }) => {}
                        Err(other) => panic!("{other:?}"),
                    }
                }
                moved
            });
        }
        let moved: i64 = tasks.join_all().await.into_iter().sum();
        assert!(moved > 20, "{moved}");
        assert_eq!(home.rows("audit").await, moved);
        home.recount().await;
    }
}
