//! Reverts over the wire, and deadlines of takedown demands.

use duyet_proto::v1::{self, Action, CommentStatus, Mode, TakedownKind, revert_request::Target};
use prost_types::Timestamp;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use uuid::Uuid;

use crate::support::newsroom::{Database, Desk, Newsroom, decision, fields, on_both_databases, reason};

on_both_databases! {
    the_last_decision_can_be_reverted,
    a_whole_batch_is_reverted_and_can_be_decided_again,
    only_an_admin_can_revert_another_moderators_decision,
    a_comment_changed_by_another_moderator_is_reported_and_not_reverted,
    a_resent_revert_is_executed_once,
    all_violations_of_a_revert_are_returned_at_once,
    a_takedown_demand_has_the_deadline_of_its_kind_and_can_be_reverted,
    a_resent_takedown_demand_keeps_its_first_deadline,
    all_violations_of_a_takedown_demand_are_returned_at_once,
}

fn revert(target: Target) -> v1::RevertRequest {
    v1::RevertRequest { target: Some(target), request_id: Uuid::new_v4().to_string() }
}

async fn ask(desk: &mut Desk, request: v1::RevertRequest) -> Result<v1::RevertResponse, Status> {
    desk.moderation.revert(request).await.map(tonic::Response::into_inner)
}

async fn revert_last(desk: &mut Desk) -> v1::RevertResponse {
    ask(desk, revert(Target::Last(true))).await.unwrap()
}

fn demand(id: &str, kind: TakedownKind) -> v1::EscalateRequest {
    v1::EscalateRequest {
        comment_id: id.into(),
        kind: kind.into(),
        note: "Công văn số 12".into(),
        request_id: Uuid::new_v4().to_string(),
        ..Default::default()
    }
}

async fn escalate(desk: &mut Desk, request: v1::EscalateRequest) -> Result<v1::EscalateResponse, Status> {
    desk.moderation.escalate(request).await.map(tonic::Response::into_inner)
}

fn error_of(item: &v1::ItemResult) -> Status {
    use prost::Message as _;
    let details = item.status.clone().unwrap();
    Status::with_details(Code::from(details.code), &details.message, details.encode_to_vec().into())
}

async fn the_last_decision_can_be_reverted(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let (kept, slip) = (portal.say("bai", "Một").await.comment_id, portal.say("bai", "Hai").await.comment_id);
    desk.approve(&kept).await;
    let approval = desk.approve(&slip).await.decision_id;
    assert_eq!(portal.list("bai").await.total_count, 2);
    let reverted = revert_last(&mut desk).await;
    assert_eq!((reverted.results.len(), reverted.batch_id.as_str()), (1, ""));
    let item = &reverted.results[0];
    assert_eq!((item.comment_id.as_str(), item.changed, item.ban_id.as_str()), (slip.as_str(), true, ""));
    assert_eq!(item.status, Some(tonic_types::pb::Status::default()));
    assert_eq!(item.comment.as_ref().unwrap().status(), CommentStatus::Pending);
    let case = desk.case(&slip).await;
    let entry = &case.decisions[0];
    assert_eq!(
        (entry.id.as_str(), entry.action.as_str(), entry.reverts.as_str()),
        (item.decision_id.as_str(), "REVERT", approval.as_str())
    );
    assert_eq!((entry.actor.as_str(), case.comment.unwrap().revision), ("moderator", 3));
    assert_eq!((portal.list("bai").await.total_count, desk.queue().await.total), (1, 1));
    assert_eq!(revert_last(&mut desk).await.results[0].comment_id, kept, "the next revert is of the decision before");
    assert_eq!(reason(&ask(&mut desk, revert(Target::Last(true))).await.unwrap_err()), "AUDIT_ENTRY_NOT_FOUND");
}

