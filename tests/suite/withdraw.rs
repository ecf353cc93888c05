//! A reader withdraws one comment of their own with its receipt.

use duyet_proto::v1::{self, Action, CommentStatus};
use tonic::{Code, Status};
use uuid::Uuid;

use crate::support::{
    home::Home,
    newsroom::{Database, Newsroom, Portal, decision, fields, on_both_databases, reason},
    readers::{Reader, send},
};

on_both_databases! {
    a_reader_withdraws_a_pending_and_a_public_comment,
    a_resent_withdrawal_is_replayed_and_another_changes_nothing,
    only_the_receipt_of_the_comment_withdraws_it,
    a_comment_that_a_moderator_took_down_cannot_be_withdrawn,
    a_withdrawal_leaves_a_tombstone_and_does_not_lower_trust,
}

fn withdrawal(sent: &v1::SubmitCommentResponse) -> v1::WithdrawCommentRequest {
    v1::WithdrawCommentRequest {
        comment_id: sent.comment_id.clone(),
        receipt: sent.receipt.clone(),
        request_id: Uuid::new_v4().to_string(),
    }
}

impl Portal {
    async fn withdraw(&mut self, request: v1::WithdrawCommentRequest) -> Result<bool, Status> {
        self.comments.withdraw_comment(request).await.map(|answer| answer.into_inner().changed)
    }
}

async fn a_reader_withdraws_a_pending_and_a_public_comment(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let waiting = portal.say("bai", "Câu còn chờ").await;
    let public = portal.say("bai", "Câu đã đăng").await;
    desk.approve(&public.comment_id).await;
    assert_eq!(portal.list("bai").await.total_count, 1);
    for sent in [&waiting, &public] {
        assert!(portal.withdraw(withdrawal(sent)).await.unwrap());
        let case = desk.case(&sent.comment_id).await;
        let entry = &case.decisions[0];
        assert_eq!((entry.action.as_str(), entry.actor.as_str(), entry.note.as_str()), ("WITHDRAW", "portal", ""));
        let comment = case.comment.unwrap();
        assert_eq!((comment.status(), comment.content.as_str()), (CommentStatus::Erased, ""));
        assert_eq!(comment.author_name, "");
        let own = v1::GetCommentRequest { id: sent.comment_id.clone(), receipts: vec![sent.receipt.clone()] };
        let gone = portal.comments.get_comment(own).await.unwrap_err();
        assert_eq!(reason(&gone), "COMMENT_NOT_FOUND");
    }
    // The change is visible at once, also on a cached page.
    let page = portal.list("bai").await;
    assert_eq!((page.total_count, page.comments.len()), (0, 0));
    assert_eq!(desk.queue().await.total, 0);
    let home = Home::beside(&newsroom.config);
    let published_or_erased = "select count(*) from changes where kind in ('COMMENT_PUBLISHED', 'COMMENT_ERASED')";
    assert_eq!(home.number(published_or_erased).await, 3, "the feed has one approval and two withdrawals");
    home.recount().await;
}

async fn a_resent_withdrawal_is_replayed_and_another_changes_nothing(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    let sent = portal.say("bai", "Câu đầu").await;
    let other = portal.say("bai", "Câu sau").await;
    let request = withdrawal(&sent);
    for _ in 0..2 {
        assert!(portal.withdraw(request.clone()).await.unwrap());
    }
    assert!(!portal.withdraw(withdrawal(&sent)).await.unwrap(), "the comment was already erased");
    let reused = v1::WithdrawCommentRequest { request_id: request.request_id, ..withdrawal(&other) };
    assert_eq!(reason(&portal.withdraw(reused).await.unwrap_err()), "REQUEST_ID_REUSED");
    let home = Home::beside(&newsroom.config);
    assert_eq!(home.number("select count(*) from audit where action = 'WITHDRAW'").await, 1);
}

async fn only_the_receipt_of_the_comment_withdraws_it(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    let sent = portal.say("bai", "Câu đầu").await;
    let other = portal.say("bai", "Câu sau").await;
    for receipt in [other.receipt.clone(), format!("B{}", &sent.receipt[1..]), String::new()] {
        let wrong = v1::WithdrawCommentRequest { receipt, ..withdrawal(&sent) };
        assert_eq!(fields(&portal.withdraw(wrong).await.unwrap_err()), ["receipt"]);
    }
    let nothing = portal.withdraw(v1::WithdrawCommentRequest::default()).await.unwrap_err();
    assert_eq!(fields(&nothing), ["comment_id", "receipt", "request_id"]);
    assert_eq!(newsroom.desk().case(&sent.comment_id).await.comment.unwrap().content, "Câu đầu");
}

async fn a_comment_that_a_moderator_took_down_cannot_be_withdrawn(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    for action in [Action::Reject, Action::Spam] {
        let sent = portal.say("bai", &format!("Câu {}", action.as_str_name())).await;
        desk.decide(decision(&sent.comment_id, action)).await.unwrap();
        let request = withdrawal(&sent);
        let error = portal.withdraw(request.clone()).await.unwrap_err();
        assert_eq!((error.code(), reason(&error).as_str()), (Code::FailedPrecondition, "INVALID_TRANSITION"));
        assert!(!desk.case(&sent.comment_id).await.comment.unwrap().content.is_empty());
        // The error is not stored for the request: after the moderator requeued the comment, the same request
        // withdraws it.
        let requeue = v1::DecideRequest { expected_revision: 2, ..decision(&sent.comment_id, Action::Requeue) };
        desk.decide(requeue).await.unwrap();
        assert!(portal.withdraw(request).await.unwrap());
    }
    // A comment marked as spam without a moderator's decision looks pending to its author.
    let suspected = portal.say("bai", "Câu bị nghi").await;
    newsroom.execute("update comments set status = 'SPAM' where status = 'PENDING'").await;
    assert!(portal.withdraw(withdrawal(&suspected)).await.unwrap());
}

async fn a_withdrawal_leaves_a_tombstone_and_does_not_lower_trust(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let lan = Reader::new(&mut portal, "Lan", "203.0.113.7").await;
    let root = lan.say(&mut portal, "bai", "Câu gốc").await.unwrap();
    let later = lan.comment(&mut portal, "bai", "Câu khác").await;
    desk.approve(&root.comment_id).await;
    let answer = Reader::new(&mut portal, "Mai", "198.51.100.1").await.form(&mut portal, "bai", "Đồng ý").await;
    let answer = v1::SubmitCommentRequest { parent_id: root.comment_id.clone(), ..answer };
    let reply = send(&mut portal, answer).await.unwrap().comment_id;
    desk.approve(&reply).await;
    assert!(portal.withdraw(withdrawal(&root)).await.unwrap());
    let page = portal.list("bai").await;
    assert_eq!((page.total_count, page.comments.len()), (1, 1));
    assert_eq!((page.comments[0].status(), page.comments[0].content.as_str()), (CommentStatus::Removed, ""));
    assert_eq!(page.comments[0].replies[0].content, "Đồng ý");
    let history = desk.case(&later).await.author_history.unwrap();
    assert_eq!((history.refused, history.spam), (0, 0), "{history:?}");
    Home::beside(&newsroom.config).recount().await;
}
