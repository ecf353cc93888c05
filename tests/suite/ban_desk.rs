//! Tests of the calls by which moderators create, revoke and list bans, and of the comments that are decided with bans.

use duyet_proto::v1::{self, BanEffect, BanSubject, CommentStatus, Mode, Reason, create_ban_request::Subject};
use tonic::Code;
use uuid::Uuid;

use crate::support::{
    newsroom::{Database, Newsroom, decision, fields, on_both_databases, reason},
    readers::{Reader, ban_of, people},
};

on_both_databases! {
    a_ban_removes_the_subjects_comments_as_one_batch,
    reverting_a_ban_restores_the_comments_decided_with_it,
    a_resent_ban_is_stored_once,
    every_invalid_field_of_a_ban_is_reported,
    a_ban_without_a_known_subject_fails,
    bans_are_listed_in_pages,
    a_ban_ends_when_it_is_revoked,
}

async fn a_ban_removes_the_subjects_comments_as_one_batch(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let [banned, _, other] = people(&mut portal).await;
    desk.set_mode("song", Mode::Post, 0).await;
    let stays = other.comment(&mut portal, "song", "Ý kiến của người khác").await;
    let waiting = banned.comment(&mut portal, "bai", "Đang chờ duyệt").await;
    let root = banned.comment(&mut portal, "song", "Đã lên trang").await;
    let form = banned.form(&mut portal, "song", "Trả lời chính mình").await;
    let reply = v1::SubmitCommentRequest { parent_id: root.clone(), ..form };
    let reply = portal.comments.submit_comment(reply).await.unwrap().into_inner().comment_id;
    assert_eq!(portal.list("song").await.total_count, 3);

    let request = ban_of(&mut desk, &root, BanSubject::Device, BanEffect::Block).await;
    let request = v1::CreateBanRequest { reject_pending: true, remove_published: true, ..request };
    let made = desk.ban(request).await.unwrap();
    let ban = made.ban.unwrap();
    let results: Vec<_> = made
        .results
        .iter()
        .map(|one| (one.comment_id.as_str(), one.comment.as_ref().unwrap().status(), one.changed))
        .collect();
    let expected = [
        (reply.as_str(), CommentStatus::Removed, true),
        (root.as_str(), CommentStatus::Removed, true),
        (waiting.as_str(), CommentStatus::Rejected, true),
    ];
    assert_eq!(results, expected);
    assert!(
        made.results.iter().all(|one| one.status.as_ref().unwrap().code == 0 && one.ban_id.is_empty()) && !made.more
    );

    let page = portal.list("song").await;
    assert_eq!((page.total_count, page.comments.len()), (1, 1));
    assert_eq!(page.comments[0].id, stays);
    let entries = desk.audit(v1::ListAuditRequest { batch_id: ban.batch_id.clone(), ..Default::default() }).await;
    let mut returned: Vec<_> = entries.iter().map(|entry| entry.action.as_str()).collect();
    returned.sort_unstable();
    assert_eq!(returned, ["CREATE_BAN", "REJECT", "REJECT", "REJECT"]);
    assert!(entries.iter().any(|entry| entry.id == ban.id && entry.ban_id == ban.id));
    for one in &made.results {
        let entry = entries.iter().find(|entry| entry.id == one.decision_id).unwrap();
        assert_eq!((entry.comment_id.as_str(), entry.reason()), (one.comment_id.as_str(), Reason::SpamAd));
    }
}

async fn reverting_a_ban_restores_the_comments_decided_with_it(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let [banned, ..] = people(&mut portal).await;
    desk.set_mode("song", Mode::Post, 0).await;
    let waiting = banned.comment(&mut portal, "bai", "Đang chờ duyệt").await;
    let root = banned.comment(&mut portal, "song", "Đã lên trang").await;
    let moved = banned.comment(&mut portal, "song", "Sẽ thành spam").await;
    let request = ban_of(&mut desk, &root, BanSubject::Device, BanEffect::Block).await;
    let request = v1::CreateBanRequest { reject_pending: true, remove_published: true, ..request };
    let ban = desk.ban(request).await.unwrap().ban.unwrap();
    let spam = v1::DecideRequest { expected_revision: 2, ..decision(&moved, v1::Action::Spam) };
    assert!(desk.decide(spam).await.unwrap().changed);
    assert_eq!(portal.list("song").await.total_count, 0);

    let target = Some(v1::revert_request::Target::BatchId(ban.batch_id));
    let request = v1::RevertRequest { target, request_id: Uuid::new_v4().to_string() };
    let reverted = desk.moderation.revert(request).await.unwrap().into_inner();
    assert_eq!(reverted.results.len(), 4);
    for one in &reverted.results {
        let moved_on = one.comment_id == moved;
        assert_eq!(one.status.as_ref().unwrap().code == 0, !moved_on, "{one:?}");
    }
    assert!(reverted.results.iter().any(|one| one.ban_id == ban.id));
    let mut found = Vec::new();
    for id in [&waiting, &root, &moved] {
        found.push(desk.case(id).await.comment.unwrap().status());
    }
    assert_eq!(found, [CommentStatus::Pending, CommentStatus::Approved, CommentStatus::Spam]);
    assert_eq!(portal.list("song").await.total_count, 1);
    assert!(desk.ban_list(v1::ListBansRequest::default()).await.bans.is_empty());
    assert!(!banned.is_blocked(&mut portal, "Được nói lại").await);
    assert!(!desk.unban(&ban.id).await.changed, "the ban has already ended");
}

