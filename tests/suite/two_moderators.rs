//! Two moderators decide thousands of comments concurrently: no decision is lost or duplicated, and no count drifts.

use std::{collections::HashMap, sync::Arc, time::Duration};

use duyet_proto::v1::{self, Action, revert_request::Target};
use duyetd::domain::{
    id::{CommentId, SiteId},
    submission::Submission,
};
use tokio::{sync::Barrier, task::JoinSet, time::timeout};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use uuid::Uuid;

use crate::support::{
    home::Home,
    newsroom::{Database, Desk, Newsroom, decision, on_both_databases, reason},
    sample::{article_named, published, reply_to, submission},
};

on_both_databases! {
    each_of_ten_thousand_comments_is_decided_by_exactly_one_of_two_moderators,
    overlapping_bulk_decisions_and_reverts_never_deadlock,
}

/// Number of comments, and of concurrent pairs of decisions.
const COMMENTS: usize = 10_000;
const LANES: usize = 12;

/// The pause of a client before it retries a call.
const RETRY_PAUSE: std::time::Duration = std::time::Duration::from_millis(100);

/// The names of the two moderators in the audit.
const MODERATORS: [&str; 2] = ["moderator", "admin"];

/// Returns the two moderators' actions on comment `n`, which always differ.
fn actions(n: usize) -> [Action; 2] {
    [[Action::Approve, Action::Reject], [Action::Spam, Action::Approve], [Action::Reject, Action::Spam]][n % 3]
}

/// Stores pending comments on several articles. Every tenth is a root with the next nine as its replies; in every
/// other ten the root is public.
async fn seed(home: &Home, count: usize) -> Vec<CommentId> {
    let on = |mut submission: Submission, article: usize| {
        submission.site = SiteId::parse("default").unwrap();
        submission.comment.article = article_named(&format!("bai-{article}"));
        submission
    };
    let roots: Vec<_> = (0..5).map(|article| on(published(0), article)).collect();
    home.store_all(&roots).await;
    let mut waiting: Vec<Submission> = Vec::with_capacity(count);
    for n in 0..count {
        let article = n / 10 % 5;
        let one = on(submission(i64::try_from(n).unwrap()), article);
        waiting.push(match n % 10 {
            _ if n / 10 % 2 == 1 => reply_to(roots[article].comment.id, one),
            0 => one,
            step => reply_to(waiting[n - step].comment.id, one),
        });
    }
    for batch in waiting.chunks(64) {
        home.store_all(batch).await;
    }
    waiting.iter().map(|one| one.comment.id).collect()
}

/// Retries a call with the same request while the database is busy.
async fn patiently<T, F: Future<Output = Result<T, Status>>>(
    call: impl Fn(Desk) -> F,
    desk: &Desk,
) -> Result<T, Status> {
    for _ in 0..50 {
        match call(desk.clone()).await {
            Err(status) if status.code() == Code::Unavailable => tokio::time::sleep(RETRY_PAUSE).await,
            answer => return answer,
        }
    }
    call(desk.clone()).await
}

async fn decide(desk: &Desk, id: CommentId, action: Action) -> Result<v1::DecideResponse, Status> {
    let request = decision(&id.to_string(), action);
    let request = v1::DecideRequest { reason: v1::Reason::OffTopic.into(), ..request };
    let call = |mut desk: Desk| {
        let request = request.clone();
        async move { desk.decide(request).await }
    };
    patiently(call, desk).await
}

/// Returns the winner of one race. The other moderator's error must name the winner.
fn winner(results: &[Result<v1::DecideResponse, Status>; 2]) -> usize {
    let (won, lost) = match results {
        [Ok(_), Err(_)] => (0, 1),
        [Err(_), Ok(_)] => (1, 0),
        both => panic!("exactly one decision must win: {both:?}"),
    };
    let answer = results[won].as_ref().unwrap();
    assert!(answer.changed && answer.decided_by == MODERATORS[won]);
    let status = results[lost].as_ref().unwrap_err();
    assert_eq!((status.code(), reason(status).as_str()), (Code::Aborted, "STALE_REVISION"));
    let details = status.get_details_error_info().unwrap().metadata;
    let comment = answer.comment.as_ref().unwrap();
    assert_eq!(details["decided_by"], MODERATORS[won]);
    assert_eq!(details["current_revision"], comment.revision.to_string());
    assert_eq!(format!("COMMENT_STATUS_{}", details["current_status"]), comment.status().as_str_name());
    won
}

/// Both moderators decide the lane's comments one after the other, each at the same moment.
async fn race(desks: [Desk; 2], lane: Vec<(usize, CommentId)>) -> [usize; 2] {
    let start = Arc::new(Barrier::new(2));
    let [first, second] = [0, 1].map(|side| {
        let (desk, start, lane) = (desks[side].clone(), start.clone(), lane.clone());
        tokio::spawn(async move {
            let mut results = Vec::with_capacity(lane.len());
            for (n, id) in lane {
                start.wait().await;
                results.push(decide(&desk, id, actions(n)[side]).await);
            }
            results
        })
    });
    let mut won = [0, 0];
    for pair in first.await.unwrap().into_iter().zip(second.await.unwrap()) {
        won[winner(&pair.into())] += 1;
    }
    won
}

