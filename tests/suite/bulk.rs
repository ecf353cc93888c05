//! One decision on many comments.

use duyet_proto::v1::{self, Action, CommentStatus, Reason};
use duyetd::domain::id::SiteId;
use prost::Message as _;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use uuid::Uuid;

use crate::support::{
    home::Home,
    newsroom::{Database, Desk, Newsroom, decision, fields, on_both_databases, reason},
    sample::submission,
};

on_both_databases! {
    a_bulk_decision_returns_a_result_for_each_comment,
    an_item_of_a_bulk_decision_gets_the_same_error_as_a_single_decision,
    a_resent_bulk_decision_is_executed_once,
    all_violations_of_a_bulk_decision_are_returned_at_once,
    five_hundred_comments_fit_in_one_call,
}

fn bulk(ids: &[&str], action: Action) -> v1::BulkDecideRequest {
    let item = |id: &&str| v1::BulkItem { comment_id: (*id).to_owned(), expected_revision: 1 };
    v1::BulkDecideRequest {
        items: ids.iter().map(item).collect(),
        action: action.into(),
        reason: if action == Action::Reject { Reason::OffTopic.into() } else { 0 },
        request_id: Uuid::new_v4().to_string(),
        ..Default::default()
    }
}

async fn ask(desk: &mut Desk, request: v1::BulkDecideRequest) -> Result<v1::BulkDecideResponse, Status> {
    desk.moderation.bulk_decide(request).await.map(tonic::Response::into_inner)
}

async fn a_bulk_decision_returns_a_result_for_each_comment(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let mut ids = Vec::new();
    for number in 0..4 {
        ids.push(portal.say("bai", &format!("Ý kiến số {number}")).await.comment_id);
    }
    let mut chief = newsroom.desk_with(&newsroom.token("admin"));
    chief.decide(decision(&ids[1], Action::Reject)).await.unwrap();
    chief.decide(decision(&ids[2], Action::Approve)).await.unwrap();
    let unknown = Uuid::new_v4().to_string();
    let asked = [ids[3].as_str(), &ids[1], &ids[2], &unknown, &ids[0]];
    let answer = ask(&mut desk, bulk(&asked, Action::Approve)).await.unwrap();
    let returned: Vec<_> = answer.results.iter().map(|item| item.comment_id.as_str()).collect();
    assert_eq!(returned, asked, "results have the order of the items");
    let codes: Vec<_> = answer.results.iter().map(|item| Code::from(item.status.as_ref().unwrap().code)).collect();
    assert_eq!(codes, [Code::Ok, Code::Aborted, Code::Ok, Code::NotFound, Code::Ok]);
    let changed: Vec<_> = answer.results.iter().map(|item| item.changed).collect();
    assert_eq!(changed, [true, false, false, false, true]);
    let comments: Vec<_> = answer.results.iter().map(|item| item.comment.as_ref().map(v1::Comment::status)).collect();
    let approved = Some(CommentStatus::Approved);
    assert_eq!(comments, [approved, Some(CommentStatus::Rejected), approved, None, approved]);
    let first = desk.case(&ids[2]).await.decisions[0].clone();
    assert_eq!((answer.results[2].decision_id.as_str(), first.actor.as_str()), (first.id.as_str(), "admin"));
    assert!(answer.results[1].decision_id.is_empty() && answer.results[3].decision_id.is_empty());

    let of_batch = v1::ListAuditRequest { batch_id: answer.batch_id.clone(), ..Default::default() };
    let entries = desk.moderation.list_audit(of_batch).await.unwrap().into_inner().entries;
    assert_eq!(entries.len(), 2);
    assert!(entries.iter().all(|entry| entry.batch_id == answer.batch_id && entry.actor == "moderator"));
    assert_eq!(portal.list("bai").await.total_count, 3);
}

async fn an_item_of_a_bulk_decision_gets_the_same_error_as_a_single_decision(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut desk, id) = (newsroom.desk(), newsroom.portal().say("bai", "Tranh cãi").await.comment_id);
    newsroom.desk_with(&newsroom.token("admin")).approve(&id).await;
    let unknown = Uuid::new_v4().to_string();
    let answer = ask(&mut desk, bulk(&[&id, &unknown], Action::Reject)).await.unwrap();
    for (item, id) in answer.results.into_iter().zip([id, unknown]) {
        let alone = desk.decide(decision(&id, Action::Reject)).await.unwrap_err();
        let returned = item.status.unwrap();
        assert_eq!((returned.code, returned.message.as_str()), (alone.code().into(), alone.message()));
        let returned =
            Status::with_details(Code::from(returned.code), &returned.message, returned.encode_to_vec().into());
        let metadata = |status: &Status| status.get_details_error_info().unwrap().metadata;
        assert_eq!(metadata(&returned), metadata(&alone));
        let rest = |status: &Status| {
            format!("{:?} {:?}", status.get_details_localized_message(), status.get_details_resource_info())
        };
        assert_eq!(rest(&returned), rest(&alone));
    }
}