async fn a_resent_ban_is_stored_once(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let [banned, ..] = people(&mut portal).await;
    let id = banned.comment(&mut portal, "bai", "Câu đầu tiên").await;
    let request = ban_of(&mut desk, &id, BanSubject::Device, BanEffect::Hold).await;
    let request = v1::CreateBanRequest { reject_pending: true, ..request };
    let first = desk.ban(request.clone()).await.unwrap();
    assert_eq!(first.results.len(), 1);
    banned.comment(&mut portal, "bai", "Câu thứ hai").await;
    assert_eq!(desk.ban(request.clone()).await.unwrap(), first);
    assert_eq!(desk.ban_list(v1::ListBansRequest::default()).await.bans.len(), 1);
    let other = v1::CreateBanRequest { effect: BanEffect::Block.into(), ..request.clone() };
    assert_eq!(reason(&desk.ban(other).await.unwrap_err()), "REQUEST_ID_REUSED");
    // The request of another moderator has another payload, so the same request id is an error.
    let mut admin = newsroom.desk_with(&newsroom.token("admin"));
    assert_eq!(reason(&admin.ban(request).await.unwrap_err()), "REQUEST_ID_REUSED");
}

async fn every_invalid_field_of_a_ban_is_reported(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let [banned, ..] = people(&mut portal).await;
    let id = banned.comment(&mut portal, "bai", "Câu đầu tiên").await;
    let good = ban_of(&mut desk, &id, BanSubject::IpPrefix, BanEffect::Block).await;
    let bare = v1::CreateBanRequest::default();
    let all = ["subject", "effect", "reason", "expires_at", "request_id"];
    assert_eq!(fields(&desk.ban(bare).await.unwrap_err()), all);

    let sent = good.expires_at.unwrap().seconds - 86_400;
    let day = |days: i64| Some(prost_types::Timestamp { seconds: sent + days * 86_400, nanos: 0 });
    let author = |key: &str| Some(Subject::Author(key.into()));
    let cases: [(v1::CreateBanRequest, &[&str]); 13] = [
        (v1::CreateBanRequest { subject_kind: 0, ..good.clone() }, &["subject_kind"]),
        (v1::CreateBanRequest { subject_kind: 99, ..good.clone() }, &["subject_kind"]),
        (v1::CreateBanRequest { subject: Some(Subject::CommentId("7".into())), ..good.clone() }, &["comment_id"]),
        (v1::CreateBanRequest { subject: author("00112233aabbccdd"), ..good.clone() }, &["subject_kind"]),
        (v1::CreateBanRequest { subject: author("00112233AABBCCDD"), subject_kind: 4, ..good.clone() }, &["author"]),
        (v1::CreateBanRequest { effect: 9, ..good.clone() }, &["effect"]),
        (v1::CreateBanRequest { reason: Reason::Expired.into(), ..good.clone() }, &["reason"]),
        (v1::CreateBanRequest { reason: Reason::Other.into(), note: " ".into(), ..good.clone() }, &["note"]),
        (v1::CreateBanRequest { note: "x".repeat(501), ..good.clone() }, &["note"]),
        (v1::CreateBanRequest { expires_at: day(-1), ..good.clone() }, &["expires_at"]),
        (v1::CreateBanRequest { expires_at: day(32), ..good.clone() }, &["expires_at"]),
        (v1::CreateBanRequest { since: day(1), ..good.clone() }, &["since"]),
        (
            v1::CreateBanRequest { effect: 0, expires_at: day(32), since: day(1), ..good.clone() },
            &["effect", "expires_at", "since"],
        ),
    ];
    for (bad, expected) in cases {
        assert_eq!(fields(&desk.ban(bad.clone()).await.unwrap_err()), expected, "{bad:?}");
    }
    let long = v1::CreateBanRequest { subject_kind: BanSubject::Device.into(), expires_at: day(32), ..good.clone() };
    assert!(desk.ban(long).await.is_ok(), "a device may be banned for longer than a prefix");
    assert_eq!(
        reason(&desk.ban(good).await.unwrap_err()),
        "REQUEST_ID_REUSED",
        "failed calls did not use up the request id"
    );
}

