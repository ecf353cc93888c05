//! Claims over the wire: which comments a moderator gets, and what is returned with them.

use std::collections::BTreeSet;

use duyet_proto::v1::{self, Action, CommentStatus, QueueFilter, QueueOrder};
use prost_types::Duration;
use tonic::Code;
use uuid::Uuid;

use crate::support::newsroom::{Database, Desk, Newsroom, decision, fields, on_both_databases};

on_both_databases! {
    two_moderators_never_get_the_same_comment,
    a_claimed_case_has_all_details,
    a_claim_is_renewed_and_released_and_ends_with_a_decision,
    all_violations_of_a_claim_request_are_returned,
    twenty_claimers_decide_every_comment_although_some_vanish,
    claims_of_another_site_cannot_be_seen_renewed_or_released,
}

async fn claim(desk: &mut Desk, request: v1::ClaimNextRequest) -> v1::ClaimNextResponse {
    desk.moderation.claim_next(request).await.unwrap().into_inner()
}

fn next(limit: i32) -> v1::ClaimNextRequest {
    v1::ClaimNextRequest { limit, ..Default::default() }
}

fn ids(cases: &[v1::ReviewCase]) -> Vec<String> {
    cases.iter().map(|case| case.comment.as_ref().unwrap().id.clone()).collect()
}

async fn release(desk: &mut Desk, comment_ids: Vec<String>) -> i32 {
    desk.moderation.release_claims(v1::ReleaseClaimsRequest { comment_ids }).await.unwrap().into_inner().released
}

async fn totals(desk: &mut Desk) -> [i64; 3] {
    let mut total = async |claimed| {
        let filter = Some(QueueFilter { claimed, ..Default::default() });
        let request = v1::ListQueueRequest { filter, ..Default::default() };
        desk.moderation.list_queue(request).await.unwrap().into_inner().total
    };
    [total(None).await, total(Some(true)).await, total(Some(false)).await]
}

async fn two_moderators_never_get_the_same_comment(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    let mut said = Vec::new();
    for number in 0..5 {
        said.push(portal.say("bai", &format!("Ý kiến số {number}")).await.comment_id);
    }
    let (mut lan, mut minh) = (newsroom.desk(), newsroom.desk_with(&newsroom.token("admin")));
    let first = claim(&mut lan, next(2)).await;
    let newest = v1::ClaimNextRequest { order: QueueOrder::Newest.into(), ..next(2) };
    let second = claim(&mut minh, newest).await;
    assert_eq!(ids(&first.cases), said[..2]);
    assert_eq!(ids(&second.cases), [said[4].clone(), said[3].clone()]);
    let of_first = first.cases[0].claim.clone().unwrap();
    assert_eq!((of_first.moderator.as_str(), of_first.expires_at), ("moderator", first.lease_expires_at));
    assert_eq!(totals(&mut lan).await, [5, 4, 1]);
    let listed = minh.queue().await.cases;
    let holders: Vec<_> = listed.iter().map(|case| case.claim.as_ref().map(|claim| claim.moderator.as_str())).collect();
    assert_eq!(holders, [Some("moderator"), Some("moderator"), None, Some("admin"), Some("admin")]);
    assert_eq!(ids(&claim(&mut lan, next(50)).await.cases), said[2..3]);
    assert_eq!(claim(&mut minh, next(50)).await.cases, []);
    // A claim does not lock a comment: the expected revision decides.
    assert!(minh.approve(&said[0]).await.changed);
    assert_eq!(claim(&mut minh, v1::ClaimNextRequest { filter: Some(pending()), ..next(50) }).await.cases, []);
}

fn pending() -> QueueFilter {
    QueueFilter { status: vec![CommentStatus::Pending.into()], ..Default::default() }
}

