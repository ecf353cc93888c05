//! `CaptchaService`.

use tonic::{Request, Response, Status, async_trait};

use super::{call::Call, convert::to_time, routes::Service};
use crate::{
    domain::{
        Result, address,
        answer::Alphabet,
        challenge::{ChallengeContent, ChallengeKind, IssuedChallenge},
        form::{self, Client},
        id::SiteId,
        violation::{Problem, Violations},
    },
    locale::{Locale, Value},
    ops::metric,
    proto::v1::{self, captcha_service_server::CaptchaService, issue_challenge_response::Content},
    service::VerifyRequest,
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
        let client = read_client(request.client, &call.caller.site);
        let kinds = check_kinds(&request.accepted_kinds, &mut violations);
        violations.into_result()?;
        let article = article.ok_or_else(|| crate::domain::Error::invalid("article_id", Problem::Required))?;
        let issued = self.0.issue_challenge(&call.caller.site, &article, &client, &kinds, call.now).await?;
        Ok(to_issued(issued, Locale::from_accept_language(&request.locale).unwrap_or(call.locale)))
    }

    async fn verify(&self, call: &Call, request: v1::VerifyChallengeRequest) -> Result<v1::VerifyChallengeResponse> {
        let mut violations = Violations::default();
        let article = form::check_article(&request.article_id, &mut violations);
        let client = read_client(request.client, &call.caller.site);
        let request_id = form::check_request_id(&request.request_id, &mut violations);
        form::check_challenge(("token", &request.token), ("answer", &request.answer), &mut violations);
        violations.into_result()?;
        let (Some(article), Some(request_id)) = (article, request_id) else {
            return Err(crate::domain::Error::internal("a missing field was not noted"));
        };
        let (token, answer) = (request.token, request.answer);
        let request = VerifyRequest { article, token, answer, client, request_id };
        let pass_token = self.0.verify_challenge(&call.caller.site, &request, call.now).await?;
        Ok(v1::VerifyChallengeResponse { pass_token })
    }
}

/// The reader that a portal describes. Who comes with an address that cannot be read is unknown, and counted.
pub(super) fn read_client(client: Option<v1::Client>, site: &SiteId) -> Client {
    let client = client.unwrap_or_default();
    let ip = address::read(&client.ip).unwrap_or_else(|unread| {
        metric::address_unread(site, unread);
        None
    });
    Client::new(ip, client.device_token)
}

/// What a portal can show. Nothing said means pictures; nothing but "none needed" cannot be: strangers must be asked for something.
fn check_kinds(kinds: &[i32], violations: &mut Violations) -> Vec<ChallengeKind> {
    let known: Vec<_> = kinds.iter().map_while(|kind| from_kind(*kind)).collect();
    if kinds.len() > MAX_KINDS || known.len() < kinds.len() {
        violations.add("accepted_kinds", Problem::UnknownValue);
    } else if !known.is_empty() && known.iter().all(|kind| *kind == ChallengeKind::NoneNeeded) {
        violations.add("accepted_kinds", Problem::Required);
    }
    if known.is_empty() { vec![ChallengeKind::Image] } else { known }
}

fn from_kind(kind: i32) -> Option<ChallengeKind> {
    Some(match v1::ChallengeKind::try_from(kind).ok()? {
        v1::ChallengeKind::Unspecified | v1::ChallengeKind::Image => ChallengeKind::Image,
        v1::ChallengeKind::AltchaPow => ChallengeKind::AltchaPow,
        v1::ChallengeKind::AltchaPowWithImage => ChallengeKind::AltchaPowWithImage,
        v1::ChallengeKind::NoneNeeded => ChallengeKind::NoneNeeded,
    })
}

const fn to_kind(kind: ChallengeKind) -> v1::ChallengeKind {
    match kind {
        ChallengeKind::Image => v1::ChallengeKind::Image,
        ChallengeKind::AltchaPow => v1::ChallengeKind::AltchaPow,
        ChallengeKind::AltchaPowWithImage => v1::ChallengeKind::AltchaPowWithImage,
        ChallengeKind::NoneNeeded => v1::ChallengeKind::NoneNeeded,
    }
}

/// A challenge for the wire.
pub(super) fn to_issued(issued: IssuedChallenge, locale: Locale) -> v1::IssueChallengeResponse {
    let content = match issued.content {
        ChallengeContent::Image(image) => {
            let length = Value::Number(i64::try_from(image.length).unwrap_or_default());
            let digits_only = image.alphabet == Alphabet::Digits;
            let alt = if digits_only { "captcha-alt-digits" } else { "captcha-alt" };
            Some(Content::Image(v1::ChallengeImage {
                png: image.png,
                width: image.width,
                height: image.height,
                length: u32::try_from(image.length).unwrap_or_default(),
                digits_only,
                alt: locale.text_with(alt, &[("length", length)]),
            }))
        }
        ChallengeContent::Altcha(json) => Some(Content::Altcha(v1::AltchaChallenge { json })),
        ChallengeContent::Nothing => None,
    };
    v1::IssueChallengeResponse {
        token: issued.token,
        kind: to_kind(issued.kind).into(),
        level: issued.level.number(),
        expires_at: Some(to_time(issued.expires_at)),
        device_token: issued.device_token,
        content,
    }
}
