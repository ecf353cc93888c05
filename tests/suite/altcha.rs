//! Proofs of work: the challenges that the ALTCHA widget gets, and the validity of its answers.

#![cfg(test)] // so that helpers may unwrap, as tests may

use std::{
    env,
    io::Write as _,
    process::{Command, Stdio},
};

use duyet_proto::v1::{self, ChallengeKind, Outcome};
use serde_json::Value;
use tonic::Status;

use crate::support::{
    newsroom::{ANSWER, Database, Newsroom, fresh_challenge, on_both_databases, reason},
    proofs::{disguised_as_proof, form_paying, posed, solved, unsolved, verification},
};

const WORK: [ChallengeKind; 1] = [ChallengeKind::AltchaPow];
const WORK_AND_IMAGE: [ChallengeKind; 1] = [ChallengeKind::AltchaPowWithImage];

on_both_databases! {
    a_proof_of_work_is_valid_for_one_comment,
    a_proof_of_work_with_an_image_earns_a_pass,
    a_wrong_code_spends_the_proof_of_work,
    a_token_without_its_proof_of_work_is_invalid,
    a_wrong_proof_spends_the_challenge_and_returns_a_fresh_one,
    a_proof_of_work_for_one_article_is_invalid_on_another,
    invalid_accepted_kinds_are_rejected,
}

async fn a_proof_of_work_is_valid_for_one_comment(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    let issued = portal.challenge_for(v1::ReaderContext::default(), &WORK).await;
    assert_eq!((issued.kind(), issued.level), (ChallengeKind::AltchaPow, 1));
    let proof = solved(&issued);
    let done = portal.comments.submit_comment(form_paying(&issued, &proof, "Có công")).await.unwrap();
    assert_eq!(done.into_inner().outcome(), Outcome::Pending);
    let again = form_paying(&issued, &proof, "Dùng lại");
    assert_eq!(reason(&portal.comments.submit_comment(again).await.unwrap_err()), "CAPTCHA_USED");
}

async fn a_proof_of_work_with_an_image_earns_a_pass(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    let issued = portal.challenge_for(v1::ReaderContext::default(), &WORK_AND_IMAGE).await;
    assert_eq!(issued.kind(), ChallengeKind::AltchaPowWithImage);
    let json: Value = serde_json::from_str(posed(&issued)).unwrap();
    assert!(json["codeChallenge"]["image"].as_str().unwrap().starts_with("data:image/png;base64,"));
    assert_eq!(json["codeChallenge"]["length"], ANSWER.len());
    let proof = solved(&issued);
    let typed = ANSWER.to_lowercase();
    let verified = portal.captcha.verify_challenge(verification(&proof, &typed)).await.unwrap();
    let pass = verified.into_inner().pass_token;
    portal.comments.submit_comment(form_paying(&issued, &pass, "Có vé")).await.unwrap();
    for spent in [&pass, &proof] {
        let form =
            v1::SubmitCommentRequest { challenge_answer: ANSWER.into(), ..form_paying(&issued, spent, "Lần nữa") };
        assert_eq!(reason(&portal.comments.submit_comment(form).await.unwrap_err()), "CAPTCHA_USED");
    }
}

async fn a_wrong_code_spends_the_proof_of_work(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    let issued = portal.challenge_for(v1::ReaderContext::default(), &WORK_AND_IMAGE).await;
    let proof = solved(&issued);
    let results = [("KM7RC", "CAPTCHA_INCORRECT"), (ANSWER, "CAPTCHA_USED")];
    for (code, expected) in results {
        let form =
            v1::SubmitCommentRequest { challenge_answer: code.into(), ..form_paying(&issued, &proof, "Thử mã") };
        let status = portal.comments.submit_comment(form).await.unwrap_err();
        assert_eq!(reason(&status), expected);
        assert!(
            fresh_challenge(&status).unwrap().kind() != ChallengeKind::Image,
            "the fresh challenge is of a kind that the portal accepts"
        );
    }
}

