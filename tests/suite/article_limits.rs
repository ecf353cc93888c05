//! Limits of articles over the wire: calls without a correct answer do not use up an article's quota, and a part of
//! the quota is reserved for known readers.

#![cfg(test)] // so that helpers may unwrap, as tests may

use duyet_proto::v1;
use duyetd::domain::rate_limit::Quotas;
use tonic_types::StatusExt as _;
use uuid::Uuid;

use crate::support::{
    home::Home,
    newsroom::{ANSWER, Database, Newsroom, Portal, fresh_challenge, on_both_databases, reason, wide_quotas},
    readers::{Reader, send},
    redis::RedisServer,
};

on_both_databases! {
    submits_with_garbage_tokens_use_up_no_article_quota,
    unknown_readers_cannot_use_the_reserve_of_known_readers,
    a_denied_call_never_spends_the_challenge,
    the_challenge_limit_has_a_reserve_for_known_readers,
    a_wrong_answer_is_not_charged_as_a_submit,
    beyond_a_readers_limit_right_and_wrong_answers_get_the_same_denial,
    forged_tokens_are_denied_by_the_failure_limit,
    ipv6_addresses_are_limited_by_prefixes_of_three_lengths,
    reports_from_one_network_count_once_and_are_limited_by_article,
    a_known_readers_report_is_counted_separately_from_its_network,
}

fn limit(status: &tonic::Status) -> String {
    assert_eq!(reason(status), "RATE_LIMITED", "{status:?}");
    status.get_details_error_info().unwrap().metadata["limit"].clone()
}

async fn newsroom(database: Database, change: impl FnOnce(&mut Quotas)) -> Newsroom {
    let mut limits = wide_quotas();
    change(&mut limits);
    Newsroom::open_with(database, |config| config.limits = limits).await
}

async fn known_reader(newsroom: &Newsroom, ip: &str) -> Reader {
    let mut portal = newsroom.portal();
    let reader = Reader::new(&mut portal, "Lan", ip).await;
    let id = reader.comment(&mut portal, "bai-cu", "Bình luận đầu tiên của tôi").await;
    newsroom.desk().approve(&id).await;
    reader
}

/// Fills in a form with a correct answer by a new device at `ip`.
async fn newcomer(portal: &mut Portal, ip: &str, content: &str) -> v1::SubmitCommentRequest {
    let mut form = portal.form("bai", content).await;
    form.client.as_mut().unwrap().ip = ip.into();
    form
}

async fn submits_with_garbage_tokens_use_up_no_article_quota(database: Database) {
    for shared in [false, true] {
        let redis = shared.then(RedisServer::start);
        let mut limits = wide_quotas();
        limits.submits_per_article = "20/24h".parse().unwrap();
        limits.submits_per_site = "30/24h".parse().unwrap();
        let newsroom = Newsroom::open_with(database, |config| {
            config.limits = limits;
            config.redis_url = redis.as_ref().and_then(|redis| redis.url().parse().ok());
        })
        .await;
        let reader = known_reader(&newsroom, "203.0.113.7").await;
        let mut portal = newsroom.portal();
        let template = portal.form("bai", "Rác").await;
        for network in 0..5 {
            for number in 0..12 {
                let mut garbage = template.clone();
                garbage.challenge_token = format!("rac-{network}-{number}");
                garbage.request_id = Uuid::new_v4().to_string();
                garbage.client =
                    Some(v1::ReaderContext { ip: format!("2001:db8:{network}::{number}"), ..Default::default() });
                assert_eq!(reason(&send(&mut portal, garbage).await.unwrap_err()), "CAPTCHA_INVALID");
            }
        }
        reader.comment(&mut portal, "bai", "Người quen vẫn gửi được").await;
        let stranger = newcomer(&mut portal, "198.51.100.9", "Người mới cũng vậy").await;
        send(&mut portal, stranger).await.unwrap();
    }
}

