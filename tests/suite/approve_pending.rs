//! Approval of all pending comments of an article.

use duyet_proto::v1;
use duyetd::{
    domain::{
        audit::{AuditEntry, AuditFilter},
        id::SiteId,
        spam::{Finding, Rule},
        submission::Submission,
    },
    server,
};
use tokio::task::JoinSet;
use tonic::{Code, Status};
use uuid::Uuid;

use crate::support::{
    newsroom::{Database, Desk, Newsroom, on_both_databases, reason},
    sample::{published, submission},
};

on_both_databases! {
    a_dry_run_of_approve_pending_returns_what_the_call_will_do,
    a_resend_of_approve_pending_gets_the_first_response,
    concurrent_duplicates_of_approve_pending_approve_once,
    a_long_queue_is_approved_in_batches_of_500,
    comments_of_other_articles_and_sites_are_not_approved,
    a_comment_held_by_a_ban_stays_pending,
    approved_pending_comments_are_reverted_as_one_batch,
}

fn site() -> SiteId {
    SiteId::parse("default").unwrap()
}

/// Builds a submission to the article `cau-moi` of the newsroom's site.
fn waiting(n: i64, score: f64) -> Submission {
    Submission { site: site(), spam_score: score, ..submission(n) }
}

async fn put(newsroom: &Newsroom, submissions: &[Submission]) {
    let store = server::open_store(&newsroom.config).unwrap();
    store.insert_submissions(submissions).await.unwrap();
    store.close().await;
}

async fn audit(newsroom: &Newsroom, filter: &AuditFilter) -> Vec<AuditEntry> {
    let store = server::open_store(&newsroom.config).unwrap();
    let entries = store.list_audit(&site(), filter, 10_000, None).await.unwrap().items;
    store.close().await;
    entries
}

fn request(dry_run: bool) -> v1::ApprovePendingRequest {
    v1::ApprovePendingRequest {
        article_id: "cau-moi".into(),
        max_score: None,
        dry_run,
        request_id: if dry_run { String::new() } else { Uuid::new_v4().to_string() },
    }
}

impl Desk {
    async fn try_approve_pending(
        &mut self,
        request: v1::ApprovePendingRequest,
    ) -> Result<v1::ApprovePendingResponse, Status> {
        self.policy.approve_pending(request).await.map(tonic::Response::into_inner)
    }
}

async fn a_dry_run_of_approve_pending_returns_what_the_call_will_do(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut desk = newsroom.desk();
    let status = desk.try_approve_pending(request(true)).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::NotFound, "ARTICLE_NOT_FOUND"));
    // The scores are below, at and above the threshold of HYBRID. Of the last two comments, one is already public and
    // one has a takedown demand.
    let scores = [0.0, 0.29, 0.3, 0.31, 0.95];
    let all: Vec<_> = (1..).zip(scores).map(|(n, score)| waiting(n, score)).collect();
    put(&newsroom, &all).await;
    put(&newsroom, &[Submission { site: site(), ..published(6) }, waiting(7, 0.1)]).await;
    let takedown = "update comments set due_at = created_at, flagged_at = created_at, takedown_kind = 'AUTHORITY'
        where content like '% 7'";
    newsroom.execute(takedown).await;

    let mut numbers_of = Vec::new();
    for max_score in [None, Some(0.31), Some(1.0)] {
        let rehearsal =
            desk.try_approve_pending(v1::ApprovePendingRequest { max_score, ..request(true) }).await.unwrap();
        assert_eq!((rehearsal.batch_id.as_str(), rehearsal.more), ("", false));
        numbers_of.push((rehearsal.released, rehearsal.still_waiting));
    }
    assert_eq!(numbers_of, [(2, 4), (3, 3), (5, 1)]);
    assert_eq!(audit(&newsroom, &AuditFilter::default()).await, [], "a dry run writes nothing");

    let done = desk.try_approve_pending(request(false)).await.unwrap();
    assert_eq!(
        (done.released, done.still_waiting, done.more),
        (2, 4, false),
        "the call does what the dry run returned"
    );
    let batch = Some(done.batch_id.parse().unwrap());
    let entries = audit(&newsroom, &AuditFilter { batch, ..AuditFilter::default() }).await;
    let changed: Vec<_> = entries.iter().map(|entry| (entry.actor.as_str(), entry.action.as_str())).collect();
    assert_eq!(changed, [("moderator", "APPROVE"), ("moderator", "APPROVE")], "the batch has exactly these decisions");
    assert_eq!(newsroom.portal().list("cau-moi").await.total_count, 3);
    let nothing = desk.try_approve_pending(request(false)).await.unwrap();
    assert_eq!((nothing.released, nothing.batch_id.as_str(), nothing.still_waiting), (0, "", 4));
    let rest =
        desk.try_approve_pending(v1::ApprovePendingRequest { max_score: Some(1.0), ..request(false) }).await.unwrap();
    assert_eq!(
        (rest.released, rest.still_waiting, rest.more),
        (3, 1, false),
        "a comment with a takedown demand stays pending"
    );
}

