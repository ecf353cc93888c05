//! Tests of everything that readers see: pages, receipts, tombstones, hidden articles, counts.

use std::collections::HashSet;

use duyet_proto::v1::{self, CommentStatus, Mode, Order};

use crate::support::newsroom::{Database, Newsroom, decision, on_both_databases, reason};

on_both_databases! {
    pages_neither_repeat_nor_skip_while_comments_are_approved,
    a_receipt_shows_the_readers_own_pending_comment,
    a_hidden_article_shows_and_counts_nothing,
    counts_follow_decisions,
    replies_after_the_third_have_a_page_token_of_their_own,
    a_page_token_is_valid_for_its_own_list_only,
    another_site_cannot_read_or_change_a_comment,
    replies_stay_visible_after_any_decision_on_their_root,
    a_comment_marked_as_spam_looks_pending_to_its_author,
}

async fn pages_neither_repeat_nor_skip_while_comments_are_approved(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let mut first = HashSet::new();
    for number in 0..100 {
        let id = portal.say("bai", &format!("Bình luận số {number}")).await.comment_id;
        desk.approve(&id).await;
        first.insert(id);
    }
    for order in [Order::Newest, Order::Oldest] {
        let (mut seen, mut page_token) = (Vec::new(), String::new());
        loop {
            let request = v1::ListCommentsRequest {
                article_id: "bai".into(),
                order: order.into(),
                page_size: 7,
                page_token,
                ..Default::default()
            };
            let page = portal.page(request).await;
            seen.extend(page.comments.into_iter().map(|comment| comment.id));
            // Another comment is published between any two pages.
            let late = portal.say("bai", &format!("Thêm {} {order:?}", seen.len())).await;
            if seen.len() < 100 {
                desk.approve(&late.comment_id).await;
            }
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        let unique: HashSet<_> = seen.iter().cloned().collect();
        assert_eq!(unique.len(), seen.len(), "no comment is repeated in the order {order:?}");
        assert!(first.is_subset(&unique), "no comment is missing in the order {order:?}");
    }
}

async fn a_receipt_shows_the_readers_own_pending_comment(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let mine = portal.say("bai", "Của tôi").await;
    portal.say("bai", "Của người khác").await;
    let request = v1::ListCommentsRequest {
        article_id: "bai".into(),
        receipts: vec![mine.receipt.clone(), "not-a-receipt".into()],
        ..Default::default()
    };
    let page = portal.page(request.clone()).await;
    assert_eq!((page.comments.len(), page.total_count), (1, 0));
    assert!(page.comments[0].own && page.comments[0].status() == CommentStatus::Pending);

    let get = v1::GetCommentRequest { id: mine.comment_id.clone(), receipts: vec![mine.receipt.clone()] };
    assert!(portal.comments.get_comment(get).await.unwrap().into_inner().comment.unwrap().own);
    let stranger = v1::GetCommentRequest { id: mine.comment_id.clone(), receipts: vec![] };
    assert_eq!(reason(&portal.comments.get_comment(stranger.clone()).await.unwrap_err()), "COMMENT_NOT_FOUND");

    desk.approve(&mine.comment_id).await;
    let page = portal.page(request).await;
    assert_eq!((page.comments.len(), page.total_count), (1, 1), "the comment is shown once after approval");
    assert!(portal.comments.get_comment(stranger).await.is_ok());
}

async fn a_hidden_article_shows_and_counts_nothing(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let id = portal.say("bai", "Có mặt").await.comment_id;
    desk.approve(&id).await;
    desk.set_mode("bai", Mode::Hidden, 1).await;
    let page = portal.list("bai").await;
    assert_eq!((page.comments.len(), page.total_count, page.mode()), (0, 0, Mode::Hidden));
    let get = v1::GetCommentRequest { id, receipts: vec![] };
    assert!(portal.comments.get_comment(get).await.is_err());
    let counts = v1::CountCommentsRequest { article_ids: vec!["bai".into()] };
    assert_eq!(portal.comments.count_comments(counts).await.unwrap().into_inner().counts["bai"], 0);
}

async fn counts_follow_decisions(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let id = portal.say("bai", "Đếm tôi").await.comment_id;
    let request = v1::CountCommentsRequest { article_ids: vec!["bai".into(), "chua-co".into()] };
    for (action, revision, expected) in
        [(v1::Action::Approve, 1, 1), (v1::Action::Reject, 2, 0), (v1::Action::Approve, 3, 1), (v1::Action::Spam, 4, 0)]
    {
        desk.decide(v1::DecideRequest { expected_revision: revision, ..decision(&id, action) }).await.unwrap();
        let counts = portal.comments.count_comments(request.clone()).await.unwrap().into_inner().counts;
        assert_eq!((counts["bai"], counts["chua-co"]), (expected, 0), "{action:?}");
        assert_eq!(portal.list("bai").await.total_count, expected);
    }
}

async fn replies_after_the_third_have_a_page_token_of_their_own(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let root = portal.say("bai", "Gốc").await.comment_id;
    desk.approve(&root).await;
    for number in 0..8 {
        let form = v1::SubmitCommentRequest {
            parent_id: root.clone(),
            ..portal.form("bai", &format!("Trả lời {number}")).await
        };
        let id = portal.comments.submit_comment(form).await.unwrap().into_inner().comment_id;
        desk.approve(&id).await;
    }
    let listed = portal.list("bai").await.comments.remove(0);
    let mut contents: Vec<_> = listed.replies.iter().map(|reply| reply.content.clone()).collect();
    assert_eq!((contents.len(), listed.reply_count), (3, 8));
    let mut page_token = listed.next_reply_page_token;
    while !page_token.is_empty() {
        let request = v1::ListCommentsRequest {
            article_id: "bai".into(),
            parent_id: root.clone(),
            order: Order::Oldest.into(),
            page_size: 2,
            page_token,
            ..Default::default()
        };
        let page = portal.page(request).await;
        contents.extend(page.comments.into_iter().map(|reply| reply.content));
        page_token = page.next_page_token;
    }
    assert_eq!(contents, (0..8).map(|number| format!("Trả lời {number}")).collect::<Vec<_>>());
}

async fn a_page_token_is_valid_for_its_own_list_only(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    for number in 0..3 {
        let id = portal.say("bai", &format!("Số {number}")).await.comment_id;
        desk.approve(&id).await;
    }
    let request = v1::ListCommentsRequest { article_id: "bai".into(), page_size: 1, ..Default::default() };
    let token = portal.page(request.clone()).await.next_page_token;
    let with_token = v1::ListCommentsRequest { page_token: token.clone(), ..request };
    assert_eq!(portal.page(with_token.clone()).await.comments.len(), 1);
    let mut flipped = token.clone().into_bytes();
    flipped[40] ^= 1;
    let strange = [
        v1::ListCommentsRequest { article_id: "khac".into(), ..with_token.clone() },
        v1::ListCommentsRequest { order: Order::Oldest.into(), ..with_token.clone() },
        v1::ListCommentsRequest { page_token: "abc".into(), ..with_token.clone() },
        v1::ListCommentsRequest { page_token: String::from_utf8_lossy(&flipped).into_owned(), ..with_token.clone() },
    ];
    let mut abroad = newsroom.portal_with(&newsroom.new_token("PORTAL", "bao-khac").await);
    let status = abroad.comments.list_comments(with_token).await.unwrap_err();
    assert_eq!(reason(&status), "PAGE_TOKEN_INVALID", "a page token is invalid on another site");
    for request in strange {
        let status = portal.comments.list_comments(request).await.unwrap_err();
        assert_eq!(reason(&status), "PAGE_TOKEN_INVALID");
    }
    let queue = v1::ListQueueRequest { page_token: token, ..Default::default() };
    assert_eq!(reason(&desk.moderation.list_queue(queue).await.unwrap_err()), "PAGE_TOKEN_INVALID");
}

async fn another_site_cannot_read_or_change_a_comment(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mine = newsroom.portal().say("bai", "Của báo này").await;
    newsroom.desk().approve(&mine.comment_id).await;
    let mut portal = newsroom.portal_with(&newsroom.new_token("PORTAL", "bao-khac").await);
    let mut desk = newsroom.desk_with(&newsroom.new_token("ADMIN", "bao-khac").await);
    let id = mine.comment_id;
    assert_eq!(portal.list("bai").await.total_count, 0);
    assert_eq!(desk.queue().await.total, 0);
    let get = v1::GetCommentRequest { id: id.clone(), receipts: vec![mine.receipt] };
    assert_eq!(reason(&portal.comments.get_comment(get).await.unwrap_err()), "COMMENT_NOT_FOUND");
    let rejection = desk.decide(v1::DecideRequest { expected_revision: 2, ..decision(&id, v1::Action::Reject) }).await;
    assert_eq!(reason(&rejection.unwrap_err()), "COMMENT_NOT_FOUND");
    let article = v1::GetArticleRequest { article_id: "bai".into() };
    assert_eq!(reason(&desk.policy.get_article(article).await.unwrap_err()), "ARTICLE_NOT_FOUND");
    let challenge = newsroom.portal().challenge("bai").await;
    let form = v1::SubmitCommentRequest { challenge_token: challenge.token, ..portal.form("bai", "Mượn mã").await };
    assert_eq!(reason(&portal.comments.submit_comment(form).await.unwrap_err()), "CAPTCHA_INVALID");
    assert_eq!(newsroom.portal().list("bai").await.total_count, 1);
}

async fn replies_stay_visible_after_any_decision_on_their_root(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let root = portal.say("bai", "Gốc").await.comment_id;
    desk.approve(&root).await;
    let form = v1::SubmitCommentRequest { parent_id: root.clone(), ..portal.form("bai", "Trả lời").await };
    let reply = portal.comments.submit_comment(form).await.unwrap().into_inner().comment_id;
    desk.approve(&reply).await;
    for (revision, action) in [(2, v1::Action::Spam), (3, v1::Action::Requeue), (4, v1::Action::Reject)] {
        desk.decide(v1::DecideRequest { expected_revision: revision, ..decision(&root, action) }).await.unwrap();
        let page = portal.list("bai").await;
        assert_eq!((page.comments.len(), page.total_count), (1, 1), "{action:?}");
        let tombstone = &page.comments[0];
        assert_eq!((tombstone.status(), tombstone.content.as_str()), (CommentStatus::Removed, ""), "{action:?}");
        assert_eq!(tombstone.replies[0].id, reply);
    }
}

async fn a_comment_marked_as_spam_looks_pending_to_its_author(database: Database) {
    // This setting takes effect by default only after moderators have made enough decisions.
    let newsroom = Newsroom::open_with(database, |config| config.thresholds.auto_spam = true).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    super::learning::teach_casino(&mut portal, &mut desk).await;
    desk.set_mode("bai-moi", Mode::Hybrid, 0).await;
    let spam = portal.say("bai-moi", "Vào casino nhận thưởng lớn 0912 345 678, vào vay-nhanh.example.com").await;
    assert_eq!(desk.case(&spam.comment_id).await.comment.unwrap().status(), CommentStatus::Spam);
    let request = v1::ListCommentsRequest {
        article_id: "bai-moi".into(),
        receipts: vec![spam.receipt.clone()],
        ..Default::default()
    };
    let page = portal.page(request.clone()).await;
    assert_eq!(page.comments[0].status(), CommentStatus::Pending);
    let get = v1::GetCommentRequest { id: spam.comment_id.clone(), receipts: vec![spam.receipt] };
    let own = portal.comments.get_comment(get).await.unwrap().into_inner().comment.unwrap();
    assert_eq!(own.status(), CommentStatus::Pending);
    // After a moderator's decision, the comment's author does not see it any more either.
    desk.decide(decision(&spam.comment_id, v1::Action::Reject)).await.unwrap();
    assert!(portal.page(request).await.comments.is_empty());
}
