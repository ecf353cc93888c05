//! Challenges over the wire: passes, concurrent duplicates, levels.

use std::collections::HashSet;

use duyet_proto::v1;
use duyetd::domain::captcha_answer::Alphabet;
use uuid::Uuid;

use crate::support::newsroom::{ANSWER, Database, Newsroom, fields, fresh_challenge, on_both_databases, reason};

on_both_databases! {
    a_pass_is_not_exchanged_for_another_pass,
    concurrent_verifications_with_one_request_id_and_different_challenges_fail,
    repeated_requests_for_challenges_never_lead_to_an_easier_image,
    an_image_is_small_and_has_its_type_and_size,
    an_image_of_digits_is_labelled_as_such,
    an_empty_answer_does_not_spend_the_challenge,
    an_answer_with_confusable_symbols_is_accepted,
}

fn verification(token: String, answer: &str) -> v1::VerifyChallengeRequest {
    v1::VerifyChallengeRequest {
        token,
        answer: answer.into(),
        article_id: "bai".into(),
        request_id: Uuid::new_v4().to_string(),
        ..Default::default()
    }
}

async fn a_pass_is_not_exchanged_for_another_pass(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    let token = portal.challenge("bai").await.token;
    let pass = portal.captcha.verify_challenge(verification(token, ANSWER)).await.unwrap().into_inner().pass_token;
    let status = portal.captcha.verify_challenge(verification(pass.clone(), "")).await.unwrap_err();
    assert_eq!(reason(&status), "CAPTCHA_INVALID");
    let form = v1::SubmitCommentRequest { challenge_token: pass, ..portal.form("bai", "Vẫn dùng được").await };
    portal.comments.submit_comment(form).await.unwrap();
}

async fn concurrent_verifications_with_one_request_id_and_different_challenges_fail(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    let request_id = Uuid::new_v4().to_string();
    let mut tokens = Vec::new();
    for _ in 0..8 {
        tokens.push(portal.challenge("bai").await.token);
    }
    let calls = tokens.iter().map(|token| {
        let mut portal = portal.clone();
        let request =
            v1::VerifyChallengeRequest { request_id: request_id.clone(), ..verification(token.clone(), ANSWER) };
        tokio::spawn(async move { portal.captcha.verify_challenge(request).await })
    });
    let mut passes = HashSet::new();
    for call in calls.collect::<Vec<_>>() {
        match call.await.unwrap() {
            Ok(answer) => assert!(passes.insert(answer.into_inner().pass_token)),
            Err(status) => assert_eq!(reason(&status), "REQUEST_ID_REUSED"),
        }
    }
    assert_eq!(passes.len(), 1);
    let mut untouched = 0;
    for token in tokens {
        untouched += usize::from(portal.captcha.verify_challenge(verification(token, ANSWER)).await.is_ok());
    }
    assert_eq!(untouched, 7, "the failed calls' challenges are not spent");
}

async fn repeated_requests_for_challenges_never_lead_to_an_easier_image(database: Database) {
    let newsroom =
        Newsroom::open_with(database, |config| config.limits.challenges_per_device = "4/1h".parse().unwrap()).await;
    let mut portal = newsroom.portal();
    let first = portal.challenge("bai").await;
    let client = v1::ReaderContext { device_token: first.device_token, ..Default::default() };
    let request =
        v1::IssueChallengeRequest { article_id: "bai".into(), client: Some(client.clone()), ..Default::default() };
    let mut levels = Vec::new();
    for _ in 0..4 {
        levels.push(portal.captcha.issue_challenge(request.clone()).await.unwrap().into_inner().level);
    }
    assert_eq!((levels.first(), levels.last()), (Some(&1), Some(&2)), "images get harder before they are denied");
    assert_eq!(reason(&portal.captcha.issue_challenge(request).await.unwrap_err()), "RATE_LIMITED");
    let form = v1::SubmitCommentRequest { client: Some(client), ..portal.form("bai", "Không mã").await };
    let bare = v1::SubmitCommentRequest { challenge_token: String::new(), ..form };
    let status = portal.comments.submit_comment(bare).await.unwrap_err();
    assert_eq!(reason(&status), "CAPTCHA_REQUIRED");
    assert!(fresh_challenge(&status).is_none(), "over the limit no fresh challenge is returned");
}

async fn an_image_of_digits_is_labelled_as_such(database: Database) {
    let newsroom = Newsroom::open_with(database, |config| {
        config.alphabet = Alphabet::Digits;
        config.fixed_answer = Some("234567".to_owned());
    })
    .await;
    let mut portal = newsroom.portal();
    let issued = portal.challenge("bai").await;
    let Some(v1::issue_challenge_response::Content::Image(image)) = issued.content else { panic!("no image") };
    assert!(image.digits_only && image.length == 6 && image.alt.contains("6 digits"));
    portal.captcha.verify_challenge(verification(issued.token, " ２３４-567 ")).await.unwrap();
}

async fn an_empty_answer_does_not_spend_the_challenge(database: Database) {
    let newsroom = Newsroom::open_with(database, |config| {
        config.limits.failures_per_device = "1/24h".parse().unwrap();
        config.limits.submits_per_device = "1/24h".parse().unwrap();
    })
    .await;
    let mut portal = newsroom.portal();
    let form = portal.form("bai", "Quên nhập mã").await;
    for answer in ["", "  ", "-", "\u{200b}"] {
        let empty = v1::SubmitCommentRequest { challenge_answer: answer.into(), ..form.clone() };
        let status = portal.comments.submit_comment(empty).await.unwrap_err();
        assert_eq!(status.code(), tonic::Code::InvalidArgument, "{answer:?}");
        assert_eq!(fields(&status), ["challenge_answer"]);
        let verification = v1::VerifyChallengeRequest {
            client: form.client.clone(),
            ..verification(form.challenge_token.clone(), answer)
        };
        let status = portal.captcha.verify_challenge(verification).await.unwrap_err();
        assert_eq!((status.code(), fields(&status)), (tonic::Code::InvalidArgument, vec!["answer".to_owned()]));
    }
    let all = v1::SubmitCommentRequest { challenge_answer: String::new(), content: String::new(), ..form.clone() };
    let mut wrong = fields(&portal.comments.submit_comment(all).await.unwrap_err());
    wrong.sort();
    assert_eq!(wrong, ["challenge_answer", "content"], "all violations are reported at once");
    portal.comments.submit_comment(form).await.expect("nothing was spent or charged");
}

async fn an_answer_with_confusable_symbols_is_accepted(database: Database) {
    let newsroom = Newsroom::open_with(database, |config| config.fixed_answer = Some("6VF4C".into())).await;
    let mut portal = newsroom.portal();
    for (answer, passes) in [("gye40", true), ("GUEAQ", true), ("6VF4C", true), ("6VP4C", false), ("6VF4", false)] {
        let token = portal.challenge("bai").await.token;
        let verified = portal.captcha.verify_challenge(verification(token, answer)).await;
        assert_eq!(verified.is_ok(), passes, "{answer}");
    }
}

async fn an_image_is_small_and_has_its_type_and_size(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let issued = newsroom.portal().challenge("bai").await;
    let Some(v1::issue_challenge_response::Content::Image(image)) = issued.content else { panic!("no image") };
    assert!(image.png.len() <= 4_096 && image.png.starts_with(b"\x89PNG"));
    assert_eq!((image.width, image.height, image.length), (240, 90, 5));
    assert!(!image.digits_only);
    assert!(image.alt.contains('5') && !image.alt.contains(ANSWER));
    assert!(issued.expires_at.is_some() && !issued.token.contains(ANSWER));
}