async fn a_whole_batch_is_reverted_and_can_be_decided_again(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    desk.set_mode("bai", Mode::Post, 0).await;
    let mut items = Vec::new();
    for number in 0..3 {
        let comment_id = portal.say("bai", &format!("Số {number}")).await.comment_id;
        items.push(v1::BulkItem { comment_id, expected_revision: 1 });
    }
    let request = v1::BulkDecideRequest {
        items,
        action: Action::Spam.into(),
        request_id: Uuid::new_v4().to_string(),
        ..Default::default()
    };
    let batch = desk.moderation.bulk_decide(request).await.unwrap().into_inner().batch_id;
    assert_eq!(portal.list("bai").await.total_count, 0);
    let reverted = ask(&mut desk, revert(Target::BatchId(batch.clone()))).await.unwrap();
    assert!(reverted.results.len() == 3 && reverted.results.iter().all(|item| item.changed));
    assert_eq!(portal.list("bai").await.total_count, 3);
    let twice = ask(&mut desk, revert(Target::BatchId(batch))).await.unwrap();
    for item in &twice.results {
        let error = error_of(item);
        assert_eq!((error.code(), reason(&error).as_str()), (Code::FailedPrecondition, "ALREADY_REVERTED"));
        assert!(!item.changed && item.decision_id.is_empty() && item.comment.is_some());
    }
    let redone = ask(&mut desk, revert(Target::BatchId(reverted.batch_id))).await.unwrap();
    assert!(redone.results.iter().all(|item| item.comment.as_ref().unwrap().status() == CommentStatus::Spam));
    assert_eq!(portal.list("bai").await.total_count, 0);
}

async fn only_an_admin_can_revert_another_moderators_decision(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let id = newsroom.portal().say("bai", "Hay").await.comment_id;
    let approval = newsroom.desk().approve(&id).await.decision_id;
    let mut colleague = newsroom.desk_with(&newsroom.new_token("moderator", "default").await);
    let status = ask(&mut colleague, revert(Target::DecisionId(approval.clone()))).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::PermissionDenied, "REVERT_DENIED"));
    let mut stranger = newsroom.desk_with(&newsroom.new_token("admin", "khac").await);
    let status = ask(&mut stranger, revert(Target::DecisionId(approval.clone()))).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::NotFound, "AUDIT_ENTRY_NOT_FOUND"));
    let mut chief = newsroom.desk_with(&newsroom.token("admin"));
    let reverted = ask(&mut chief, revert(Target::DecisionId(approval))).await.unwrap();
    assert_eq!(reverted.results[0].comment.as_ref().unwrap().status(), CommentStatus::Pending);
    assert_eq!(chief.case(&id).await.decisions[0].actor, "admin");
}

async fn a_comment_changed_by_another_moderator_is_reported_and_not_reverted(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut desk, id) = (newsroom.desk(), newsroom.portal().say("bai", "Hay").await.comment_id);
    let approval = desk.approve(&id).await.decision_id;
    let mut chief = newsroom.desk_with(&newsroom.token("admin"));
    chief.decide(v1::DecideRequest { expected_revision: 2, ..decision(&id, Action::Spam) }).await.unwrap();
    let reverted = ask(&mut desk, revert(Target::DecisionId(approval))).await.unwrap();
    let error = error_of(&reverted.results[0]);
    assert_eq!((error.code(), reason(&error).as_str()), (Code::Aborted, "STALE_REVISION"));
    let details = error.get_details_error_info().unwrap().metadata;
    assert_eq!(
        ["decided_by", "current_status", "current_revision"].map(|key| details[key].as_str()),
        ["admin", "SPAM", "3"]
    );
    assert_eq!(reverted.results[0].comment.as_ref().unwrap().status(), CommentStatus::Spam);
    assert_eq!(desk.case(&id).await.decisions.len(), 2);
}

async fn a_resent_revert_is_executed_once(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let ids = [portal.say("bai", "Một").await.comment_id, portal.say("bai", "Hai").await.comment_id];
    for id in &ids {
        desk.approve(id).await;
    }
    let request = revert(Target::Last(true));
    let first = ask(&mut desk, request.clone()).await.unwrap();
    assert_eq!(ask(&mut desk, request.clone()).await.unwrap(), first);
    assert_eq!(portal.list("bai").await.total_count, 1, "the other comment stays public");
    let other = v1::RevertRequest { target: Some(Target::BatchId(Uuid::new_v4().to_string())), ..request };
    assert_eq!(reason(&ask(&mut desk, other).await.unwrap_err()), "REQUEST_ID_REUSED");
}

