//! Tests of the submission of a comment: the order of checks, the captcha, resends.

use std::collections::HashSet;

use duyet_proto::v1::{self, Mode, Outcome};
use duyetd::domain::rate_limit::Quotas;
use tonic::Code;
use uuid::Uuid;

use crate::support::newsroom::{
    ANSWER, Database, Newsroom, decision, fields, fresh_challenge, on_both_databases, reason,
};

on_both_databases! {
    a_submitted_comment_is_public_after_approval,
    fifty_submits_with_one_challenge_store_one_comment,
    twenty_duplicates_of_one_request_get_the_same_response,
    a_wrong_answer_spends_the_challenge_and_returns_a_fresh_one,
    invalid_forms_and_denied_calls_never_spend_a_challenge,
    limits_are_checked_before_the_answer_to_a_challenge,
    a_request_id_with_another_payload_is_an_error,
    a_resend_after_the_article_closed_still_gets_its_response,
    post_mode_publishes_comments_and_holds_suspicious_ones,
    a_closed_article_denies_comments,
    a_reply_belongs_to_the_root_of_a_visible_comment,
    a_pass_is_valid_for_one_comment,
    a_challenge_of_another_article_is_invalid,
}

async fn a_submitted_comment_is_public_after_approval(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    // A phone may send a name in decomposed form (NFD).
    let mut form = portal.form("cau-moi", "Cầu đẹp quá, cảm ơn bà con").await;
    form.author_name = "Nguye\u{302}\u{303}n Thi\u{323} Lan".into();
    let submitted = portal.comments.submit_comment(form).await.unwrap().into_inner();
    assert_eq!(submitted.outcome(), Outcome::Pending);
    assert!(portal.list("cau-moi").await.comments.is_empty());

    let queue = desk.queue().await;
    assert_eq!((queue.total, queue.cases.len()), (1, 1));
    desk.approve(&submitted.comment_id).await;
    let page = portal.list("cau-moi").await;
    assert_eq!((page.total_count, page.comments.len()), (1, 1));
    assert_eq!(page.comments[0].author_name, "Nguyễn Thị Lan");
    assert!(page.comments[0].published_at.is_some());
}

async fn fifty_submits_with_one_challenge_store_one_comment(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    let form = portal.form("bai", "Lần đầu").await;
    let calls = (0..50).map(|number| {
        let mut portal = portal.clone();
        let form = v1::SubmitCommentRequest {
            content: format!("Lần {number}"),
            request_id: Uuid::new_v4().to_string(),
            ..form.clone()
        };
        tokio::spawn(async move { portal.comments.submit_comment(form).await })
    });
    let mut accepted = 0;
    for call in calls.collect::<Vec<_>>() {
        match call.await.unwrap() {
            Ok(_) => accepted += 1,
            Err(status) => assert_eq!(reason(&status), "CAPTCHA_USED"),
        }
    }
    assert_eq!(accepted, 1);
    assert_eq!(newsroom.desk().queue().await.total, 1);
}

async fn twenty_duplicates_of_one_request_get_the_same_response(database: Database) {
    // The server has the default quotas, which duplicates must not use up.
    let newsroom = Newsroom::open_with(database, |config| config.limits = Quotas::default()).await;
    let mut portal = newsroom.portal();
    let form = portal.form("bai", "Bấm nhiều lần").await;
    let calls = (0..20).map(|_| {
        let (mut portal, form) = (portal.clone(), form.clone());
        tokio::spawn(async move { portal.comments.submit_comment(form).await.unwrap().into_inner() })
    });
    let (mut answers, mut fresh) = (HashSet::new(), 0);
    for call in calls.collect::<Vec<_>>() {
        let answer = call.await.unwrap();
        fresh += usize::from(!answer.replayed);
        answers.insert((answer.comment_id, answer.receipt, answer.outcome));
    }
    assert_eq!((answers.len(), fresh), (1, 1));
    assert_eq!(newsroom.desk().queue().await.total, 1);
}

async fn a_wrong_answer_spends_the_challenge_and_returns_a_fresh_one(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    let form = portal.form("bai", "Hay").await;
    let wrong = v1::SubmitCommentRequest { challenge_answer: "CCCCC".into(), ..form.clone() };
    let status = portal.comments.submit_comment(wrong).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "CAPTCHA_INCORRECT"));
    assert_eq!(fields(&status), ["challenge_answer"]);

    let status2 = portal.comments.submit_comment(form.clone()).await.unwrap_err();
    assert_eq!(reason(&status2), "CAPTCHA_USED", "the challenge is spent, so the correct answer fails");

    let fresh = fresh_challenge(&status).expect("the error must contain a fresh challenge");
    let again = v1::SubmitCommentRequest { challenge_token: fresh.token, ..form };
    let submitted = portal.comments.submit_comment(again).await.unwrap().into_inner();
    assert_eq!(submitted.outcome(), Outcome::Pending);
}

