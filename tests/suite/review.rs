//! What moderators do: queue, case, concurrent decisions, audit, article policy.

use duyet_proto::v1::{self, Action, CommentStatus, Mode, QueueFilter, QueueOrder, Reason};
use tonic::Code;
use uuid::Uuid;

use crate::support::newsroom::{Database, Newsroom, decision, fields, on_both_databases, reason};

on_both_databases! {
    the_second_of_two_decisions_fails_and_names_the_first_moderator,
    a_resent_decision_is_executed_once,
    a_decision_needs_revision_reason_and_request,
    status_changes_follow_the_documented_table,
    a_queue_is_filtered_ordered_and_paged,
    a_case_shows_author_history_and_decisions,
    the_audit_lists_actor_and_action_of_each_decision,
    an_article_is_changed_at_the_expected_revision_only,
    one_moderator_of_twenty_wins,
}

async fn the_second_of_two_decisions_fails_and_names_the_first_moderator(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let id = newsroom.portal().say("bai", "Tranh cãi").await.comment_id;
    newsroom.desk_with(&newsroom.token("admin")).approve(&id).await;
    let mut desk = newsroom.desk();
    let status = desk.decide(decision(&id, Action::Reject)).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Aborted, "STALE_REVISION"));
    let info = tonic_types::StatusExt::get_details_error_info(&status).unwrap();
    let named = ["current_status", "current_revision", "decided_by"].map(|key| info.metadata[key].as_str());
    assert_eq!(named, ["APPROVED", "2", "admin"]);
    assert!(info.metadata.contains_key("decided_at"));

    let same = desk.decide(decision(&id, Action::Approve)).await.unwrap();
    assert!(!same.changed && same.decided_by == "admin");
}

async fn a_resent_decision_is_executed_once(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut desk, id) = (newsroom.desk(), newsroom.portal().say("bai", "Hay").await.comment_id);
    let request = decision(&id, Action::Approve);
    let first = desk.decide(request.clone()).await.unwrap();
    let second = desk.decide(request.clone()).await.unwrap();
    assert_eq!(first, second);
    let other = v1::DecideRequest { action: Action::Spam.into(), ..request };
    assert_eq!(reason(&desk.decide(other).await.unwrap_err()), "REQUEST_ID_REUSED");
    assert_eq!(desk.case(&id).await.decisions.len(), 1);
}

async fn a_decision_needs_revision_reason_and_request(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut desk, id) = (newsroom.desk(), newsroom.portal().say("bai", "Hay").await.comment_id);
    let bare = v1::DecideRequest { comment_id: id.clone(), action: Action::Reject.into(), ..Default::default() };
    assert_eq!(fields(&desk.decide(bare).await.unwrap_err()), ["expected_revision", "request_id", "reason"]);
    let other = v1::DecideRequest { reason: Reason::Other.into(), ..decision(&id, Action::Reject) };
    assert_eq!(fields(&desk.decide(other).await.unwrap_err()), ["note"]);
    let expired = v1::DecideRequest { reason: Reason::Expired.into(), ..decision(&id, Action::Reject) };
    assert_eq!(fields(&desk.decide(expired).await.unwrap_err()), ["reason"]);
    assert_eq!(desk.case(&id).await.comment.unwrap().status(), CommentStatus::Pending);
}

async fn status_changes_follow_the_documented_table(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut desk, id) = (newsroom.desk(), newsroom.portal().say("bai", "Hay").await.comment_id);
    let steps = [
        (Action::Reject, CommentStatus::Rejected),
        (Action::Requeue, CommentStatus::Pending),
        (Action::Approve, CommentStatus::Approved),
        (Action::Reject, CommentStatus::Removed),
        (Action::Spam, CommentStatus::Spam),
        (Action::Reject, CommentStatus::Rejected),
        (Action::Approve, CommentStatus::Approved),
    ];
    let mut published = None;
    for (revision, (action, expected)) in (1..).zip(steps) {
        let request = v1::DecideRequest { expected_revision: revision, ..decision(&id, action) };
        let comment = desk.decide(request).await.unwrap().comment.unwrap();
        assert_eq!((comment.status(), comment.revision), (expected, revision + 1));
        published = published.or(comment.published_at);
        assert_eq!(comment.published_at, published, "published_at is set once");
    }
    let unknown = decision(&Uuid::new_v4().to_string(), Action::Approve);
    assert_eq!(desk.decide(unknown).await.unwrap_err().code(), Code::NotFound);
}

async fn a_queue_is_filtered_ordered_and_paged(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    for number in 0..5 {
        portal.say("bai-a", &format!("Đường phố sạch đẹp {number}")).await;
    }
    let spam = portal.say("bai-b", "Gọi ngay 0912345678").await.comment_id;
    let ask = async |filter: QueueFilter| {
        let request = v1::ListQueueRequest { filter: Some(filter), ..Default::default() };
        newsroom.desk().moderation.list_queue(request).await.unwrap().into_inner().total
    };
    assert_eq!(ask(QueueFilter::default()).await, 6);
    assert_eq!(ask(QueueFilter { article_id: "bai-a".into(), ..Default::default() }).await, 5);
    for (query, ignore_marks, found) in [
        ("duong pho", true, 5),
        ("duong pho", false, 0),
        ("ĐƯỜNG PHỐ", false, 5),
        ("đường đẹp", false, 5),
        ("\"đường phố\" 3", false, 1),
        ("\"đường đẹp\"", false, 0),
    ] {
        assert_eq!(
            ask(QueueFilter { query: query.into(), ignore_marks, ..Default::default() }).await,
            found,
            "{query}"
        );
    }
    assert_eq!(ask(QueueFilter { rule: "PHONE_NUMBER".into(), ..Default::default() }).await, 1);
    assert_eq!(ask(QueueFilter { min_score: Some(0.4), ..Default::default() }).await, 1);
    let approved = QueueFilter { status: vec![CommentStatus::Approved.into()], ..Default::default() };
    assert_eq!(ask(approved).await, 0);

    let by_score = v1::ListQueueRequest { order: QueueOrder::Score.into(), page_size: 4, ..Default::default() };
    let first = desk.moderation.list_queue(by_score.clone()).await.unwrap().into_inner();
    assert_eq!(first.cases[0].comment.as_ref().unwrap().id, spam);
    let second = v1::ListQueueRequest { page_token: first.next_page_token, ..by_score };
    let second = desk.moderation.list_queue(second).await.unwrap().into_inner();
    assert_eq!((first.cases.len(), second.cases.len(), second.next_page_token.as_str()), (4, 2, ""));
}

