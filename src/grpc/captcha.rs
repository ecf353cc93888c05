//! `CaptchaService`.

use std::sync::Arc;

use duyet_locale::Locale;
use duyet_proto::v1::{self, captcha_service_server::CaptchaService};
use tonic::{Request, Response, Status, async_trait};

use super::{
    call::Call,
    convert::challenge::{from_kind, read_reader, to_issued},
};
use crate::{
    domain::{
        Result,
        challenge::ChallengeKind,
        form,
        violation::{Problem, Violations},
    },
    service::{Challenges, Services, VerifyRequest},
};

/// Maximum number of kinds in a request: twice the number of values in the enum.
const MAX_KINDS: usize = 10;

/// `CaptchaService`.
#[derive(Clone)]
pub(super) struct CaptchaGrpc {
    challenges: Arc<Challenges>,
}

impl CaptchaGrpc {
    pub(super) fn new(services: &Services) -> Self {
        Self { challenges: Arc::clone(&services.challenges) }
    }
}

#[async_trait]
impl CaptchaService for CaptchaGrpc {
    async fn issue_challenge(
        &self,
        request: Request<v1::IssueChallengeRequest>,
    ) -> Result<Response<v1::IssueChallengeResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.issue_challenge(&call, request.into_inner()).await)
    }

    async fn verify_challenge(
        &self,
        request: Request<v1::VerifyChallengeRequest>,
    ) -> Result<Response<v1::VerifyChallengeResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.verify_challenge(&call, request.into_inner()).await)
    }
}

impl CaptchaGrpc {
    async fn issue_challenge(
        &self,
        call: &Call,
        request: v1::IssueChallengeRequest,
    ) -> Result<v1::IssueChallengeResponse> {
        let mut violations = Violations::default();
        let article = form::check_article(&request.article_id, &mut violations);
        let client = read_reader(request.client, &call.caller.site);
        let kinds = check_kinds(&request.accepted_kinds, &mut violations);
        let article = violations.finish(|| article)?;
        let issued = self.challenges.issue_challenge(&call.caller.site, &article, &client, &kinds, call.now).await?;
        Ok(to_issued(issued, Locale::from_accept_language(&request.locale).unwrap_or(call.locale)))
    }

    async fn verify_challenge(
        &self,
        call: &Call,
        request: v1::VerifyChallengeRequest,
    ) -> Result<v1::VerifyChallengeResponse> {
        let mut violations = Violations::default();
        let article = form::check_article(&request.article_id, &mut violations);
        let client = read_reader(request.client, &call.caller.site);
        let request_id = form::check_request_id(&request.request_id, &mut violations);
        form::check_challenge(("token", &request.token), ("answer", &request.answer), &mut violations);
        let (token, answer) = (request.token, request.answer);
        let request = violations
            .finish(|| Some(VerifyRequest { article: article?, token, answer, client, request_id: request_id? }))?;
        let pass_token = self.challenges.verify_challenge(&call.caller.site, &request, call.now).await?;
        Ok(v1::VerifyChallengeResponse { pass_token })
    }
}

/// Parses the kinds that the portal can show; none means images. A list of only `NoneNeeded` is a violation, because
/// readers without a record must be given some challenge.
fn check_kinds(kinds: &[i32], violations: &mut Violations) -> Vec<ChallengeKind> {
    let known: Vec<_> = kinds.iter().map_while(|kind| from_kind(*kind)).collect();
    if kinds.len() > MAX_KINDS || known.len() < kinds.len() {
        violations.add("accepted_kinds", Problem::UnknownValue);
    } else if !known.is_empty() && known.iter().all(|kind| *kind == ChallengeKind::NoneNeeded) {
        violations.add("accepted_kinds", Problem::Required);
    }
    if known.is_empty() { vec![ChallengeKind::Image] } else { known }
}