/// Checks that no count drifted, no decision is missing or duplicated, and PostgreSQL detected no deadlock.
async fn check(newsroom: Newsroom, home: Home, decisions: usize) {
    home.recount().await;
    assert_eq!(home.rows("audit").await, i64::try_from(decisions).unwrap());
    let moved_twice =
        "select count(*) from (select 1 from audit group by comment_id, revision having count(*) > 1) twice";
    assert_eq!(home.number(moved_twice).await, 0);
    let lost = "select count(*) from comments c where c.revision <> 1 + (select count(*) from audit a
        where a.site_id = c.site_id and a.comment_id = c.comment_id)";
    assert_eq!(home.number(lost).await, 0);
    // A session reports its deadlocks to the statistics at its end at the latest.
    let _files = newsroom.close().await;
    home.store.close().await;
    if home.is_postgres() {
        let sessions =
            "select count(*) from pg_stat_activity where datname = current_database() and application_name = 'duyet'";
        let ended = async { while home.number(sessions).await > 0 {} };
        timeout(Duration::from_secs(30), ended).await.expect("the sessions must end after the server");
        let deadlocks = "select deadlocks from pg_stat_database where datname = current_database()";
        assert_eq!(home.number(deadlocks).await, 0);
    }
}

async fn each_of_ten_thousand_comments_is_decided_by_exactly_one_of_two_moderators(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let home = Home::beside(&newsroom.config);
    let ids = seed(&home, COMMENTS).await;
    let desks = MODERATORS.map(|name| newsroom.desk_with(&newsroom.token(name)));
    let numbered: Vec<_> = ids.into_iter().enumerate().collect();
    let mut lanes = JoinSet::new();
    for lane in 0..LANES {
        // Adjacent comments, which share a root, are decided in different lanes.
        let own = numbered.iter().skip(lane).step_by(LANES).copied().collect();
        lanes.spawn(race(desks.clone(), own));
    }
    let won = lanes.join_all().await.into_iter().fold([0, 0], |sum, lane| [sum[0] + lane[0], sum[1] + lane[1]]);
    assert_eq!(won[0] + won[1], COMMENTS);
    assert!(won[0] > 0 && won[1] > 0, "{won:?}");
    check(newsroom, home, COMMENTS).await;
}

/// Returns the same ids in another order, by multiplication with a prime that divides none of the counts used here.
fn shuffled(ids: &[CommentId], seed: usize) -> Vec<CommentId> {
    (0..ids.len()).map(|n| ids[(n * 7_919 + seed * 331) % ids.len()]).collect()
}

fn changed(results: &[v1::ItemResult]) -> Vec<String> {
    for item in results {
        let code = item.status.as_ref().unwrap().code;
        assert!(code == 0 || code == Code::Aborted as i32 || code == Code::FailedPrecondition as i32, "{item:?}");
    }
    results.iter().filter(|item| item.changed).map(|item| item.comment_id.clone()).collect()
}

async fn bulk(desk: Desk, ids: Vec<CommentId>, action: Action, revision: i64) -> (String, Vec<String>) {
    let item = |id: &CommentId| v1::BulkItem { comment_id: id.to_string(), expected_revision: revision };
    let request = v1::BulkDecideRequest {
        items: ids.iter().map(item).collect(),
        action: action.into(),
        reason: v1::Reason::OffTopic.into(),
        request_id: Uuid::new_v4().to_string(),
        ..Default::default()
    };
    let call = |mut desk: Desk| {
        let request = request.clone();
        async move { desk.moderation.bulk_decide(request).await }
    };
    let answer = patiently(call, &desk).await.unwrap().into_inner();
    (answer.batch_id, changed(&answer.results))
}

async fn revert(desk: Desk, batch: String) -> Vec<String> {
    let request = v1::RevertRequest { target: Some(Target::BatchId(batch)), request_id: Uuid::new_v4().to_string() };
    let call = |mut desk: Desk| {
        let request = request.clone();
        async move { desk.moderation.revert(request).await }
    };
    changed(&patiently(call, &desk).await.unwrap().into_inner().results)
}

async fn overlapping_bulk_decisions_and_reverts_never_deadlock(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let home = Home::beside(&newsroom.config);
    let ids = seed(&home, 1_000).await;
    let desks = MODERATORS.map(|name| newsroom.desk_with(&newsroom.token(name)));

    let mut batches = JoinSet::new();
    let mut singles = JoinSet::new();
    for (side, desk) in desks.iter().enumerate() {
        for (n, part) in shuffled(&ids, side).chunks(100).enumerate() {
            batches.spawn(bulk(desk.clone(), part.to_vec(), actions(n)[side], 1));
        }
        for (n, part) in shuffled(&ids, side + 2).chunks(100).enumerate() {
            let (desk, part) = (desk.clone(), part[..50].to_vec());
            singles.spawn(async move {
                let mut own = Vec::new();
                for id in part {
                    match decide(&desk, id, actions(n + 1)[side]).await {
                        Ok(answer) if answer.changed => own.push(id.to_string()),
                        Ok(answer) => assert!(!answer.decided_by.is_empty()),
                        Err(status) => assert_eq!(reason(&status), "STALE_REVISION"),
                    }
                }
                own
            });
        }
    }
    let batches = batches.join_all().await;
    let mut won: HashMap<String, usize> = HashMap::new();
    let by_batch = batches.iter().flat_map(|(_, own)| own.clone());
    for id in by_batch.chain(singles.join_all().await.concat()) {
        *won.entry(id).or_default() += 1;
    }
    assert_eq!((won.len(), won.values().max()), (ids.len(), Some(&1)), "each comment is decided once");

    let mut second = JoinSet::new();
    for (side, desk) in desks.iter().enumerate() {
        for part in shuffled(&ids, side + 4).chunks(100) {
            let call = bulk(desk.clone(), part.to_vec(), Action::Requeue, 2);
            second.spawn(async { call.await.1 });
        }
    }
    for (batch, own) in batches {
        if !own.is_empty() {
            // An admin may revert another moderator's batch.
            second.spawn(revert(desks[1].clone(), batch));
        }
    }
    let again = second.join_all().await.concat().len();
    assert_eq!(again, ids.len(), "each comment is back in the queue");
    check(newsroom, home, 2 * ids.len()).await;
}