async fn a_claimed_case_has_all_details(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let form = portal.form("bai-a", "Cầu mới thông xe, bà con mừng lắm").await;
    let device = form.client.clone();
    let root = portal.comments.submit_comment(form).await.unwrap().into_inner().comment_id;
    desk.approve(&root).await;
    let form = v1::SubmitCommentRequest {
        client: device.clone(),
        ..portal.form("bai-b", "Cầu mới thông xe, bà con mừng lắm").await
    };
    let same = portal.comments.submit_comment(form).await.unwrap().into_inner().comment_id;
    let form = v1::SubmitCommentRequest {
        client: device,
        parent_id: root.clone(),
        ..portal.form("bai-a", "Đường dẫn lên cầu vẫn chưa xong").await
    };
    let reply = portal.comments.submit_comment(form).await.unwrap().into_inner().comment_id;

    let claimed = claim(&mut desk, next(10)).await.cases;
    assert_eq!(ids(&claimed), [same.clone(), reply.clone()]);
    for case in &claimed {
        assert_eq!(*case, desk.case(&case.comment.as_ref().unwrap().id).await);
    }
    let (case_of_same, case_of_reply) = (&claimed[0], &claimed[1]);
    let of = |comments: &[v1::Comment]| comments.iter().map(|comment| comment.id.clone()).collect::<Vec<_>>();
    assert_eq!((of(&case_of_same.siblings), case_of_same.same_text), (vec![root.clone()], 1));
    assert_eq!(case_of_same.siblings[0].content, "Cầu mới thông xe, bà con mừng lắm");
    assert_eq!(of(&case_of_same.author_comments), [reply, root.clone()]);
    assert_eq!(case_of_same.answered, None);
    assert_eq!(of(&case_of_reply.author_comments), [same, root.clone()]);
    assert_eq!(case_of_reply.answered.as_ref().map(|answered| answered.id.clone()), Some(root));
    assert_eq!(case_of_reply.answered.as_ref().unwrap().status(), CommentStatus::Approved);
    let history = case_of_reply.author_history.as_ref().unwrap();
    assert_eq!((history.approved, history.pending), (1, 1));
    assert_eq!(case_of_reply.reports, Some(v1::Reports::default()));
    // Lists leave these fields out.
    let listed = desk.queue().await.cases;
    assert!(
        listed.iter().all(|case| case.siblings.is_empty() && case.author_comments.is_empty() && case.claim.is_some())
    );
}

async fn a_claim_is_renewed_and_released_and_ends_with_a_decision(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut lan) = (newsroom.portal(), newsroom.desk());
    for number in 0..4 {
        portal.say("bai", &format!("Ý kiến số {number}")).await;
    }
    let mut minh = newsroom.desk_with(&newsroom.new_token("MODERATOR", "default").await);
    let held = ids(&claim(&mut lan, next(3)).await.cases);
    minh.approve(&held[1]).await;
    let renew = v1::ClaimNextRequest { renew: held.clone(), ..next(0) };
    let renewed = claim(&mut lan, renew.clone()).await;
    assert_eq!((renewed.renewed.clone(), renewed.cases.len()), (vec![held[0].clone(), held[2].clone()], 0));
    let expires_at = lan.case(&held[0]).await.claim.unwrap().expires_at;
    assert_eq!(expires_at, renewed.lease_expires_at);
    assert!(claim(&mut minh, renew).await.renewed.is_empty(), "another moderator's claims are not renewed");
    assert_eq!(release(&mut minh, held.clone()).await, 0);
    assert_eq!(release(&mut lan, vec![held[0].clone(), held[1].clone()]).await, 1);
    assert_eq!(ids(&claim(&mut minh, next(1)).await.cases), held[..1]);
    assert_eq!(release(&mut lan, vec![]).await, 1);
    assert_eq!(totals(&mut lan).await, [3, 1, 2]);
    // Renews and claims in one call; a duplicate id counts once.
    let twice = v1::ClaimNextRequest { renew: vec![held[0].clone(); 2], ..next(1) };
    let both = claim(&mut minh, twice).await;
    assert_eq!((both.renewed, ids(&both.cases)), (held[..1].to_vec(), held[2..].to_vec()));
}

