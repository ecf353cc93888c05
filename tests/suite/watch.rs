//! Tests of watching the queue: changes by one moderator are streamed to the others, on every replica.

use duyet_proto::v1::{self, Action, CommentStatus, QueueEvent, QueueFilter, WatchQueueResponse};
use duyetd::server;
use tonic::{Code, Streaming};
use uuid::Uuid;

use crate::support::newsroom::{
    Database, Desk, Newsroom, decision, desk_at, fields, on_both_databases, portal_at, reason,
};

on_both_databases! {
    a_decision_of_one_moderator_is_streamed_to_others,
    reports_decisions_and_takedowns_are_streamed,
    a_watch_begins_with_the_queue_length_and_applies_its_filter,
    a_watch_ends_cleanly_at_a_shutdown,
    a_watch_that_is_not_read_delays_no_other_call,
    a_watch_streams_only_its_own_site,
}

async fn watch(desk: &Desk, filter: QueueFilter) -> Streaming<WatchQueueResponse> {
    let request = v1::WatchQueueRequest { filter: Some(filter) };
    desk.moderation.clone().watch_queue(request).await.unwrap().into_inner()
}

async fn begun(desk: &Desk, filter: QueueFilter) -> (Streaming<WatchQueueResponse>, i64) {
    let mut stream = watch(desk, filter).await;
    let first = stream.message().await.unwrap().unwrap();
    assert_eq!((first.event(), first.comment_id.as_str(), first.case), (QueueEvent::Heartbeat, "", None));
    (stream, first.total)
}

/// Returns the next `event` about a comment; other events may come before it and are skipped.
async fn event_about(stream: &mut Streaming<WatchQueueResponse>, id: &str, event: QueueEvent) -> v1::ReviewCase {
    loop {
        let said = stream.message().await.unwrap().expect("the watch ended");
        if said.comment_id == id && said.event() == event {
            let case = said.case.unwrap();
            assert_eq!(case.comment.as_ref().unwrap().id, id);
            return case;
        }
    }
}

async fn a_decision_of_one_moderator_is_streamed_to_others(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut lan, minh) = (newsroom.desk(), newsroom.desk_with(&newsroom.token("admin")));
    let (mut seen, total) = begun(&minh, QueueFilter::default()).await;
    assert_eq!(total, 0);
    let id = newsroom.portal().say("bai", "Tôi có ý kiến").await.comment_id;
    let case = event_about(&mut seen, &id, QueueEvent::Waiting).await;
    let comment = case.comment.unwrap();
    assert_eq!((comment.content.as_str(), comment.revision), ("Tôi có ý kiến", 1));
    lan.approve(&id).await;
    let case = event_about(&mut seen, &id, QueueEvent::Left).await;
    assert_eq!(case.comment.unwrap().status(), CommentStatus::Approved);
    lan.decide(v1::DecideRequest { expected_revision: 2, ..decision(&id, Action::Requeue) }).await.unwrap();
    assert_eq!(event_about(&mut seen, &id, QueueEvent::Waiting).await.comment.unwrap().revision, 3);
}

async fn reports_decisions_and_takedowns_are_streamed(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    desk.set_mode("bai", v1::Mode::Post, 0).await;
    let status = vec![CommentStatus::Approved.into()];
    let unreviewed = QueueFilter { status, unreviewed: true, ..Default::default() };
    let (mut unseen, _) = begun(&desk, unreviewed).await;
    let (mut waiting, _) = begun(&desk, QueueFilter::default()).await;
    let id = portal.say("bai", "Lên trang ngay").await.comment_id;
    event_about(&mut unseen, &id, QueueEvent::Waiting).await;
    event_about(&mut waiting, &id, QueueEvent::Left).await;
    desk.approve(&id).await;
    event_about(&mut unseen, &id, QueueEvent::Left).await;
    for _ in 0..3 {
        let device_token = portal.challenge("bai").await.device_token;
        let request = v1::ReportCommentRequest {
            comment_id: id.clone(),
            client: Some(v1::ReaderContext { device_token, ..Default::default() }),
            request_id: Uuid::new_v4().to_string(),
            ..Default::default()
        };
        portal.comments.report_comment(request).await.unwrap();
    }
    let case = event_about(&mut waiting, &id, QueueEvent::Waiting).await;
    assert_eq!((case.reports.unwrap().open, case.comment.unwrap().status()), (3, CommentStatus::Approved));
    desk.approve(&id).await;
    assert_eq!(event_about(&mut waiting, &id, QueueEvent::Left).await.reports.unwrap().open, 0);
    let request = v1::EscalateRequest {
        comment_id: id.clone(),
        kind: v1::TakedownKind::Complaint.into(),
        request_id: Uuid::new_v4().to_string(),
        ..Default::default()
    };
    let takedown = desk.moderation.escalate(request).await.unwrap().into_inner().takedown;
    let case = event_about(&mut waiting, &id, QueueEvent::Waiting).await;
    assert!(takedown.is_some() && case.takedown == takedown);
}