async fn unknown_readers_cannot_use_the_reserve_of_known_readers(database: Database) {
    let newsroom = newsroom(database, |limits| limits.submits_per_article = "6/24h".parse().unwrap()).await;
    let reader = known_reader(&newsroom, "203.0.113.7").await;
    let mut portal = newsroom.portal();
    let mut taken = 0;
    for number in 0..8 {
        let form = newcomer(&mut portal, &format!("198.51.{number}.9"), &format!("Người mới thứ {number}")).await;
        match send(&mut portal, form).await {
            Ok(_) => taken += 1,
            Err(status) => assert_eq!(limit(&status), "SubmitsPerArticle"),
        }
    }
    assert_eq!(taken, 3, "half of the quota is reserved");
    for number in 0..3 {
        reader.comment(&mut portal, "bai", &format!("Người quen lần {number}")).await;
    }
    let over = reader.say(&mut portal, "bai", "Hết lượt thật").await.unwrap_err();
    assert_eq!(limit(&over), "SubmitsPerArticle");
}

async fn a_denied_call_never_spends_the_challenge(database: Database) {
    let newsroom = newsroom(database, |limits| {
        limits.submits_per_article = "2/24h".parse().unwrap();
        limits.challenges_per_article = "8/24h".parse().unwrap();
    })
    .await;
    let mut portal = newsroom.portal();
    // This call waits until an image is ready, because a challenge without a ready image would also be charged.
    portal.challenge("bai-khac").await;
    let home = Home::beside(&newsroom.config);
    let spent = "select count(*) from requests where nonce is not null";
    let first = newcomer(&mut portal, "198.51.1.9", "Một").await;
    send(&mut portal, first).await.unwrap();
    let second = newcomer(&mut portal, "198.51.2.9", "Hai").await;
    assert_eq!(limit(&send(&mut portal, second.clone()).await.unwrap_err()), "SubmitsPerArticle");
    assert_eq!(home.number(spent).await, 1);
    // Two of the four challenges that unknown readers may take are left.
    let verification = |token: &str| v1::VerifyChallengeRequest {
        token: token.into(),
        answer: ANSWER.into(),
        article_id: "bai".into(),
        request_id: Uuid::new_v4().to_string(),
        ..Default::default()
    };
    let token = portal.challenge("bai").await.token;
    portal.challenge("bai").await;
    let denied = portal.captcha.verify_challenge(verification(&token)).await.unwrap_err();
    assert_eq!(limit(&denied), "ChallengesPerArticle");
    assert_eq!(home.number(spent).await, 1);
    home.store.close().await;
}

async fn the_challenge_limit_has_a_reserve_for_known_readers(database: Database) {
    let newsroom = newsroom(database, |limits| limits.challenges_per_article = "8/24h".parse().unwrap()).await;
    let reader = known_reader(&newsroom, "203.0.113.7").await;
    let mut portal = newsroom.portal();
    let mut ask = async |client: v1::ReaderContext| {
        // The article is new, because the known reader already had a challenge on the other one.
        let request =
            v1::IssueChallengeRequest { article_id: "bai-moi".into(), client: Some(client), ..Default::default() };
        portal.captcha.issue_challenge(request).await
    };
    for number in 0..4 {
        ask(v1::ReaderContext { ip: format!("198.51.{number}.9"), ..Default::default() }).await.unwrap();
    }
    let denied = ask(v1::ReaderContext { ip: "198.51.9.9".into(), ..Default::default() }).await.unwrap_err();
    assert_eq!(limit(&denied), "ChallengesPerArticle");
    let known = v1::ReaderContext { device_token: reader.device_token.clone(), ..Default::default() };
    for _ in 0..4 {
        ask(known.clone()).await.unwrap();
    }
    assert_eq!(limit(&ask(known).await.unwrap_err()), "ChallengesPerArticle");
}

