//! Readers' reports and moderators' notes.

use duyet_proto::v1::{self, Action, Mode, Reason};
use tonic::Code;
use tonic_types::StatusExt as _;
use uuid::Uuid;

use crate::support::{
    newsroom::{Database, Desk, Newsroom, Portal, decision, fields, on_both_databases, reason},
    redis::RedisServer,
};

on_both_databases! {
    reports_count_once_per_device_and_three_flag_a_comment,
    reports_by_twenty_devices_at_once_neither_hide_a_comment_nor_change_its_revision,
    readers_without_a_device_are_counted_by_address,
    all_violations_of_a_report_are_returned_at_once,
    reports_are_limited_by_device_and_by_prefix,
    reports_are_accepted_and_limited_without_redis,
    only_visible_comments_can_be_reported,
    reports_are_counted_by_their_outcome,
    a_note_is_stored_as_plain_text_and_a_resend_adds_none,
}

fn report(comment: &str, device: &str) -> v1::ReportCommentRequest {
    v1::ReportCommentRequest {
        comment_id: comment.into(),
        reason: Reason::Insult.into(),
        client: Some(v1::ReaderContext { device_token: device.into(), ..Default::default() }),
        request_id: Uuid::new_v4().to_string(),
        ..Default::default()
    }
}

/// Builds a report by a reader without a device.
fn report_from(comment: &str, ip: &str) -> v1::ReportCommentRequest {
    let client = v1::ReaderContext { ip: ip.into(), ..Default::default() };
    v1::ReportCommentRequest { client: Some(client), ..report(comment, "") }
}

impl Portal {
    async fn report(&mut self, request: v1::ReportCommentRequest) -> Result<(), tonic::Status> {
        self.comments.report_comment(request).await.map(drop)
    }

    async fn device(&mut self) -> String {
        self.challenge("bai").await.device_token
    }
}

impl Desk {
    /// Counts the comments in the queue.
    async fn waiting(&mut self) -> i64 {
        self.moderation.get_stats(v1::GetStatsRequest::default()).await.unwrap().into_inner().waiting
    }

    async fn note(&mut self, request: v1::AddNoteRequest) -> Result<v1::ModeratorNote, tonic::Status> {
        Ok(self.moderation.add_note(request).await?.into_inner().note.unwrap())
    }
}

/// Creates a public comment on the article `bai`. A moderator approved it, so it is at revision 2.
async fn reviewed(newsroom: &Newsroom) -> String {
    let id = newsroom.portal().say("bai", "Bình luận gây tranh cãi").await.comment_id;
    newsroom.desk().approve(&id).await;
    id
}

async fn reports_count_once_per_device_and_three_flag_a_comment(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk, id) = (newsroom.portal(), newsroom.desk(), reviewed(&newsroom).await);
    let devices = [portal.device().await, portal.device().await, portal.device().await];
    for device in [&devices[0], &devices[0], &devices[0], &devices[1]] {
        portal.report(report(&id, device)).await.expect("a repeated report is OK");
        assert_eq!(desk.waiting().await, 0, "two devices are not enough");
    }
    portal.report(report(&id, &devices[2])).await.unwrap();
    assert_eq!(desk.waiting().await, 1);

    // Reports do not change the revision, so the moderator decides at the revision seen before.
    let look = v1::DecideRequest { expected_revision: 2, ..decision(&id, Action::Approve) };
    assert!(desk.decide(look).await.unwrap().changed);
    assert_eq!(desk.waiting().await, 0);
    for device in &devices {
        portal.report(report(&id, device)).await.unwrap();
    }
    assert_eq!(desk.waiting().await, 0, "a device that reported before the decision is not counted again");
}

async fn reports_by_twenty_devices_at_once_neither_hide_a_comment_nor_change_its_revision(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, id) = (newsroom.portal(), reviewed(&newsroom).await);
    let mut calls = Vec::new();
    for _ in 0..20 {
        let (request, mut portal) = (report(&id, &portal.device().await), portal.clone());
        calls.push(tokio::spawn(async move { portal.report(request).await }));
    }
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(newsroom.desk().waiting().await, 1);
    let shown = portal.list("bai").await.comments;
    assert_eq!((shown.len(), shown[0].id.as_str(), shown[0].revision), (1, id.as_str(), 2));
    let rejection = v1::DecideRequest { expected_revision: 2, ..decision(&id, Action::Reject) };
    assert!(newsroom.desk().decide(rejection).await.unwrap().changed);
}