async fn a_watch_begins_with_the_queue_length_and_applies_its_filter(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, desk) = (newsroom.portal(), newsroom.desk());
    for number in 0..3 {
        portal.say("bai-a", &format!("Ý kiến số {number}")).await;
    }
    let of = |article: &str| QueueFilter { article_id: article.into(), ..Default::default() };
    let (_, everywhere) = begun(&desk, QueueFilter::default()).await;
    let (_, here) = begun(&desk, of("bai-a")).await;
    let (mut elsewhere, none) = begun(&desk, of("bai-b")).await;
    assert_eq!((everywhere, here, none), (3, 3, 0));
    let outside = portal.say("bai-a", "Chuyện của bài a").await.comment_id;
    let inside = portal.say("bai-b", "Chuyện của bài b").await.comment_id;
    let mut waiting = Vec::new();
    let mut heard = false;
    while waiting.is_empty() || !heard {
        let said = elsewhere.message().await.unwrap().unwrap();
        heard |= said.comment_id == outside && said.event() == QueueEvent::Left;
        if said.event() == QueueEvent::Waiting {
            waiting.push(said.comment_id);
        }
    }
    assert!(waiting.iter().all(|id| *id == inside), "{waiting:?}");
    let wrong = QueueFilter { max_score: Some(7.0), status: vec![99], ..Default::default() };
    let request = v1::WatchQueueRequest { filter: Some(wrong) };
    let status = desk.moderation.clone().watch_queue(request).await.unwrap_err();
    assert_eq!(fields(&status), ["filter.status", "filter.min_score"]);
}

async fn a_watch_ends_cleanly_at_a_shutdown(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let desk = newsroom.desk();
    let (mut first, _) = begun(&desk, QueueFilter::default()).await;
    let (mut second, _) = begun(&newsroom.desk(), QueueFilter::default()).await;
    newsroom.running.stop().await;
    for stream in [&mut first, &mut second] {
        while let Some(said) = stream.message().await.unwrap() {
            assert_ne!(said.event(), QueueEvent::Unspecified);
        }
    }
}

async fn a_watch_that_is_not_read_delays_no_other_call(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut lan) = (newsroom.portal(), newsroom.desk());
    let mut unread = Vec::new();
    for _ in 0..10 {
        unread.push(watch(&newsroom.desk(), QueueFilter::default()).await);
    }
    let (mut seen, _) = begun(&newsroom.desk(), QueueFilter::default()).await;
    for number in 0..30 {
        let id = portal.say("bai", &format!("{number} {}", "dài lắm ".repeat(200))).await.comment_id;
        if number % 10 == 9 {
            event_about(&mut seen, &id, QueueEvent::Waiting).await;
            lan.approve(&id).await;
            event_about(&mut seen, &id, QueueEvent::Left).await;
        }
    }
    newsroom.running.stop().await;
}

async fn a_watch_streams_only_its_own_site(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let stranger = newsroom.desk_with(&newsroom.new_token("MODERATOR", "bao-khac").await);
    let (mut theirs, _) = begun(&stranger, QueueFilter::default()).await;
    let (mut ours, _) = begun(&newsroom.desk(), QueueFilter::default()).await;
    let our_id = newsroom.portal().say("bai", "Chuyện nhà").await.comment_id;
    event_about(&mut ours, &our_id, QueueEvent::Waiting).await;
    let mut their_portal = newsroom.portal_with(&newsroom.new_token("PORTAL", "bao-khac").await);
    let their_id = their_portal.say("bai", "Chuyện người").await.comment_id;
    // This event is sent after the one that must not be sent, so the loop would see that one before.
    loop {
        let said = theirs.message().await.unwrap().unwrap();
        assert_ne!(said.comment_id, our_id);
        if said.comment_id == their_id {
            break;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn watches_beyond_the_limit_are_denied_until_one_ends() {
    let newsroom = Newsroom::open(Database::Sqlite).await;
    // One token may hold a quarter of all watches, and one site three quarters.
    let mut desks = vec![newsroom.desk(), newsroom.desk_with(&newsroom.token("admin"))];
    desks.push(newsroom.desk_with(&newsroom.new_token("MODERATOR", "default").await));
    desks.push(newsroom.desk_with(&newsroom.new_token("MODERATOR", "bao-moi").await));
    let other = newsroom.desk_with(&newsroom.new_token("MODERATOR", "bao-hue").await);
    let mut open = Vec::new();
    for n in 0..256 {
        open.push(begun(&desks[n / 64], QueueFilter::default()).await);
    }
    let request = v1::WatchQueueRequest::default();
    let status = other.moderation.clone().watch_queue(request.clone()).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unavailable, "OVERLOADED"));
    open.pop();
    while other.moderation.clone().watch_queue(request.clone()).await.is_err() {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_streams_changes_of_another_replica() {
    let newsroom = Newsroom::open(Database::Postgres).await;
    let other = server::start(newsroom.config.clone()).await.unwrap();
    let their_desk = desk_at(other.grpc_addr, &newsroom.token("admin"));
    let (mut here, _) = begun(&newsroom.desk(), QueueFilter::default()).await;
    let (mut there, _) = begun(&their_desk, QueueFilter::default()).await;
    let id = portal_at(other.grpc_addr, &newsroom.token("portal")).say("bai", "Từ máy bên kia").await.comment_id;
    event_about(&mut here, &id, QueueEvent::Waiting).await;
    newsroom.desk().approve(&id).await;
    event_about(&mut there, &id, QueueEvent::Left).await;
    // One replica stops, and the watch on the other one continues.
    other.stop().await;
    while there.message().await.unwrap().is_some() {}
    let id = newsroom.portal().say("bai", "Máy này vẫn chạy").await.comment_id;
    event_about(&mut here, &id, QueueEvent::Waiting).await;
    newsroom.running.stop().await;
}
