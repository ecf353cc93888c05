//! The challenges that readers get by their trust level, and the separation of their quotas.

#![cfg(test)] // so that helpers may unwrap, as tests may

use chrono::{DateTime, Utc};
use duyet_proto::v1::{self, Action, ChallengeKind, Reason};
use duyetd::{
    captcha::ImagePool,
    domain::{
        Error, challenge,
        challenge_level::Level,
        form::ReaderContext,
        id::{ArticleId, SiteId},
        rate_limit::Quotas,
    },
    server,
};
use uuid::Uuid;

use crate::support::{
    newsroom::{Database, Desk, Newsroom, Portal, decision, on_both_databases, reason, wide_quotas},
    office::{services, services_with},
    proofs::{form_paying, verification},
    readers::Reader,
};

const ALL: [ChallengeKind; 4] =
    [ChallengeKind::Image, ChallengeKind::AltchaPow, ChallengeKind::AltchaPowWithImage, ChallengeKind::NoneNeeded];

on_both_databases! {
    five_approved_comments_remove_the_challenge,
    a_trusted_devices_token_is_invalid_for_another_device,
    one_rejected_comment_ends_trust_and_more_make_a_reader_suspect,
    a_suspicious_comment_makes_a_reader_suspect_until_it_is_approved,
    after_wrong_answers_challenges_get_harder_and_are_then_denied,
    an_alarm_makes_challenges_harder_and_ends_with_its_lockdown,
    a_known_reader_is_not_limited_by_others_in_the_same_prefix,
    bots_without_a_cookie_use_up_only_their_own_quota,
    new_cookies_do_not_evade_the_limit_of_the_prefix,
    without_a_ready_image_a_proof_of_work_is_issued,
    challenges_are_issued_without_the_database,
}

async fn asked(portal: &mut Portal, device_token: &str) -> (ChallengeKind, u32) {
    let client = v1::ReaderContext { device_token: device_token.into(), ..Default::default() };
    let issued = portal.challenge_for(client, &ALL).await;
    (issued.kind(), issued.level)
}

async fn approved_reader(portal: &mut Portal, desk: &mut Desk, comments: usize) -> Reader {
    let reader = Reader::new(portal, "Lan", "203.0.113.7").await;
    for number in 0..comments {
        let id = reader.comment(portal, "bai", &format!("Lời hay thứ {number}")).await;
        desk.approve(&id).await;
    }
    reader
}

async fn five_approved_comments_remove_the_challenge(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let reader = approved_reader(&mut portal, &mut desk, 4).await;
    assert_eq!(asked(&mut portal, &reader.device_token).await, (ChallengeKind::AltchaPow, 1));
    let id = reader.comment(&mut portal, "bai", "Lời hay thứ năm").await;
    assert_eq!(
        asked(&mut portal, &reader.device_token).await,
        (ChallengeKind::AltchaPow, 1),
        "a pending comment does not count"
    );
    desk.approve(&id).await;
    let client = v1::ReaderContext { device_token: reader.device_token.clone(), ..Default::default() };
    let issued = portal.challenge_for(client.clone(), &ALL).await;
    assert_eq!((issued.kind(), issued.level, issued.content.is_none()), (ChallengeKind::NoneNeeded, 0, true));
    let work = portal.challenge_for(client, &[ChallengeKind::AltchaPow]).await;
    assert_eq!((work.kind(), work.level), (ChallengeKind::AltchaPow, 0));
    let form = form_paying(&issued, &issued.token, "Không phải nhập mã");
    portal.comments.submit_comment(form).await.unwrap();
    let again = form_paying(&issued, &issued.token, "Một vé hai lần");
    assert_eq!(reason(&portal.comments.submit_comment(again).await.unwrap_err()), "CAPTCHA_USED");
}

async fn a_trusted_devices_token_is_invalid_for_another_device(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let reader = approved_reader(&mut portal, &mut desk, 5).await;
    let client = v1::ReaderContext { device_token: reader.device_token.clone(), ..Default::default() };
    let issued = portal.challenge_for(client.clone(), &ALL).await;
    let other = Reader::new(&mut portal, "Bot", "203.0.113.7").await;
    for device_token in [other.device_token, String::new(), "x".repeat(44)] {
        let client = v1::ReaderContext { device_token, ..Default::default() };
        let form = form_paying(&issued, &issued.token, "Mượn lòng tin");
        let form = v1::SubmitCommentRequest { client: Some(client), ..form };
        assert_eq!(reason(&portal.comments.submit_comment(form).await.unwrap_err()), "CAPTCHA_INVALID");
    }
    portal.comments.submit_comment(form_paying(&issued, &issued.token, "Của chính mình")).await.unwrap();
}