async fn all_violations_of_a_claim_request_are_returned(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut desk = newsroom.desk();
    let wrong = v1::ClaimNextRequest {
        filter: Some(QueueFilter {
            status: vec![CommentStatus::Approved.into(), CommentStatus::Pending.into()],
            min_score: Some(2.0),
            ..Default::default()
        }),
        limit: -1,
        lease: Some(Duration { seconds: 0, nanos: 999_999_999 }),
        order: 9,
        renew: vec!["bài".into()],
    };
    let status = desk.moderation.claim_next(wrong).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert_eq!(fields(&status), ["filter.min_score", "filter.status", "order", "limit", "lease", "renew"]);
    let many = |count| vec![Uuid::new_v4().to_string(); count];
    let too_much =
        v1::ClaimNextRequest { renew: many(51), lease: Some(Duration { seconds: 601, nanos: 0 }), ..next(51) };
    let status = desk.moderation.claim_next(too_much).await.unwrap_err();
    assert_eq!(fields(&status), ["limit", "lease", "renew"]);
    let request = v1::ReleaseClaimsRequest { comment_ids: many(501) };
    assert_eq!(fields(&desk.moderation.release_claims(request).await.unwrap_err()), ["comment_ids"]);
    // The largest values that are allowed.
    let most = v1::ClaimNextRequest {
        filter: Some(pending()),
        renew: many(50),
        lease: Some(Duration { seconds: 600, nanos: 0 }),
        ..next(50)
    };
    assert_eq!(claim(&mut desk, most).await.cases, []);
    assert_eq!(release(&mut desk, many(500)).await, 0);
}

/// Retries a call while the server sheds load: twenty workers without pauses are more than a busy machine serves.
macro_rules! patiently {
    ($call:expr) => {
        loop {
            match $call.await {
                Err(status) if status.code() == Code::Unavailable => tokio::task::yield_now().await,
                answer => break answer.unwrap().into_inner(),
            }
        }
    };
}

/// Claims a few comments for the shortest time and approves them, or vanishes in the middle, until nothing is
/// pending.
async fn work(desk: Desk, worker: usize) -> Vec<String> {
    let mut moderation = desk.moderation;
    let mut done = Vec::new();
    for turn in worker.. {
        let lease = Some(Duration { seconds: 1, nanos: 0 });
        let request = v1::ClaimNextRequest { lease, ..next(4) };
        if turn % 3 == 0 {
            // The worker vanishes before the response.
            let mut moderation = moderation.clone();
            let call = tokio::spawn(async move { moderation.claim_next(request).await.map(drop) });
            for _ in 0..worker * 10 {
                tokio::task::yield_now().await;
            }
            call.abort();
        } else {
            let claimed = patiently!(moderation.claim_next(request.clone()));
            // In one of three turns it keeps its claims without deciding.
            for id in ids(&claimed.cases).into_iter().filter(|_| turn % 3 == 1) {
                let decide = decision(&id, Action::Approve);
                if patiently!(moderation.decide(decide.clone())).changed {
                    done.push(id);
                }
            }
        }
        let list = v1::ListQueueRequest::default();
        if patiently!(moderation.list_queue(list.clone())).total == 0 {
            break;
        }
    }
    done
}

async fn twenty_claimers_decide_every_comment_although_some_vanish(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    let mut said = BTreeSet::new();
    for number in 0..40 {
        said.insert(portal.say("bai", &format!("Ý kiến số {number}")).await.comment_id);
    }
    let desks = [newsroom.desk(), newsroom.desk_with(&newsroom.token("admin"))];
    let work: Vec<_> = (0..20).map(|claimer| tokio::spawn(work(desks[claimer % 2].clone(), claimer))).collect();
    let mut done = BTreeSet::new();
    for claimer in work {
        for id in claimer.await.unwrap() {
            assert!(done.insert(id), "a comment was approved twice");
        }
    }
    assert_eq!(done, said);
}

async fn claims_of_another_site_cannot_be_seen_renewed_or_released(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let id = newsroom.portal().say("bai", "Chuyện nhà").await.comment_id;
    let mut stranger = newsroom.desk_with(&newsroom.new_token("MODERATOR", "bao-khac").await);
    assert_eq!(claim(&mut stranger, next(50)).await.cases, []);
    assert_eq!(ids(&claim(&mut newsroom.desk(), next(1)).await.cases), std::slice::from_ref(&id));
    assert_eq!(release(&mut stranger, vec![id.clone()]).await, 0);
    let renew = v1::ClaimNextRequest { renew: vec![id], ..next(0) };
    assert!(claim(&mut stranger, renew).await.renewed.is_empty());
}