async fn readers_without_a_device_are_counted_by_address(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk, id) = (newsroom.portal(), newsroom.desk(), reviewed(&newsroom).await);
    for ip in ["203.0.113.7", "::ffff:203.0.113.7", "203.0.113.7", "203.0.113.8"] {
        portal.report(report_from(&id, ip)).await.unwrap();
    }
    // An invalid token counts as no device, and this reader has already reported.
    let mut forged = report_from(&id, "203.0.113.8");
    forged.client.as_mut().unwrap().device_token = "ma-gia".into();
    portal.report(forged).await.unwrap();
    assert_eq!(desk.waiting().await, 0, "two addresses are not enough");
    portal.report(report_from(&id, "2001:db8::1")).await.unwrap();
    assert_eq!(desk.waiting().await, 1);
}

async fn all_violations_of_a_report_are_returned_at_once(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, id) = (newsroom.portal(), reviewed(&newsroom).await);
    let device = portal.device().await;
    let bare = v1::ReportCommentRequest {
        comment_id: "7".into(),
        reason: Reason::Expired.into(),
        note: "ễ".repeat(501),
        client: Some(v1::ReaderContext { device_token: "ma-gia".into(), ..Default::default() }),
        request_id: String::new(),
    };
    let status = portal.report(bare).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert_eq!(fields(&status), ["comment_id", "note", "reason", "request_id", "client"]);
    let without_client = v1::ReportCommentRequest { client: None, ..report(&id, "") };
    assert_eq!(fields(&portal.report(without_client).await.unwrap_err()), ["client"]);
    for (changed, wrong) in [
        (v1::ReportCommentRequest { reason: 99, ..report(&id, &device) }, "reason"),
        (
            v1::ReportCommentRequest { reason: Reason::Other.into(), note: " \u{200b}".into(), ..report(&id, &device) },
            "note",
        ),
        (v1::ReportCommentRequest { request_id: "1".into(), ..report(&id, &device) }, "request_id"),
        (report_from(&id, "300.1.1.1"), "client"),
    ] {
        assert_eq!(fields(&portal.report(changed).await.unwrap_err())[0], wrong);
    }
    let silent = v1::ReportCommentRequest { reason: 0, ..report(&id, &device) };
    portal.report(silent).await.expect("reason and note are optional");
}

async fn reports_are_limited_by_device_and_by_prefix(database: Database) {
    let newsroom = Newsroom::open_with(database, |config| {
        config.limits.reports_per_device = "2/1h".parse().unwrap();
        config.limits.reports_per_prefix = "3/1h".parse().unwrap();
    })
    .await;
    let (mut portal, id) = (newsroom.portal(), reviewed(&newsroom).await);
    let (one, other) = (portal.device().await, portal.device().await);
    let nothing = v1::ReportCommentRequest { comment_id: String::new(), ..report(&id, &one) };
    portal.report(nothing).await.expect_err("a report without a comment is invalid");
    portal.report(report(&id, &one)).await.expect("the failed report was not charged");
    portal.report(report(&id, &one)).await.expect("a repeated report is OK, and counts against the limit");
    let status = portal.report(report(&id, &one)).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::ResourceExhausted, "RATE_LIMITED"));
    assert_eq!(status.get_details_error_info().unwrap().metadata["limit"], "ReportsPerDevice");
    let wait = status.get_details_retry_info().and_then(|info| info.retry_delay).unwrap();
    assert!(wait.as_secs() > 60 && wait.as_secs() <= 1_800, "{wait:?}");
    portal.report(report(&id, &other)).await.expect("the limit of one device does not affect another device");

    for last in 1..=3 {
        portal.report(report_from(&id, &format!("198.51.100.{last}"))).await.unwrap();
    }
    let status = portal.report(report_from(&id, "198.51.100.4")).await.unwrap_err();
    assert_eq!(status.get_details_error_info().unwrap().metadata["limit"], "ReportsPerPrefix");
    portal
        .report(report_from(&id, "198.51.101.4"))
        .await
        .expect("the limit of one prefix does not affect another prefix");
    portal.say("bai", "Báo cáo không tính vào bình luận").await;
}

async fn reports_are_accepted_and_limited_without_redis(database: Database) {
    let mut redis = RedisServer::start();
    redis.stop();
    let newsroom = Newsroom::open_with(database, |config| {
        config.redis_url = redis.url().parse().ok();
        config.limits.reports_per_device = "2/1h".parse().unwrap();
    })
    .await;
    let (mut portal, id) = (newsroom.portal(), reviewed(&newsroom).await);
    let device = portal.device().await;
    for _ in 0..2 {
        portal.report(report(&id, &device)).await.unwrap();
    }
    assert_eq!(
        reason(&portal.report(report(&id, &device)).await.unwrap_err()),
        "RATE_LIMITED",
        "the limit holds without Redis"
    );
    for _ in 0..2 {
        let device = portal.device().await;
        portal.report(report(&id, &device)).await.unwrap();
    }
    assert_eq!(newsroom.desk().waiting().await, 1);
}