async fn a_resent_bulk_decision_is_executed_once(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let ids = [portal.say("bai", "Một").await.comment_id, portal.say("bai", "Hai").await.comment_id];
    let request = bulk(&[&ids[0], &ids[1]], Action::Approve);
    let first = ask(&mut desk, request.clone()).await.unwrap();
    let again = ask(&mut desk, request.clone()).await.unwrap();
    assert_eq!(first, again);
    let other = v1::BulkDecideRequest { action: Action::Spam.into(), ..request.clone() };
    assert_eq!(reason(&ask(&mut desk, other).await.unwrap_err()), "REQUEST_ID_REUSED");
    let mut chief = newsroom.desk_with(&newsroom.token("admin"));
    assert_eq!(reason(&ask(&mut chief, request.clone()).await.unwrap_err()), "REQUEST_ID_REUSED");
    assert_eq!(desk.case(&ids[0]).await.decisions.len(), 1);
    let anew = v1::BulkDecideRequest { request_id: Uuid::new_v4().to_string(), ..request };
    let anew = ask(&mut desk, anew).await.unwrap();
    assert_ne!(anew.batch_id, first.batch_id);
    assert!(anew.results.iter().all(|item| !item.changed));
}

async fn all_violations_of_a_bulk_decision_are_returned_at_once(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut desk = newsroom.desk();
    let wrong = async |request| fields(&ask(&mut newsroom.desk(), request).await.unwrap_err());
    assert_eq!(wrong(v1::BulkDecideRequest::default()).await, ["items", "action", "request_id"]);
    let id = newsroom.portal().say("bai", "Hay").await.comment_id;
    let mut request = bulk(&[&id, "x", &id, ""], Action::Reject);
    request.items[0].expected_revision = 0;
    request.reason = Reason::Other.into();
    let returned = ["items.comment_id", "items.comment_id", "items.expected_revision", "note"];
    assert_eq!(wrong(request).await, returned);
    let many: Vec<_> = (0..501).map(|_| Uuid::new_v4().to_string()).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    assert_eq!(wrong(bulk(&many, Action::Approve)).await, ["items"]);
    let none = ask(&mut desk, bulk(&many[..500], Action::Approve)).await.unwrap();
    assert!(none.results.iter().all(|item| item.comment.is_none() && !item.changed));
    assert_eq!(desk.case(&id).await.comment.unwrap().revision, 1);
}

async fn five_hundred_comments_fit_in_one_call(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let home = Home::beside(&newsroom.config);
    let mut ids = Vec::new();
    for batch in 0..10 {
        let mut batch: Vec<_> = (0..50).map(|n| submission(batch * 50 + n)).collect();
        for one in &mut batch {
            one.site = SiteId::parse("default").unwrap();
            // The length of readers' longest comments.
            one.comment.content = "đường phố ".repeat(300);
        }
        home.store_all(&batch).await;
        ids.extend(batch.iter().map(|one| one.comment.id.to_string()));
    }
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    let request = v1::BulkDecideRequest { note: "x".repeat(500), ..bulk(&ids, Action::Approve) };
    assert!(request.encoded_len() < 64 * 1024);
    let mut desk = newsroom.desk();
    let answer = ask(&mut desk, request).await.unwrap();
    assert!(answer.results.len() == 500 && answer.results.iter().all(|item| item.changed));
    assert_eq!((home.rows("audit").await, newsroom.portal().list("cau-moi").await.total_count), (500, 500));
    let target = v1::revert_request::Target::BatchId(answer.batch_id);
    let revert = v1::RevertRequest { target: Some(target), request_id: Uuid::new_v4().to_string() };
    let reverted = desk.moderation.revert(revert).await.unwrap().into_inner();
    assert!(reverted.results.len() == 500 && reverted.results.iter().all(|item| item.changed));
    assert_eq!((home.rows("audit").await, desk.queue().await.total), (1_000, 500));
    home.recount().await;
}