async fn a_wrong_answer_is_not_charged_as_a_submit(database: Database) {
    let newsroom = newsroom(database, |limits| limits.submits_per_device = "1/24h".parse().unwrap()).await;
    let mut portal = newsroom.portal();
    let mut form = portal.form("bai", "Nhìn mãi mới ra").await;
    for _ in 0..5 {
        form.challenge_answer = "KM7RC".into();
        let status = send(&mut portal, form.clone()).await.unwrap_err();
        assert_eq!(reason(&status), "CAPTCHA_INCORRECT");
        form.challenge_token = match fresh_challenge(&status) {
            Some(fresh) => fresh.token,
            // No image was ready on a busy machine.
            None => portal.challenge("bai").await.token,
        };
    }
    form.challenge_answer = ANSWER.into();
    send(&mut portal, form.clone()).await.unwrap();
    let next = v1::SubmitCommentRequest { client: form.client, ..portal.form("bai", "Câu thứ hai").await };
    assert_eq!(limit(&send(&mut portal, next).await.unwrap_err()), "SubmitsPerDevice");
}

/// Otherwise a reader beyond their limit could try answers until the named limit changes, without spending the
/// challenge.
async fn beyond_a_readers_limit_right_and_wrong_answers_get_the_same_denial(database: Database) {
    let newsroom = newsroom(database, |limits| {
        limits.submits_per_device = "1/1h".parse().unwrap();
        // Only a right answer is charged to the article, whose limit has the longest wait.
        limits.submits_per_article = "2/24h".parse().unwrap();
    })
    .await;
    let mut portal = newsroom.portal();
    let form = portal.form("bai", "Câu đầu").await;
    send(&mut portal, form.clone()).await.unwrap();
    let right = v1::SubmitCommentRequest { client: form.client, ..portal.form("bai", "Câu thứ hai").await };
    let request_id = Uuid::new_v4().to_string();
    let wrong = v1::SubmitCommentRequest { challenge_answer: "KM7RC".into(), request_id, ..right.clone() };
    for form in [wrong, right] {
        assert_eq!(limit(&send(&mut portal, form).await.unwrap_err()), "SubmitsPerDevice");
    }
}

async fn forged_tokens_are_denied_by_the_failure_limit(database: Database) {
    let newsroom = newsroom(database, |limits| limits.failures_per_device = "3/24h".parse().unwrap()).await;
    let mut portal = newsroom.portal();
    let reader = Reader::new(&mut portal, "Lan", "203.0.113.7").await;
    let right = reader.form(&mut portal, "bai", "Đúng rồi").await;
    for number in 0..3 {
        let forged = v1::SubmitCommentRequest {
            challenge_token: format!("gia-{number}"),
            request_id: Uuid::new_v4().to_string(),
            ..right.clone()
        };
        let status = send(&mut portal, forged).await.unwrap_err();
        assert_eq!(reason(&status), "CAPTCHA_INVALID");
    }
    assert_eq!(limit(&send(&mut portal, right.clone()).await.unwrap_err()), "FailuresPerDevice");
    let verification = v1::VerifyChallengeRequest {
        token: right.challenge_token.clone(),
        answer: ANSWER.into(),
        article_id: "bai".into(),
        client: right.client.clone(),
        request_id: Uuid::new_v4().to_string(),
    };
    let denied = portal.captcha.verify_challenge(verification).await.unwrap_err();
    assert_eq!(limit(&denied), "FailuresPerDevice");
    let elsewhere = Reader::new(&mut portal, "Mai", "198.51.100.9").await;
    let form = v1::SubmitCommentRequest { client: elsewhere.form(&mut portal, "bai", "").await.client, ..right };
    send(&mut portal, form).await.expect("the challenge was not spent");
}