async fn a_resend_of_approve_pending_gets_the_first_response(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut desk = newsroom.desk();
    put(&newsroom, &[waiting(1, 0.1), waiting(2, 0.1)]).await;
    let first_request = request(false);
    let first = desk.try_approve_pending(first_request.clone()).await.unwrap();
    assert_eq!(first.released, 2);
    put(&newsroom, &[waiting(3, 0.1)]).await;
    let again = desk.try_approve_pending(first_request.clone()).await.unwrap();
    assert_eq!((again.released, &again.batch_id), (first.released, &first.batch_id));
    assert_eq!((again.still_waiting, again.more), (1, true), "these fields show the current state");
    assert_eq!(audit(&newsroom, &AuditFilter::default()).await.len(), 2, "the newer comment stays pending");
    let other = v1::ApprovePendingRequest { max_score: Some(0.5), ..first_request };
    assert_eq!(reason(&desk.try_approve_pending(other).await.unwrap_err()), "REQUEST_ID_REUSED");

    // A call that approves nothing is also stored and replayed.
    desk.try_approve_pending(request(false)).await.unwrap();
    let empty = request(false);
    assert_eq!(desk.try_approve_pending(empty.clone()).await.unwrap().released, 0);
    put(&newsroom, &[waiting(4, 0.1)]).await;
    assert_eq!(desk.try_approve_pending(empty).await.unwrap().released, 0);
    assert_eq!(desk.try_approve_pending(request(false)).await.unwrap().released, 1);
}

async fn concurrent_duplicates_of_approve_pending_approve_once(database: Database) {
    let newsroom = Newsroom::open(database).await;
    for round in 0..5 {
        let start = round * 100;
        put(&newsroom, &(start..start + 20).map(|n| waiting(n, 0.1)).collect::<Vec<_>>()).await;
        let request = request(false);
        let mut copies = JoinSet::new();
        for _ in 0..6 {
            let (mut desk, request) = (newsroom.desk(), request.clone());
            copies.spawn(async move { desk.try_approve_pending(request).await.unwrap() });
        }
        // A new comment arrives before each copy, so that the duplicates find different comments.
        put(&newsroom, &[waiting(start + 50, 0.1)]).await;
        let answers = copies.join_all().await;
        let numbers_of = |answer: &v1::ApprovePendingResponse| (answer.released, answer.batch_id.clone());
        assert!(answers.iter().all(|answer| numbers_of(answer) == numbers_of(&answers[0])), "{answers:?}");
        let batch = Some(answers[0].batch_id.parse().unwrap());
        let entries = audit(&newsroom, &AuditFilter { batch, ..AuditFilter::default() }).await;
        assert_eq!(entries.len(), usize::try_from(answers[0].released).unwrap());
        newsroom.desk().try_approve_pending(self::request(false)).await.unwrap();
    }
    let public = newsroom.portal().list("cau-moi").await.total_count;
    assert_eq!(public, 5 * 21);
    assert_eq!(audit(&newsroom, &AuditFilter::default()).await.len(), 5 * 21, "each once");
}

async fn a_long_queue_is_approved_in_batches_of_500(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut desk = newsroom.desk();
    put(&newsroom, &(0..1_003).map(|n| waiting(n, 0.1)).collect::<Vec<_>>()).await;
    // Public comments that were put back into the queue are between the pending ones.
    newsroom
        .execute(
            "update comments set status = 'APPROVED', published_at = created_at, flagged_at = created_at
            where content like '%1'; update articles set public_count = 101",
        )
        .await;
    let mut numbers_of = Vec::new();
    for _ in 0..2 {
        let rehearsal = desk.try_approve_pending(request(true)).await.unwrap();
        let done = desk.try_approve_pending(request(false)).await.unwrap();
        let numbers = |answer: &v1::ApprovePendingResponse| (answer.released, answer.still_waiting, answer.more);
        assert_eq!(numbers(&rehearsal), numbers(&done));
        numbers_of.push(numbers(&done));
    }
    let flagged = 101;
    assert_eq!(numbers_of, [(500, 402 + flagged, true), (402, flagged, false)]);
}

async fn comments_of_other_articles_and_sites_are_not_approved(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    portal.say("bai-khac", "Chờ").await;
    let mut stranger = newsroom.desk_with(&newsroom.new_token("MODERATOR", "bao-khac").await);
    put(&newsroom, &[waiting(1, 0.1)]).await;
    assert_eq!(reason(&stranger.try_approve_pending(request(false)).await.unwrap_err()), "ARTICLE_NOT_FOUND");
    assert_eq!(newsroom.desk().try_approve_pending(request(false)).await.unwrap().released, 1);
    assert_eq!(newsroom.desk().queue().await.total, 1);
}

async fn a_comment_held_by_a_ban_stays_pending(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut held = waiting(2, 0.1);
    let finding = Finding::whole(Rule::HeldByBan, 0.0);
    held.findings = vec![finding];
    put(&newsroom, &[waiting(1, 0.1), held]).await;
    let approved = newsroom.desk().try_approve_pending(request(false)).await.unwrap();
    assert_eq!((approved.released, approved.still_waiting), (1, 1));
}

async fn approved_pending_comments_are_reverted_as_one_batch(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut desk = newsroom.desk();
    put(&newsroom, &(1..=5).map(|n| waiting(n, 0.1)).collect::<Vec<_>>()).await;
    let approved = desk.try_approve_pending(request(false)).await.unwrap();
    assert_eq!((approved.released, newsroom.portal().list("cau-moi").await.total_count), (5, 5));
    let revert = v1::RevertRequest {
        target: Some(v1::revert_request::Target::BatchId(approved.batch_id)),
        request_id: Uuid::new_v4().to_string(),
    };
    let results = desk.moderation.revert(revert).await.unwrap().into_inner().results;
    assert_eq!(results.len(), 5);
    assert_eq!(newsroom.portal().list("cau-moi").await.total_count, 0);
    let again = desk.try_approve_pending(request(true)).await.unwrap();
    assert_eq!((again.released, again.still_waiting), (5, 0), "all comments are pending again");
}
