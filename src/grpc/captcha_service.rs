//! `CaptchaService`.

use tonic::{Request, Response, Status, async_trait};

use super::{Service, call::Call, convert::to_time};
use crate::{
    domain::{
        Result,
        challenge::IssuedChallenge,
        error::{Problem, Violations},
        form::{self, Client},
    },
    locale::{Locale, Value},
    proto::v1::{self, captcha_service_server::CaptchaService, issue_challenge_response::Content},
};

/// Kinds that a portal may list at most: every one of them, twice.
const MAX_KINDS: usize = 10;

#[async_trait]
impl CaptchaService for Service {
    async fn issue_challenge(
        &self,
        request: Request<v1::IssueChallengeRequest>,
    ) -> Result<Response<v1::IssueChallengeResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.issue(&call, request.into_inner()).await)
    }

    async fn verify_challenge(
        &self,
        request: Request<v1::VerifyChallengeRequest>,
    ) -> Result<Response<v1::VerifyChallengeResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.verify(&call, request.into_inner()).await)
    }
}

impl Service {
    async fn issue(&self, call: &Call, request: v1::IssueChallengeRequest) -> Result<v1::IssueChallengeResponse> {
        let mut violations = Violations::default();
        let article = form::check_article(&request.article_id, &mut violations);
        let client = check_client(request.client, &mut violations);
        // The picture is the only kind there is: a portal that lists others only cannot be served.
        let image = v1::ChallengeKind::Image as i32;
        let kinds = &request.accepted_kinds;
        if kinds.len() > MAX_KINDS || !(kinds.is_empty() || kinds.contains(&image) || kinds.contains(&0)) {
            violations.add("accepted_kinds", Problem::UnknownValue);
        }
        violations.into_result()?;
        let article = article.ok_or_else(|| crate::domain::Error::invalid("article_id", Problem::Required))?;
        let issued = self.0.issue_challenge(&call.caller.site, &article, &client, call.now).await?;
        Ok(to_issued(issued, Locale::from_accept_language(&request.locale).unwrap_or(call.locale)))
    }

    async fn verify(&self, call: &Call, request: v1::VerifyChallengeRequest) -> Result<v1::VerifyChallengeResponse> {
        let mut violations = Violations::default();
        let article = form::check_article(&request.article_id, &mut violations);
        let client = check_client(request.client, &mut violations);
        let request_id = form::check_request_id(&request.request_id, &mut violations);
        form::check_challenge(("token", &request.token), ("answer", &request.answer), &mut violations);
        violations.into_result()?;
        let (Some(article), Some(request_id)) = (article, request_id) else {
            return Err(crate::domain::Error::internal("a missing field was not noted"));
        };
        let (token, answer) = (&request.token, &request.answer);
        let site = &call.caller.site;
        let pass_token = self.0.verify_challenge(site, &article, token, answer, &client, request_id, call.now).await?;
        Ok(v1::VerifyChallengeResponse { pass_token })
    }
}

/// The reader that a portal describes.
pub(super) fn check_client(client: Option<v1::Client>, violations: &mut Violations) -> Client {
    let client = client.unwrap_or_default();
    Client::check(&client.ip, &client.device_token, violations)
}

/// A challenge for the wire.
pub(super) fn to_issued(issued: IssuedChallenge, locale: Locale) -> v1::IssueChallengeResponse {
    let length = issued.level.length();
    let alt = locale.text_with("captcha-alt", &[("length", Value::Number(i64::try_from(length).unwrap_or_default()))]);
    v1::IssueChallengeResponse {
        token: issued.token,
        kind: v1::ChallengeKind::Image.into(),
        level: issued.level.number(),
        expires_at: Some(to_time(issued.expires_at)),
        device_token: issued.device_token,
        content: Some(Content::Image(v1::ChallengeImage {
            png: issued.png,
            width: issued.width,
            height: issued.height,
            length: u32::try_from(length).unwrap_or_default(),
            alt,
        })),
    }
}