async fn only_visible_comments_can_be_reported(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk, live) = (newsroom.portal(), newsroom.desk(), reviewed(&newsroom).await);
    let device = portal.device().await;
    let waiting = portal.say("bai", "Chưa duyệt").await.comment_id;
    let mut neighbour = newsroom.portal_with(&newsroom.new_token("PORTAL", "bao-vinh").await);
    let theirs = neighbour.device().await;
    let unknown = Uuid::new_v4().to_string();
    for result in [
        portal.report(report(&waiting, &device)).await,
        portal.report(report(&unknown, &device)).await,
        neighbour.report(report(&live, &theirs)).await,
    ] {
        let status = result.unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), (Code::NotFound, "COMMENT_NOT_FOUND"));
    }
    let article = desk.set_mode("bai", Mode::Hidden, 1).await;
    assert_eq!(reason(&portal.report(report(&live, &device)).await.unwrap_err()), "COMMENT_NOT_FOUND");
    desk.set_mode("bai", Mode::Closed, article.revision).await;
    portal.report(report(&live, &device)).await.expect("comments of a closed article can be reported");
}

async fn reports_are_counted_by_their_outcome(database: Database) {
    let newsroom = Newsroom::open(database).await;
    // All tests of this process share the counters, so this test uses its own site.
    let site = format!("bao-{}", Uuid::new_v4().simple());
    let mut portal = newsroom.portal_with(&newsroom.new_token("PORTAL", &site).await);
    let mut desk = newsroom.desk_with(&newsroom.new_token("MODERATOR", &site).await);
    let id = portal.say("bai", "Đếm xem").await.comment_id;
    desk.approve(&id).await;
    let devices = [portal.device().await, portal.device().await, portal.device().await];
    for device in devices.iter().chain(&devices[..1]) {
        portal.report(report(&id, device)).await.unwrap();
    }
    portal.report(report("7", &devices[0])).await.unwrap_err();
    let metrics = duyetd::ops::metric::install().unwrap().render();
    for (outcome, times) in [("COUNTED", 2), ("REQUEUED", 1), ("KNOWN", 1), ("VALIDATION_FAILED", 1)] {
        let line = format!("duyet_reports_total{{site=\"{site}\",outcome=\"{outcome}\"}} {times}");
        assert!(metrics.contains(&line), "no {line}");
    }
}

async fn a_note_is_stored_as_plain_text_and_a_resend_adds_none(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut desk, id) = (newsroom.desk(), newsroom.portal().say("bai", "Cần hỏi lại").await.comment_id);
    let request = v1::AddNoteRequest {
        comment_id: id.clone(),
        text: " Đã gọi <b>tác giả</b>.\r\n\u{202e}Chờ trả lời. ".into(),
        request_id: Uuid::new_v4().to_string(),
    };
    let first = desk.note(request.clone()).await.unwrap();
    assert_eq!((first.text.as_str(), first.actor.as_str()), ("Đã gọi <b>tác giả</b>.\nChờ trả lời.", "moderator"));
    assert_eq!(desk.note(request.clone()).await.unwrap(), first, "a resend returns the first note");
    let other = v1::AddNoteRequest { text: "Khác".into(), ..request.clone() };
    assert_eq!(reason(&desk.note(other).await.unwrap_err()), "REQUEST_ID_REUSED");
    let colleague = newsroom.desk_with(&newsroom.token("admin")).note(request.clone()).await;
    assert_eq!(reason(&colleague.unwrap_err()), "REQUEST_ID_REUSED", "another moderator's request is a different one");

    for (text, fits) in [("ễ".repeat(500), true), ("ễ".repeat(501), false), (" \u{200b}\n".into(), false)] {
        let request = v1::AddNoteRequest { text, request_id: Uuid::new_v4().to_string(), ..request.clone() };
        match desk.note(request).await {
            Ok(_) => assert!(fits),
            Err(status) => assert!(!fits && fields(&status) == ["text"]),
        }
    }
    let bare = desk.note(v1::AddNoteRequest::default()).await.unwrap_err();
    assert_eq!(fields(&bare), ["comment_id", "text", "request_id"]);
    let unknown = v1::AddNoteRequest { comment_id: Uuid::new_v4().to_string(), ..request.clone() };
    let unknown = v1::AddNoteRequest { request_id: Uuid::new_v4().to_string(), ..unknown };
    assert_eq!(reason(&desk.note(unknown).await.unwrap_err()), "COMMENT_NOT_FOUND");
    let mut neighbour = newsroom.desk_with(&newsroom.new_token("MODERATOR", "bao-vinh").await);
    assert_eq!(reason(&neighbour.note(request).await.unwrap_err()), "COMMENT_NOT_FOUND");

    let comment = desk.case(&id).await.comment.unwrap();
    assert_eq!(comment.revision, 1, "a note does not change the comment's revision");
}