async fn ipv6_addresses_are_limited_by_prefixes_of_three_lengths(database: Database) {
    let newsroom = newsroom(database, |limits| limits.submits_per_prefix = "1/24h".parse().unwrap()).await;
    let mut portal = newsroom.portal();
    let mut say = async |ip: String| {
        let form = newcomer(&mut portal, &ip, &format!("Từ {ip}")).await;
        send(&mut portal, form).await
    };
    assert!(say("2001:db8:1:0::1".into()).await.is_ok());
    assert_eq!(limit(&say("2001:db8:1:0::2".into()).await.unwrap_err()), "SubmitsPerPrefix");
    for narrow in 1..4 {
        say(format!("2001:db8:1:{narrow:x}::1")).await.unwrap();
    }
    assert_eq!(limit(&say("2001:db8:1:4::1".into()).await.unwrap_err()), "SubmitsPerPrefix56");
    for number in 4..16 {
        say(format!("2001:db8:1:{:x}::1", (number / 4) * 0x100 + number % 4)).await.unwrap();
    }
    assert_eq!(limit(&say("2001:db8:1:a00::1".into()).await.unwrap_err()), "SubmitsPerPrefix48");
    say("2001:db8:2::1".into()).await.expect("another /48 is not affected");
    say("203.0.113.7".into()).await.expect("an IPv4 address has a limit for its /24 only");
}

fn report(comment: &str, device_token: &str, ip: &str) -> v1::ReportCommentRequest {
    v1::ReportCommentRequest {
        comment_id: comment.into(),
        client: Some(v1::ReaderContext { ip: ip.into(), device_token: device_token.into() }),
        request_id: Uuid::new_v4().to_string(),
        ..Default::default()
    }
}

async fn waiting(newsroom: &Newsroom) -> i64 {
    let stats = newsroom.desk().moderation.get_stats(v1::GetStatsRequest::default()).await;
    stats.unwrap().into_inner().waiting
}

async fn reports_from_one_network_count_once_and_are_limited_by_article(database: Database) {
    let newsroom = newsroom(database, |limits| limits.reports_per_article = "30/24h".parse().unwrap()).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let mut ids = Vec::new();
    for number in 0..4 {
        let id = portal.say("bai", &format!("Ý kiến thứ {number}")).await.comment_id;
        desk.approve(&id).await;
        ids.push(id);
    }
    for number in 0..12 {
        let device = portal.challenge("bai").await.device_token;
        let ip = format!("2001:db8:1:{number:x}::1");
        portal.comments.report_comment(report(&ids[number % 4], &device, &ip)).await.unwrap();
    }
    assert_eq!(
        waiting(&newsroom).await,
        0,
        "three reports for each comment do not flag it, because all devices are in one /48"
    );
    portal.comments.report_comment(report(&ids[0], "", "203.0.113.7")).await.unwrap();
    assert_eq!(waiting(&newsroom).await, 1, "a report from another network flags the comment");
    // Unknown readers may send fifteen reports; thirteen have been sent.
    for (number, denied) in [(1, false), (2, false), (3, true)] {
        match portal.comments.report_comment(report(&ids[1], "", &format!("198.51.{number}.9"))).await {
            Ok(_) => assert!(!denied),
            Err(status) => assert_eq!((limit(&status).as_str(), denied), ("ReportsPerArticle", true)),
        }
    }
    let reader = known_reader(&newsroom, "192.0.2.7").await;
    portal
        .comments
        .report_comment(report(&ids[3], &reader.device_token, ""))
        .await
        .expect("the reserve is available to a known reader");
}

async fn a_known_readers_report_is_counted_separately_from_its_network(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let reader = known_reader(&newsroom, "203.0.113.7").await;
    let mut portal = newsroom.portal();
    let id = portal.say("bai", "Bình luận gây tranh cãi").await.comment_id;
    newsroom.desk().approve(&id).await;
    for last in 1..=3 {
        portal.comments.report_comment(report(&id, "", &format!("2001:db8:1:{last}::1"))).await.unwrap();
    }
    assert_eq!(waiting(&newsroom).await, 0);
    portal.comments.report_comment(report(&id, &reader.device_token, "2001:db8:1:1::1")).await.unwrap();
    assert_eq!(waiting(&newsroom).await, 1);
}