async fn all_violations_of_a_revert_are_returned_at_once(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut desk = newsroom.desk();
    for (target, field) in [
        (None, "target"),
        (Some(Target::Last(false)), "last"),
        (Some(Target::DecisionId("x".into())), "decision_id"),
        (Some(Target::BatchId(String::new())), "batch_id"),
    ] {
        let request = v1::RevertRequest { target, ..Default::default() };
        assert_eq!(fields(&ask(&mut desk, request).await.unwrap_err()), [field, "request_id"]);
    }
    let unknown = revert(Target::DecisionId(Uuid::new_v4().to_string()));
    assert_eq!(ask(&mut desk, unknown).await.unwrap_err().code(), Code::NotFound);
    desk.set_mode("bai", Mode::Post, 0).await;
    let audit = desk.moderation.list_audit(v1::ListAuditRequest::default()).await.unwrap().into_inner();
    let policy = revert(Target::DecisionId(audit.entries[0].id.clone()));
    let status = ask(&mut desk, policy).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "NOT_REVERTIBLE"));
}

async fn a_takedown_demand_has_the_deadline_of_its_kind_and_can_be_reverted(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    desk.set_mode("bai", Mode::Post, 0).await;
    for (kind, hours) in [(TakedownKind::Complaint, 48), (TakedownKind::Authority, 24)] {
        let id = portal.say("bai", &format!("Bị khiếu nại {hours}")).await.comment_id;
        assert_eq!(desk.queue().await.total, 0);
        let demanded = escalate(&mut desk, demand(&id, kind)).await.unwrap();
        let entry = desk.case(&id).await.decisions.remove(0);
        assert_eq!((entry.id, entry.action.as_str(), entry.revision), (demanded.decision_id, "ESCALATE", 1));
        assert_eq!((entry.note.as_str(), entry.actor.as_str()), ("Công văn số 12", "moderator"));
        let takedown = demanded.takedown.unwrap();
        assert_eq!(takedown.kind(), kind);
        assert_eq!(takedown.due_at.unwrap().seconds - entry.at.unwrap().seconds, hours * 3_600);
        assert_eq!(desk.queue().await.total, 1);
        revert_last(&mut desk).await;
        let case = desk.case(&id).await;
        assert_eq!((desk.queue().await.total, case.comment.unwrap().revision, case.decisions.len()), (0, 1, 2));
    }
    assert_eq!(portal.list("bai").await.total_count, 2, "a demand does not hide the comment");
}

async fn a_resent_takedown_demand_keeps_its_first_deadline(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut desk, id) = (newsroom.desk(), newsroom.portal().say("bai", "Hay").await.comment_id);
    let request = demand(&id, TakedownKind::Authority);
    let first = escalate(&mut desk, request.clone()).await.unwrap();
    assert_eq!(escalate(&mut desk, request.clone()).await.unwrap(), first);
    let other = v1::EscalateRequest { kind: TakedownKind::Complaint.into(), ..request };
    assert_eq!(reason(&escalate(&mut desk, other).await.unwrap_err()), "REQUEST_ID_REUSED");
    assert_eq!(desk.case(&id).await.decisions.len(), 1);
}

async fn all_violations_of_a_takedown_demand_are_returned_at_once(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut desk = newsroom.desk();
    let empty = v1::EscalateRequest::default();
    assert_eq!(fields(&escalate(&mut desk, empty).await.unwrap_err()), ["comment_id", "kind", "request_id"]);
    let id = newsroom.portal().say("bai", "Hay").await.comment_id;
    let now = desk.case(&id).await.comment.unwrap().created_at.unwrap().seconds;
    let due = |seconds| v1::EscalateRequest {
        due_at: Some(Timestamp { seconds, nanos: 0 }),
        note: "x".repeat(501),
        ..demand(&id, TakedownKind::Complaint)
    };
    for seconds in [now - 1, now + 31 * 86_400, i64::MAX] {
        assert_eq!(fields(&escalate(&mut desk, due(seconds)).await.unwrap_err()), ["due_at", "note"]);
    }
    let far = v1::EscalateRequest { note: String::new(), ..due(now + 30 * 86_400 - 60) };
    let takedown = escalate(&mut desk, far.clone()).await.unwrap().takedown.unwrap();
    assert_eq!(takedown.due_at, far.due_at);
    let unknown = demand(&Uuid::new_v4().to_string(), TakedownKind::Complaint);
    assert_eq!(reason(&escalate(&mut desk, unknown).await.unwrap_err()), "COMMENT_NOT_FOUND");
}
