//! Revealing the sender of a comment: audited, for admins only, and not possible through any other call.

use duyet_proto::v1::{self, BanEffect, BanSubject, CommentStatus};
use tonic::Code;
use uuid::Uuid;

use crate::support::{
    newsroom::{Database, Desk, Newsroom, fields, on_both_databases, reason},
    readers::{Reader, ban_of},
};

on_both_databases! {
    a_reveal_is_in_the_audit,
    a_resent_reveal_writes_no_second_audit_entry,
    a_reveal_needs_a_reason_and_an_admin,
    no_other_response_contains_a_hash,
}

fn look(id: &str) -> v1::RevealSenderRequest {
    v1::RevealSenderRequest {
        comment_id: id.into(),
        note: "công văn 12/CV".into(),
        request_id: Uuid::new_v4().to_string(),
    }
}

async fn reveal(desk: &mut Desk, request: v1::RevealSenderRequest) -> v1::RevealSenderResponse {
    desk.privacy.reveal_sender(request).await.unwrap().into_inner()
}

async fn a_reveal_is_in_the_audit(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut admin) = (newsroom.portal(), newsroom.desk_with(&newsroom.token("admin")));
    let reader = Reader::new(&mut portal, "Lan", "203.0.113.7").await;
    let id = reader.comment(&mut portal, "bai", "Ai viết câu này?").await;
    let request = look(&id);
    let seen = reveal(&mut admin, request.clone()).await;
    for hash in [&seen.device, &seen.address, &seen.ip_prefix, &seen.fingerprint] {
        assert!(hash.len() == 32 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()), "{hash}");
    }
    let case = admin.case(&id).await;
    assert_eq!(seen.author, case.author_history.unwrap().author);
    assert_eq!(seen.created_at, case.comment.unwrap().created_at);

    let entries = admin.audit(v1::ListAuditRequest { action: "REVEAL_SENDER".into(), ..Default::default() }).await;
    assert_eq!(entries.len(), 1);
    let entry = &entries[0];
    assert_eq!((&entry.id, &entry.comment_id, &entry.request_id), (&seen.audit_id, &id, &request.request_id));
    assert_eq!(
        (entry.actor.as_str(), entry.note.as_str(), entry.article_id.as_str()),
        ("admin", "công văn 12/CV", "bai")
    );
    assert_eq!(
        (entry.from_status(), entry.to_status(), entry.revision),
        (CommentStatus::Unspecified, CommentStatus::Unspecified, 1)
    );

    // A reveal is not a decision, so the next moderator's decision has no conflict.
    let decided = newsroom.desk().approve(&id).await;
    assert!(decided.changed);
    let unknown = Reader::without_device("Mai", "").comment(&mut portal, "bai", "Không biết từ đâu").await;
    let seen = reveal(&mut admin, look(&unknown)).await;
    assert_eq!([seen.device, seen.address, seen.ip_prefix], [const { String::new() }; 3]);
}

async fn a_resent_reveal_writes_no_second_audit_entry(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut admin = newsroom.desk_with(&newsroom.token("admin"));
    let id = newsroom.portal().say("bai", "Ai viết câu này?").await.comment_id;
    let request = look(&id);
    let first = reveal(&mut admin, request.clone()).await;
    assert_eq!(reveal(&mut admin, request.clone()).await, first);
    let count = async |admin: &mut Desk| admin.audit(v1::ListAuditRequest::default()).await.len();
    assert_eq!(count(&mut admin).await, 1);
    let other = v1::RevealSenderRequest { note: "lý do khác".into(), ..request };
    assert_ne!(reveal(&mut admin, other).await.audit_id, first.audit_id, "another reason is a separate reveal");
    assert_ne!(reveal(&mut admin, look(&id)).await.audit_id, first.audit_id);
    assert_eq!(count(&mut admin).await, 3);
}

async fn a_reveal_needs_a_reason_and_an_admin(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut admin = newsroom.desk_with(&newsroom.token("admin"));
    let id = newsroom.portal().say("bai", "Ai viết câu này?").await.comment_id;
    for token in [newsroom.token("moderator"), newsroom.token("portal")] {
        let status = newsroom.desk_with(&token).privacy.reveal_sender(look(&id)).await.unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), (Code::PermissionDenied, "MISSING_ROLE"));
    }
    let bare = v1::RevealSenderRequest { note: " \n ".into(), ..Default::default() };
    assert_eq!(fields(&admin.privacy.reveal_sender(bare).await.unwrap_err()), ["comment_id", "note", "request_id"]);
    let long = v1::RevealSenderRequest { note: "x".repeat(501), ..look(&id) };
    assert_eq!(fields(&admin.privacy.reveal_sender(long).await.unwrap_err()), ["note"]);
    let mut abroad = newsroom.desk_with(&newsroom.new_token("ADMIN", "bao-vinh").await);
    let status = abroad.privacy.reveal_sender(look(&id)).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::NotFound, "COMMENT_NOT_FOUND"));
    assert!(admin.audit(v1::ListAuditRequest::default()).await.is_empty(), "a failed reveal is not in the audit");
}

async fn no_other_response_contains_a_hash(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let mut admin = newsroom.desk_with(&newsroom.token("admin"));
    let reader = Reader::new(&mut portal, "Lan", "203.0.113.7").await;
    let id = reader.comment(&mut portal, "bai", "Ai viết câu này?").await;
    let seen = reveal(&mut admin, look(&id)).await;
    let mut answers = Vec::new();
    for kind in [BanSubject::Device, BanSubject::IpPrefix, BanSubject::Fingerprint, BanSubject::Author] {
        let request = ban_of(&mut desk, &id, kind, BanEffect::Hold).await;
        let request = v1::CreateBanRequest { reject_pending: true, ..request };
        answers.push(format!("{:?}", desk.ban(request).await.unwrap()));
    }
    let listed = desk.ban_list(v1::ListBansRequest::default()).await;
    answers.push(format!("{listed:?}"));
    answers.push(format!("{:?}", desk.unban(&listed.bans[0].id).await));
    answers.push(format!("{:?}", desk.ban_list(v1::ListBansRequest { ended: true, ..Default::default() }).await));
    answers.push(format!("{:?}", desk.audit(v1::ListAuditRequest::default()).await));
    answers.push(format!("{:?}", desk.case(&id).await));
    let everything = v1::QueueFilter { status: (1..=6).collect(), ..Default::default() };
    let request = v1::ListQueueRequest { filter: Some(everything), ..Default::default() };
    answers.push(format!("{:?}", admin.moderation.list_queue(request).await.unwrap().into_inner()));
    answers.push(format!("{:?}", portal.list("bai").await));
    for hash in [&seen.device, &seen.address, &seen.ip_prefix, &seen.fingerprint, "203.0.113"] {
        assert!(!hash.is_empty());
        for answer in &answers {
            assert!(!answer.contains(hash), "{hash} is in {answer}");
        }
    }
    assert!(answers.iter().any(|answer| answer.contains(&seen.author)), "moderators see only the author key");
}