async fn a_case_shows_author_history_and_decisions(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let form = portal.form("bai", "Ý kiến thứ nhất của tôi").await;
    let device = form.client.clone();
    let first = portal.comments.submit_comment(form).await.unwrap().into_inner().comment_id;
    desk.approve(&first).await;
    let form = v1::SubmitCommentRequest {
        client: device,
        article_title: "Cầu mới".into(),
        article_url: "https://bao.example/cau-moi".into(),
        ..portal.form("bai", "Ý kiến thứ hai của tôi").await
    };
    let second = portal.comments.submit_comment(form).await.unwrap().into_inner().comment_id;
    let case = desk.case(&second).await;
    let history = case.author_history.unwrap();
    assert_eq!((history.approved, history.pending, history.author.len()), (1, 0, 16));
    assert_eq!((case.article_title.as_str(), case.article_url.as_str()), ("Cầu mới", "https://bao.example/cau-moi"));
    assert!(case.findings.iter().all(|finding| finding.rule != "OTHER_DEVICE" || finding.weight < 1.0));
    assert_eq!(desk.case(&first).await.decisions[0].actor, "moderator");
}

async fn the_audit_lists_actor_and_action_of_each_decision(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    for number in 0..3 {
        let id = portal.say("bai", &format!("Số {number}")).await.comment_id;
        desk.approve(&id).await;
    }
    desk.set_mode("bai", Mode::Closed, 1).await;
    let ask = |request| async { newsroom.desk().moderation.list_audit(request).await.unwrap().into_inner() };
    let all = ask(v1::ListAuditRequest::default()).await.entries;
    let actions: Vec<_> = all.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["UPDATE_ARTICLE", "APPROVE", "APPROVE", "APPROVE"]);
    assert!(all.iter().all(|entry| entry.actor == "moderator" && !entry.request_id.is_empty()));
    let page = ask(v1::ListAuditRequest { page_size: 3, ..Default::default() }).await;
    let rest = ask(v1::ListAuditRequest { page_size: 3, page_token: page.next_page_token, ..Default::default() }).await;
    assert_eq!((page.entries.len(), rest.entries.len()), (3, 1));
    assert!(ask(v1::ListAuditRequest { actor: "unknown".into(), ..Default::default() }).await.entries.is_empty());
    assert_eq!(ask(v1::ListAuditRequest { action: "APPROVE".into(), ..Default::default() }).await.entries.len(), 3);
}

async fn an_article_is_changed_at_the_expected_revision_only(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut desk = newsroom.desk();
    let made = desk.set_mode("bai", Mode::Post, 0).await;
    assert_eq!((made.revision, made.effective_mode()), (1, Mode::Post));
    let article = v1::ArticlePolicy { article_id: "bai".into(), mode: Mode::Pre.into(), ..Default::default() };
    let stale = v1::UpdateArticleRequest {
        article: Some(article.clone()),
        request_id: Uuid::new_v4().to_string(),
        ..Default::default()
    };
    let status = desk.policy.update_article(stale).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Aborted, "STALE_REVISION"));
    let close_at = prost_types::Timestamp { seconds: 1, nanos: 0 };
    let closing = v1::UpdateArticleRequest {
        article: Some(v1::ArticlePolicy { revision: 1, close_at: Some(close_at), ..article }),
        update_mask: Some(prost_types::FieldMask { paths: vec!["close_at".into()] }),
        request_id: Uuid::new_v4().to_string(),
    };
    let closed = desk.policy.update_article(closing.clone()).await.unwrap().into_inner().article.unwrap();
    assert_eq!((closed.mode(), closed.effective_mode(), closed.revision), (Mode::Post, Mode::Closed, 2));
    let resent = desk.policy.update_article(closing).await.unwrap().into_inner().article.unwrap();
    assert_eq!(resent.revision, 2, "a resend changes nothing");
    assert_eq!(newsroom.portal().list("bai").await.mode(), Mode::Closed);
}

async fn one_moderator_of_twenty_wins(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let id = newsroom.portal().say("bai", "Ai duyệt trước?").await.comment_id;
    let desk = newsroom.desk();
    let calls = (0..20).map(|number| {
        let mut desk = desk.clone();
        let action = if number % 2 == 0 { Action::Approve } else { Action::Reject };
        let request = decision(&id, action);
        tokio::spawn(async move { desk.decide(request).await })
    });
    let mut changed = 0;
    for call in calls.collect::<Vec<_>>() {
        match call.await.unwrap() {
            Ok(decided) => changed += usize::from(decided.changed),
            Err(status) => assert_eq!(reason(&status), "STALE_REVISION"),
        }
    }
    assert_eq!(changed, 1);
    assert_eq!(newsroom.desk().case(&id).await.decisions.len(), 1);
}