async fn one_rejected_comment_ends_trust_and_more_make_a_reader_suspect(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let reader = approved_reader(&mut portal, &mut desk, 5).await;
    let mut reject = async |portal: &mut Portal, reader: &Reader, text: &str| {
        let id = reader.comment(portal, "bai", text).await;
        desk.decide(decision(&id, Action::Reject)).await.unwrap();
    };
    reject(&mut portal, &reader, "Lạc đề").await;
    assert_eq!(asked(&mut portal, &reader.device_token).await, (ChallengeKind::AltchaPow, 1));
    let stranger = Reader::new(&mut portal, "Mai", "198.51.100.9").await;
    reject(&mut portal, &stranger, "Cũng lạc đề").await;
    assert_eq!(asked(&mut portal, &stranger.device_token).await, (ChallengeKind::AltchaPowWithImage, 2));
}

async fn a_suspicious_comment_makes_a_reader_suspect_until_it_is_approved(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let reader = Reader::new(&mut portal, "Lan", "203.0.113.7").await;
    let id = reader.comment(&mut portal, "bai", "Vay nhanh gọi 0912.345.678 hoặc https://a.vn").await;
    assert_eq!(asked(&mut portal, &reader.device_token).await, (ChallengeKind::AltchaPowWithImage, 2));
    desk.approve(&id).await;
    assert_eq!(asked(&mut portal, &reader.device_token).await, (ChallengeKind::AltchaPow, 1));
    desk.decide(v1::DecideRequest {
        expected_revision: 2,
        reason: Reason::SpamAd.into(),
        ..decision(&id, Action::Spam)
    })
    .await
    .unwrap();
    assert_eq!(asked(&mut portal, &reader.device_token).await, (ChallengeKind::AltchaPowWithImage, 2));
}

/// Submits a wrong code.
async fn fail(portal: &mut Portal, client: &v1::ReaderContext) -> String {
    let issued = portal.challenge_for(client.clone(), &[ChallengeKind::Image]).await;
    let request = v1::VerifyChallengeRequest { client: Some(client.clone()), ..verification(&issued.token, "KM7RC") };
    reason(&portal.captcha.verify_challenge(request).await.unwrap_err())
}

fn few_failures() -> Quotas {
    Quotas { failures_per_device: "6/24h".parse().unwrap(), ..wide_quotas() }
}

async fn after_wrong_answers_challenges_get_harder_and_are_then_denied(database: Database) {
    let newsroom = Newsroom::open_with(database, |config| config.limits = few_failures()).await;
    let mut portal = newsroom.portal();
    let reader = Reader::new(&mut portal, "Lan", "203.0.113.7").await;
    let client = v1::ReaderContext { device_token: reader.device_token.clone(), ..Default::default() };
    for _ in 0..3 {
        assert_eq!(fail(&mut portal, &client).await, "CAPTCHA_INCORRECT");
    }
    assert_eq!(
        asked(&mut portal, &reader.device_token).await,
        (ChallengeKind::AltchaPow, 1),
        "half of the failures are left"
    );
    assert_eq!(fail(&mut portal, &client).await, "CAPTCHA_INCORRECT");
    assert_eq!(asked(&mut portal, &reader.device_token).await, (ChallengeKind::AltchaPowWithImage, 2));
    for _ in 0..2 {
        assert_eq!(fail(&mut portal, &client).await, "CAPTCHA_INCORRECT");
    }
    let request = v1::IssueChallengeRequest { article_id: "bai".into(), client: Some(client), ..Default::default() };
    let error = portal.captcha.issue_challenge(request).await.unwrap_err();
    assert_eq!(reason(&error), "RATE_LIMITED");
    assert!(tonic_types::StatusExt::get_details_retry_info(&error).is_some());
    let neighbour = Reader::new(&mut portal, "Mai", "203.0.113.7").await;
    assert_eq!(asked(&mut portal, &neighbour.device_token).await, (ChallengeKind::AltchaPow, 1));
}

async fn an_alarm_makes_challenges_harder_and_ends_with_its_lockdown(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let reader = approved_reader(&mut portal, &mut desk, 5).await;
    let now = portal.challenge("bai").await.expires_at.unwrap().seconds;
    let until = Some(prost_types::Timestamp { seconds: now + 3_600, nanos: 0 });
    let call = |until, harder_challenges| v1::LockdownRequest {
        until,
        harder_challenges,
        note: "bị tấn công".into(),
        request_id: Uuid::new_v4().to_string(),
    };
    desk.policy.lockdown(call(until, false)).await.unwrap();
    assert_eq!(
        asked(&mut portal, "").await,
        (ChallengeKind::AltchaPow, 1),
        "a lockdown alone does not change challenges"
    );
    let site = desk.policy.lockdown(call(until, true)).await.unwrap().into_inner().site.unwrap();
    assert!(site.lockdown.unwrap().harder_challenges);
    assert_eq!(asked(&mut portal, "").await, (ChallengeKind::AltchaPowWithImage, 2));
    assert_eq!(asked(&mut portal, &reader.device_token).await, (ChallengeKind::AltchaPow, 1));
    desk.policy.lockdown(call(None, false)).await.unwrap();
    assert_eq!(asked(&mut portal, "").await, (ChallengeKind::AltchaPow, 1));
    assert_eq!(asked(&mut portal, &reader.device_token).await, (ChallengeKind::NoneNeeded, 0));
}