async fn a_ban_without_a_known_subject_fails(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let anybody = Reader::without_device("Lan", "");
    let id = anybody.comment(&mut portal, "bai", "Không biết từ đâu").await;
    for (kind, known) in [
        (BanSubject::Device, false),
        (BanSubject::IpPrefix, false),
        (BanSubject::Fingerprint, true),
        (BanSubject::Author, true),
    ] {
        let request = ban_of(&mut desk, &id, kind, BanEffect::Block).await;
        match desk.ban(request).await {
            Ok(_) => assert!(known, "{kind:?}"),
            Err(status) => {
                let returned = (status.code(), reason(&status));
                assert_eq!(returned, (Code::FailedPrecondition, "BAN_SUBJECT_UNKNOWN".into()), "{kind:?}");
                assert!(!known, "{kind:?}");
            }
        }
    }
    let request = ban_of(&mut desk, &id, BanSubject::Device, BanEffect::Block).await;
    let unknown = v1::CreateBanRequest { subject: Some(Subject::CommentId(Uuid::new_v4().to_string())), ..request };
    let status = desk.ban(unknown).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::NotFound, "COMMENT_NOT_FOUND"));
}

async fn bans_are_listed_in_pages(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let id = portal.say("bai", "Câu đầu tiên").await.comment_id;
    let mut made = Vec::new();
    for kind in [BanSubject::Device, BanSubject::IpPrefix, BanSubject::Author] {
        let request = ban_of(&mut desk, &id, kind, BanEffect::Hold).await;
        made.insert(0, desk.ban(request).await.unwrap().ban.unwrap());
    }
    let first = desk.ban_list(v1::ListBansRequest { page_size: 2, ..Default::default() }).await;
    assert_eq!(first.bans, made[..2]);
    let token = first.next_page_token;
    let second = v1::ListBansRequest { page_size: 2, page_token: token.clone(), ..Default::default() };
    let second = desk.ban_list(second).await;
    assert_eq!((second.bans.as_slice(), second.next_page_token.as_str()), (&made[2..], ""));
    let other = v1::ListBansRequest { ended: true, page_token: token.clone(), ..Default::default() };
    assert_eq!(reason(&desk.bans.list_bans(other).await.unwrap_err()), "PAGE_TOKEN_INVALID");
    let mut abroad = newsroom.desk_with(&newsroom.new_token("MODERATOR", "bao-vinh").await);
    let stolen = v1::ListBansRequest { page_token: token, ..Default::default() };
    assert_eq!(reason(&abroad.bans.list_bans(stolen).await.unwrap_err()), "PAGE_TOKEN_INVALID");

    desk.unban(&made[1].id).await;
    let ids = |list: v1::ListBansResponse| list.bans.into_iter().map(|ban| ban.id).collect::<Vec<_>>();
    assert_eq!(ids(desk.ban_list(v1::ListBansRequest::default()).await), [made[0].id.clone(), made[2].id.clone()]);
    let all = desk.ban_list(v1::ListBansRequest { ended: true, ..Default::default() }).await;
    assert_eq!(all.bans.len(), 3);
}

async fn a_ban_ends_when_it_is_revoked(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let [banned, ..] = people(&mut portal).await;
    let id = banned.comment(&mut portal, "bai", "Câu đầu tiên").await;
    let request = ban_of(&mut desk, &id, BanSubject::Device, BanEffect::Block).await;
    let ban = desk.ban(request).await.unwrap().ban.unwrap();
    assert!(banned.is_blocked(&mut portal, "Câu thứ hai").await);
    let request = v1::RevokeBanRequest {
        ban_id: ban.id.clone(),
        note: " nhầm người ".into(),
        request_id: Uuid::new_v4().to_string(),
    };
    let mut admin = newsroom.desk_with(&newsroom.token("admin"));
    let ended = admin.bans.revoke_ban(request.clone()).await.unwrap().into_inner();
    assert!(ended.changed);
    let returned = ended.ban.clone().unwrap();
    assert_eq!((returned.created_by.as_str(), returned.revoked_by.as_str()), ("moderator", "admin"));
    assert!(returned.revoked_at.is_some());
    assert!(!banned.is_blocked(&mut portal, "Câu thứ ba").await);
    assert_eq!(admin.bans.revoke_ban(request.clone()).await.unwrap().into_inner(), ended, "resent");
    assert!(!admin.unban(&ban.id).await.changed, "ended already");
    let entries = desk.audit(v1::ListAuditRequest { ban_id: ban.id.clone(), ..Default::default() }).await;
    let returned: Vec<_> =
        entries.iter().map(|entry| [&entry.action, &entry.actor, &entry.note].map(String::as_str)).collect();
    assert_eq!(returned, [["REVOKE_BAN", "admin", "nhầm người"], ["CREATE_BAN", "moderator", "quảng cáo"]]);

    let unknown = v1::RevokeBanRequest { ban_id: Uuid::new_v4().to_string(), ..request.clone() };
    assert_eq!(reason(&admin.bans.revoke_ban(unknown).await.unwrap_err()), "REQUEST_ID_REUSED");
    let unknown =
        v1::RevokeBanRequest { ban_id: Uuid::new_v4().to_string(), request_id: Uuid::new_v4().to_string(), ..request };
    let status = admin.bans.revoke_ban(unknown).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::NotFound, "BAN_NOT_FOUND"));
    let bad = v1::RevokeBanRequest { ban_id: "7".into(), note: "x".repeat(501), ..Default::default() };
    assert_eq!(fields(&admin.bans.revoke_ban(bad).await.unwrap_err()), ["ban_id", "note", "request_id"]);
}