async fn invalid_forms_and_denied_calls_never_spend_a_challenge(database: Database) {
    let newsroom =
        Newsroom::open_with(database, |config| config.limits.submits_per_device = "2/1h".parse().unwrap()).await;
    let mut portal = newsroom.portal();
    let form = portal.form("bai", "Một").await;
    let device = form.client.clone();
    // A wrong answer would spend its challenge as soon as it is checked.
    let wrong = "CCCCC".to_owned();
    let empty =
        v1::SubmitCommentRequest { content: " \u{200b} ".into(), challenge_answer: wrong.clone(), ..form.clone() };
    assert_eq!(fields(&portal.comments.submit_comment(empty).await.unwrap_err()), ["content"]);
    portal.comments.submit_comment(form).await.unwrap();

    let second = v1::SubmitCommentRequest { client: device.clone(), ..portal.form("bai", "Hai").await };
    portal.comments.submit_comment(second).await.unwrap();
    let third = v1::SubmitCommentRequest { client: device, ..portal.form("bai", "Ba").await };
    let late = v1::SubmitCommentRequest { challenge_answer: wrong, ..third.clone() };
    let status = portal.comments.submit_comment(late).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::ResourceExhausted, "RATE_LIMITED"));
    let retry = tonic_types::StatusExt::get_details_retry_info(&status).and_then(|info| info.retry_delay).unwrap();
    assert!(retry.as_secs() > 60 && retry.as_secs() <= 1_800, "{retry:?}");

    // The failed form is accepted from another device: its challenge was not spent.
    let other = v1::SubmitCommentRequest { client: None, ..third };
    portal.comments.submit_comment(other).await.unwrap();
}

async fn limits_are_checked_before_the_answer_to_a_challenge(database: Database) {
    let narrow = |config: &mut duyetd::config::Config| {
        config.limits.challenges_per_device = "1/1h".parse().unwrap();
        config.limits.submits_per_device = "1/1h".parse().unwrap();
    };
    let newsroom = Newsroom::open_with(database, narrow).await;
    let mut portal = newsroom.portal();
    let client = portal.form("bai", "x").await.client;
    let issue = v1::IssueChallengeRequest { article_id: "bai".into(), client: client.clone(), ..Default::default() };
    portal.captcha.issue_challenge(issue.clone()).await.unwrap();
    assert_eq!(reason(&portal.captcha.issue_challenge(issue).await.unwrap_err()), "RATE_LIMITED");

    let spent = portal.form("bai", "Một").await;
    portal.comments.submit_comment(v1::SubmitCommentRequest { client: client.clone(), ..spent }).await.unwrap();
    let verify = v1::VerifyChallengeRequest {
        token: portal.challenge("bai").await.token,
        answer: "CCCCC".into(),
        article_id: "bai".into(),
        request_id: Uuid::new_v4().to_string(),
        client,
    };
    assert_eq!(reason(&portal.captcha.verify_challenge(verify.clone()).await.unwrap_err()), "RATE_LIMITED");
    let other = v1::VerifyChallengeRequest { answer: ANSWER.into(), client: None, ..verify };
    portal.captcha.verify_challenge(other).await.expect("neither the challenge nor the request id was used up");
}

async fn a_request_id_with_another_payload_is_an_error(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    let form = portal.form("bai", "Một").await;
    portal.comments.submit_comment(form.clone()).await.unwrap();
    let other = v1::SubmitCommentRequest { content: "Hai".into(), ..form };
    let status = portal.comments.submit_comment(other).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::InvalidArgument, "REQUEST_ID_REUSED"));
}

async fn a_resend_after_the_article_closed_still_gets_its_response(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    let form = portal.form("bai", "Một").await;
    let first = portal.comments.submit_comment(form.clone()).await.unwrap().into_inner();
    newsroom.desk().set_mode("bai", Mode::Closed, 1).await;
    let resent = portal.comments.submit_comment(form).await.unwrap().into_inner();
    assert!(resent.replayed && resent.comment_id == first.comment_id && resent.receipt == first.receipt);
}

async fn post_mode_publishes_comments_and_holds_suspicious_ones(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    desk.set_mode("bai", Mode::Post, 0).await;
    let clean = portal.say("bai", "Bài viết rất hay").await;
    assert_eq!(clean.outcome(), Outcome::Published);
    assert!(clean.published_at.is_some());
    let spam = portal.say("bai", "Vay nhanh 0912 345 678, vào vay-nhanh.example.com").await;
    assert_eq!(spam.outcome(), Outcome::Pending);
    assert_eq!(portal.list("bai").await.total_count, 1);
    let case = desk.case(&spam.comment_id).await;
    let rules: Vec<_> = case.findings.iter().map(|finding| finding.rule.as_str()).collect();
    assert_eq!(rules, ["LINK", "PHONE_NUMBER", "SPAM_WORDS"]);
    let link = &case.findings[0];
    let content = case.comment.unwrap().content;
    assert_eq!(&content[link.start as usize..link.end as usize], "vay-nhanh.example.com");
}