/// Limits a prefix to three comments a day.
fn narrow_prefix() -> Quotas {
    Quotas { submits_per_prefix: "3/24h".parse().unwrap(), ..wide_quotas() }
}

async fn a_known_reader_is_not_limited_by_others_in_the_same_prefix(database: Database) {
    let newsroom = Newsroom::open_with(database, |config| config.limits = narrow_prefix()).await;
    let (mut portal, mut desk) = (newsroom.portal(), newsroom.desk());
    let reader = approved_reader(&mut portal, &mut desk, 1).await;
    let mut neighbour = Reader::new(&mut portal, "Bot", "203.0.113.99").await;
    for _ in 0..2 {
        neighbour.comment(&mut portal, "bai", &format!("Rác {}", Uuid::new_v4())).await;
    }
    neighbour = Reader::new(&mut portal, "Bot", "203.0.113.99").await;
    let error = neighbour.say(&mut portal, "bai", "Rác nữa").await.unwrap_err();
    assert_eq!(reason(&error), "RATE_LIMITED");
    for number in 0..5 {
        reader.comment(&mut portal, "bai", &format!("Vẫn gửi được {number}")).await;
    }
}

async fn bots_without_a_cookie_use_up_only_their_own_quota(database: Database) {
    let newsroom = Newsroom::open_with(database, |config| config.limits = narrow_prefix()).await;
    let mut portal = newsroom.portal();
    let bot = Reader::without_device("Bot", "203.0.113.99");
    for number in 0..3 {
        bot.comment(&mut portal, "bai", &format!("Rác {number}")).await;
    }
    assert_eq!(reason(&bot.say(&mut portal, "bai", "Rác nữa").await.unwrap_err()), "RATE_LIMITED");
    let newcomer = Reader::new(&mut portal, "Lan", "203.0.113.7").await;
    newcomer.comment(&mut portal, "bai", "Bình luận đầu tiên của tôi").await;
}

async fn new_cookies_do_not_evade_the_limit_of_the_prefix(database: Database) {
    let newsroom = Newsroom::open_with(database, |config| config.limits = narrow_prefix()).await;
    let mut portal = newsroom.portal();
    let mut taken = 0;
    for number in 0..8 {
        let fresh = Reader::new(&mut portal, "Bot", "203.0.113.99").await;
        taken += usize::from(fresh.say(&mut portal, "bai", &format!("Rác {number}")).await.is_ok());
    }
    assert_eq!(taken, 3);
}

async fn without_a_ready_image_a_proof_of_work_is_issued(database: Database) {
    use challenge::ChallengeKind::{AltchaPow, AltchaPowWithImage, Image};
    let newsroom = Newsroom::open(database).await;
    // Under alarm, unknown readers get an image in addition to the proof of work, if one is ready.
    let now = newsroom.portal().challenge("bai").await.expires_at.unwrap().seconds;
    let alarm = v1::LockdownRequest {
        until: Some(prost_types::Timestamp { seconds: now + 3_600, nanos: 0 }),
        harder_challenges: true,
        request_id: Uuid::new_v4().to_string(),
        ..Default::default()
    };
    newsroom.desk().policy.lockdown(alarm).await.unwrap();
    let now = DateTime::from_timestamp(now, 0).unwrap();
    let store = server::open_store(&newsroom.config).unwrap();
    let services = services_with(&store, ImagePool::idle());
    let (site, article) = (SiteId::parse("default").unwrap(), ArticleId::parse("bai").unwrap());
    let issue = async |kinds: &[challenge::ChallengeKind]| {
        services.challenges.issue_challenge(&site, &article, &ReaderContext::default(), kinds, now).await
    };
    let issued = issue(&[AltchaPowWithImage, AltchaPow]).await.unwrap();
    assert_eq!((issued.kind, issued.level), (AltchaPow, Level::Hard));
    for kind in [Image, AltchaPowWithImage] {
        let error = issue(&[kind]).await.unwrap_err();
        assert!(matches!(error, Error::Overloaded { what: "captcha pool", .. }), "{error:?}");
    }
    store.close().await;
}

async fn challenges_are_issued_without_the_database(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let store = server::open_store(&newsroom.config).unwrap();
    let services = services(&store);
    store.close().await;
    let (site, article) = (SiteId::parse("default").unwrap(), ArticleId::parse("bai").unwrap());
    let kinds = [challenge::ChallengeKind::Image];
    let issued =
        services.challenges.issue_challenge(&site, &article, &ReaderContext::default(), &kinds, now()).await.unwrap();
    assert_eq!(issued.level, Level::Normal);
}

fn now() -> DateTime<Utc> {
    "2026-11-25T10:00:00Z".parse().unwrap()
}