async fn a_token_without_its_proof_of_work_is_invalid(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    for kinds in [WORK, WORK_AND_IMAGE] {
        let issued = portal.challenge_for(v1::ReaderContext::default(), &kinds).await;
        for code in ["KM7RC", ANSWER, ""] {
            let error = portal.captcha.verify_challenge(verification(&issued.token, code)).await.unwrap_err();
            assert_eq!(reason(&error), "CAPTCHA_INVALID", "a right and a wrong code get the same error");
        }
        let image = portal.challenge("bai").await.token;
        let disguised = disguised_as_proof(&image, &issued);
        let error = portal.captcha.verify_challenge(verification(&disguised, ANSWER)).await.unwrap_err();
        assert_eq!(reason(&error), "CAPTCHA_INVALID", "an image's token that is wrapped as a proof is invalid");
        portal.captcha.verify_challenge(verification(&image, ANSWER)).await.unwrap();
        // The challenge was not tried yet, so it is not spent.
        portal.captcha.verify_challenge(verification(&solved(&issued), ANSWER)).await.unwrap();
    }
}

async fn a_wrong_proof_spends_the_challenge_and_returns_a_fresh_one(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    let issued = portal.challenge_for(v1::ReaderContext::default(), &WORK).await;
    let mut submit = async |token: String| -> Status {
        let form = form_paying(&issued, &token, "Không làm");
        portal.comments.submit_comment(form).await.unwrap_err()
    };
    let status = submit(unsolved(&issued)).await;
    assert_eq!(reason(&status), "CAPTCHA_INCORRECT");
    let fresh = fresh_challenge(&status).unwrap();
    assert_eq!(fresh.kind(), ChallengeKind::AltchaPow);
    assert_eq!(reason(&submit(solved(&issued)).await), "CAPTCHA_USED", "a challenge allows one try");
    let form = form_paying(&fresh, &solved(&fresh), "Đã làm");
    portal.comments.submit_comment(form).await.unwrap();
}

async fn a_proof_of_work_for_one_article_is_invalid_on_another(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    let issued = portal.challenge_for(v1::ReaderContext::default(), &WORK).await;
    let proof = solved(&issued);
    let elsewhere =
        v1::SubmitCommentRequest { article_id: "khac".into(), ..form_paying(&issued, &proof, "Nhầm bài") };
    assert_eq!(reason(&portal.comments.submit_comment(elsewhere).await.unwrap_err()), "CAPTCHA_INVALID");
    portal.comments.submit_comment(form_paying(&issued, &proof, "Đúng bài")).await.unwrap();
}

async fn invalid_accepted_kinds_are_rejected(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    for kinds in [vec![ChallengeKind::NoneNeeded as i32], vec![99], vec![1; 11]] {
        let request =
            v1::IssueChallengeRequest { article_id: "bai".into(), accepted_kinds: kinds, ..Default::default() };
        let status = portal.captcha.issue_challenge(request).await.unwrap_err();
        assert_eq!(crate::support::newsroom::fields(&status), ["accepted_kinds"]);
    }
    let either = [ChallengeKind::NoneNeeded, ChallengeKind::Image];
    assert_eq!(portal.challenge_for(v1::ReaderContext::default(), &either).await.kind(), ChallengeKind::Image);
}

/// Solves a challenge with the official JavaScript library in node.
fn solve_in_javascript(challenge: &str) -> String {
    let modules = env::var("DUYET_TEST_NODE_MODULES").expect("tests/run installs the library and sets its path");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/support/solve.mjs");
    let mut node = Command::new("node")
        .args([script, &modules])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node is missing: tests/run installs it");
    node.stdin.take().unwrap().write_all(challenge.as_bytes()).unwrap();
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_official_library_solves_a_challenge_and_its_answer_is_accepted() {
    let newsroom = Newsroom::open(Database::Sqlite).await;
    let mut portal = newsroom.portal();
    let issued = portal.challenge_for(v1::ReaderContext::default(), &WORK).await;
    let proof = solve_in_javascript(posed(&issued));
    portal.comments.submit_comment(form_paying(&issued, &proof, "Từ trình duyệt")).await.unwrap();
    let issued = portal.challenge_for(v1::ReaderContext::default(), &WORK_AND_IMAGE).await;
    let proof = solve_in_javascript(posed(&issued));
    portal.captcha.verify_challenge(verification(&proof, ANSWER)).await.unwrap();
}