async fn a_closed_article_denies_comments(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    newsroom.desk().set_mode("bai", Mode::Closed, 0).await;
    let form = portal.form("bai", "Muộn rồi").await;
    let wrong = v1::SubmitCommentRequest { challenge_answer: "CCCCC".into(), ..form.clone() };
    for form in [wrong, form.clone()] {
        let status = portal.comments.submit_comment(form).await.unwrap_err();
        assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "ARTICLE_CLOSED"));
    }
    assert_eq!(newsroom.desk().queue().await.total, 0);
    newsroom.desk().set_mode("bai", Mode::Pre, 1).await;
    portal.comments.submit_comment(form).await.expect("a closed article does not spend the challenge");
}

async fn a_reply_belongs_to_the_root_of_a_visible_comment(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let root = portal.say("bai", "Gốc").await.comment_id;
    let early = v1::SubmitCommentRequest { parent_id: root.clone(), ..portal.form("bai", "Sớm quá").await };
    let status = portal.comments.submit_comment(early).await.unwrap_err();
    assert_eq!(reason(&status), "COMMENT_NOT_FOUND", "a comment that is not visible cannot be replied to");
    desk.approve(&root).await;
    let reply = v1::SubmitCommentRequest { parent_id: root.clone(), ..portal.form("bai", "Trả lời").await };
    let reply = portal.comments.submit_comment(reply).await.unwrap().into_inner().comment_id;
    desk.approve(&reply).await;
    let deeper = v1::SubmitCommentRequest { parent_id: reply.clone(), ..portal.form("bai", "Đáp lại").await };
    let deeper = portal.comments.submit_comment(deeper).await.unwrap().into_inner().comment_id;
    desk.approve(&deeper).await;

    let page = portal.list("bai").await;
    assert_eq!((page.total_count, page.comments.len(), page.comments[0].reply_count), (3, 1, 2));
    let last = &page.comments[0].replies[1];
    assert_eq!((&last.parent_id, &last.reply_to), (&root, &reply));
    desk.decide(v1::DecideRequest { expected_revision: 2, ..decision(&root, v1::Action::Reject) }).await.unwrap();
    let page = portal.list("bai").await;
    let tombstone = &page.comments[0];
    assert_eq!((tombstone.content.as_str(), tombstone.replies.len(), page.total_count), ("", 2, 2));
}

async fn a_pass_is_valid_for_one_comment(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    let challenge = portal.challenge("bai").await;
    let verify = v1::VerifyChallengeRequest {
        token: challenge.token,
        answer: format!(" {} ", ANSWER.to_lowercase()),
        article_id: "bai".into(),
        request_id: Uuid::new_v4().to_string(),
        ..Default::default()
    };
    let pass = portal.captcha.verify_challenge(verify.clone()).await.unwrap().into_inner().pass_token;
    let resent = portal.captcha.verify_challenge(verify.clone()).await.unwrap().into_inner().pass_token;
    assert_eq!(pass, resent, "a resend gets the first response");
    let replay = v1::VerifyChallengeRequest { request_id: Uuid::new_v4().to_string(), ..verify };
    assert_eq!(reason(&portal.captcha.verify_challenge(replay).await.unwrap_err()), "CAPTCHA_USED");

    let form = portal.form("bai", "Qua cửa").await;
    let form = v1::SubmitCommentRequest { challenge_token: pass.clone(), challenge_answer: String::new(), ..form };
    portal.comments.submit_comment(form).await.unwrap();
    let form = portal.form("bai", "Lần nữa").await;
    let form = v1::SubmitCommentRequest { challenge_token: pass, challenge_answer: String::new(), ..form };
    assert_eq!(reason(&portal.comments.submit_comment(form).await.unwrap_err()), "CAPTCHA_USED");
}

async fn a_challenge_of_another_article_is_invalid(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    let form = portal.form("bai-a", "Hay").await;
    let other = v1::SubmitCommentRequest { article_id: "bai-b".into(), ..form.clone() };
    assert_eq!(reason(&portal.comments.submit_comment(other).await.unwrap_err()), "CAPTCHA_INVALID");
    let none = v1::SubmitCommentRequest { challenge_token: String::new(), ..form };
    let status = portal.comments.submit_comment(none).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::FailedPrecondition, "CAPTCHA_REQUIRED"));
    assert!(fresh_challenge(&status).is_some());
}
