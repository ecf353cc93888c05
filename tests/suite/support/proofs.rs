//! Readers whose widget solves proofs of work.

use altcha::{Challenge, Payload, Solution, SolveChallengeOptions, solve_challenge};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use duyet_proto::v1::{self, ChallengeKind, issue_challenge_response::Content};
use uuid::Uuid;

use super::newsroom::Portal;

/// Returns the JSON that the widget gets.
pub fn posed(issued: &v1::IssueChallengeResponse) -> &str {
    match &issued.content {
        Some(Content::Altcha(altcha)) => &altcha.json,
        _ => panic!("not a proof of work: {issued:?}"),
    }
}

/// Returns the value of the widget's form field after the work is done.
pub fn solved(issued: &v1::IssueChallengeResponse) -> String {
    let challenge: Challenge = serde_json::from_str(posed(issued)).unwrap();
    let solution = solve_challenge(SolveChallengeOptions::new(&challenge)).unwrap().unwrap();
    field(challenge, solution)
}

/// Wraps another token as a proof, as if work had been required for it.
pub fn disguised_as_proof(token: &str, issued: &v1::IssueChallengeResponse) -> String {
    let mut challenge: Challenge = serde_json::from_str(posed(issued)).unwrap();
    challenge.parameters.data.as_mut().unwrap().insert("t".to_owned(), token.into());
    field(challenge, Solution { counter: 1, derived_key: "00".repeat(32), time: None })
}

/// Returns the value of the form field without the work.
pub fn unsolved(issued: &v1::IssueChallengeResponse) -> String {
    let challenge: Challenge = serde_json::from_str(posed(issued)).unwrap();
    field(challenge, Solution { counter: 1, derived_key: "00".repeat(32), time: None })
}

fn field(challenge: Challenge, solution: Solution) -> String {
    STANDARD.encode(serde_json::to_string(&Payload { challenge, solution }).unwrap())
}

impl Portal {
    pub async fn challenge_for(
        &mut self,
        client: v1::ReaderContext,
        kinds: &[ChallengeKind],
    ) -> v1::IssueChallengeResponse {
        let request = v1::IssueChallengeRequest {
            article_id: "bai".into(),
            accepted_kinds: kinds.iter().map(|kind| (*kind).into()).collect(),
            client: Some(client),
            ..Default::default()
        };
        self.captcha.issue_challenge(request).await.unwrap().into_inner()
    }
}

/// Fills in a form with a challenge's token, or with the widget's proof.
pub fn form_paying(issued: &v1::IssueChallengeResponse, token: &str, content: &str) -> v1::SubmitCommentRequest {
    let client = v1::ReaderContext { device_token: issued.device_token.clone(), ..Default::default() };
    v1::SubmitCommentRequest {
        article_id: "bai".into(),
        author_name: "Lan".into(),
        content: content.into(),
        challenge_token: token.into(),
        client: Some(client),
        request_id: Uuid::new_v4().to_string(),
        ..Default::default()
    }
}

/// Builds a request to verify what the widget posts to its `verifyUrl`.
pub fn verification(token: &str, answer: &str) -> v1::VerifyChallengeRequest {
    v1::VerifyChallengeRequest {
        token: token.into(),
        answer: answer.into(),
        article_id: "bai".into(),
        request_id: Uuid::new_v4().to_string(),
        ..Default::default()
    }
}
