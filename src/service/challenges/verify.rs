//! Checking and spending of challenges. Each allows one attempt: a wrong answer spends it before the result is
//! returned, and a right answer spends it in the same transaction as the result that it allows.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Challenges, issue::exposed};
use crate::{
    captcha::Proof,
    domain::{
        Error, Result,
        captcha_answer::{fold_answer_to, is_blank},
        challenge::{CaptchaFailure, ChallengeKind, PASS_SECONDS, SealedChallenge},
        form::ReaderContext,
        id::{ArticleId, SiteId},
        request::RequestRow,
        violation::Problem,
    },
    keyring::{Opening, Purpose, same_text},
    ops::metric,
    service::core::rate_limits::{LimitedCall, LimitedReader},
};

/// The answer to a `VerifyChallenge`, as it is stored for replays.
#[derive(Serialize, Deserialize)]
struct Pass {
    token: String,
}

/// A challenge that a reader answers.
#[derive(Clone, Copy)]
pub(in crate::service) struct Handed<'a> {
    pub(in crate::service) article: &'a ArticleId,
    /// A sealed token, or the text of the widget's form field.
    pub(in crate::service) token: &'a str,
    pub(in crate::service) answer: &'a str,
    pub(in crate::service) reader: LimitedReader<'a>,
}

/// A `VerifyChallenge` request, decoded from the wire.
pub struct VerifyRequest {
    pub article: ArticleId,
    pub token: String,
    pub answer: String,
    pub client: ReaderContext,
    pub request_id: Uuid,
}

impl Challenges {
    /// Opens a token and compares the answer, without spending anything.
    fn open_challenge(&self, handed: Handed<'_>) -> Result<(SealedChallenge, bool), CaptchaFailure> {
        if handed.token.is_empty() {
            return Err(CaptchaFailure::Required);
        }
        let proof = Proof::parse(handed.token);
        let token = match &proof {
            Some(proof) => proof.token().ok_or(CaptchaFailure::Invalid)?,
            None => handed.token,
        };
        let sealed = self.unseal(handed.reader.site, handed.article, token)?;
        if sealed.is_expired(handed.reader.now) {
            return Err(CaptchaFailure::Expired);
        }
        // Without the required proof of work, the answer to the image is not checked, so a token alone reveals nothing
        // about it. A proof of work that is not required makes the token invalid and does not count as an attempt.
        if proof.is_some() != (sealed.kind.has_proof() && !sealed.passed) {
            return Err(CaptchaFailure::Invalid);
        }
        let right = match (sealed.passed, sealed.kind) {
            (true, _) => true,
            (_, ChallengeKind::NoneNeeded) => self.is_of_device(&sealed, handed.reader)?,
            (_, ChallengeKind::Image) => matches_image(handed.answer, &sealed),
            (_, ChallengeKind::AltchaPow) => self.is_solved(proof.as_ref(), token)?,
            (_, ChallengeKind::AltchaPowWithImage) => {
                self.is_solved(proof.as_ref(), token)? && matches_image(handed.answer, &sealed)
            }
        };
        Ok((sealed, right))
    }

    /// Checks whether the answer to an image is missing. This is a mistake in the form and does not count as an
    /// attempt.
    pub(in crate::service) fn lacks_answer(
        &self,
        site: &SiteId,
        article: &ArticleId,
        (token, answer): (&str, &str),
        now: DateTime<Utc>,
    ) -> bool {
        if !is_blank(answer) {
            return false;
        }
        let proof = Proof::parse(token);
        let token = proof.as_ref().map_or(Some(token), Proof::token);
        let asks = |sealed: SealedChallenge| {
            let complete = proof.is_some() == sealed.kind.has_proof();
            sealed.kind.has_image() && complete && !sealed.passed && !sealed.is_expired(now)
        };
        token.and_then(|token| self.unseal(site, article, token).ok()).is_some_and(asks)
    }

    fn unseal(&self, site: &SiteId, article: &ArticleId, token: &str) -> Result<SealedChallenge, CaptchaFailure> {
        let context = [site.as_str(), article.as_str()];
        self.core.keyring.open(Purpose::Challenge, &context, token).map_err(|opening| match opening {
            Opening::Broken => CaptchaFailure::Invalid,
            Opening::UnknownKey => CaptchaFailure::Expired,
        })
    }

    /// Checks that the token was issued to the reader's device. A trusted device gets a token without a task, which no
    /// other device may use.
    fn is_of_device(&self, sealed: &SealedChallenge, reader: LimitedReader<'_>) -> Result<bool, CaptchaFailure> {
        let of_device = reader.sender.device.is_some()
            && self.core.pseudonyms.sealed_device(sealed, reader) == reader.sender.device;
        if of_device { Ok(true) } else { Err(CaptchaFailure::Invalid) }
    }

    fn is_solved(&self, proof: Option<&Proof>, token: &str) -> Result<bool, CaptchaFailure> {
        let (Some(proof), Some(secrets)) = (proof, self.core.keyring.proof_secrets(token)) else {
            return Err(CaptchaFailure::Invalid);
        };
        match proof.check(exposed(&secrets)) {
            Ok(()) => Ok(true),
            Err(CaptchaFailure::Incorrect) => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    /// Checks a challenge within the reader's limits. An answer that is wrong or slow to check is checked only after
    /// `look` has found the reader within their limits. A right answer that is quick to check needs no look, because
    /// its charge covers the same limits.
    ///
    /// # Errors
    /// [`Error::RateLimited`], and those of [`Self::check_challenge`].
    pub(in crate::service) async fn check_within_limits(
        &self,
        handed: Handed<'_>,
        look: LimitedCall<'_>,
    ) -> Result<SealedChallenge> {
        if let Some(sealed) = self.quick_right_answer(handed) {
            return Ok(sealed);
        }
        self.core.rate_limits.check(look, handed.reader).await?;
        self.check_challenge(handed).await
    }

    /// A proof of work takes a millisecond to check, which the service does not spend on a reader beyond their limits.
    fn quick_right_answer(&self, handed: Handed<'_>) -> Option<SealedChallenge> {
        if Proof::parse(handed.token).is_some() {
            return None;
        }
        self.open_challenge(handed).ok().and_then(|(sealed, right)| right.then_some(sealed))
    }

    /// Checks a challenge. A wrong answer spends it before the result is returned. A right answer does not spend it:
    /// the caller spends the nonce with the result that the answer allows. Wrong, expired and forged answers are
    /// counted only by the reader's limits of failures.
    ///
    /// # Errors
    /// [`Error::Captcha`] without a fresh challenge, and those of the store.
    async fn check_challenge(&self, handed: Handed<'_>) -> Result<SealedChallenge> {
        let site = handed.reader.site;
        let (kind, failure) = match self.open_challenge(handed) {
            Ok((sealed, true)) => return Ok(sealed),
            Ok((sealed, false)) => {
                let spent = self.core.store.spend_nonce(site, sealed.nonce, None, handed.reader.now).await?;
                (Some(sealed.kind), if spent { CaptchaFailure::Incorrect } else { CaptchaFailure::Used })
            }
            Err(failure) => (None, failure),
        };
        if failure != CaptchaFailure::Required {
            self.count_failure(handed.reader).await;
        }
        Err(captcha_failed(kind, failure))
    }

    /// Counts a wrong answer. Such answers make the reader's next challenges harder, and beyond a limit deny them.
    async fn count_failure(&self, reader: LimitedReader<'_>) {
        // Beyond the limit, failures are not counted. The caller returns the captcha's error in both cases.
        let _ = self.core.rate_limits.check(LimitedCall::Failure, reader).await;
    }

    /// Adds a fresh challenge to a captcha failure, so that the reader can try again at once. It counts as an issued
    /// challenge, so that failing on purpose neither avoids the limits of challenges nor leads to an easier image.
    pub(in crate::service) async fn with_fresh_challenge(
        &self,
        error: Error,
        handed: Handed<'_>,
        client: &ReaderContext,
    ) -> Error {
        let Error::Captcha { failure, fresh: None } = error else { return error };
        let (site, article, now) = (handed.reader.site, handed.article, handed.reader.now);
        let kinds = self.kinds_like(handed);
        let fresh = self.issue_challenge(site, article, client, kinds, now).await.ok().map(Box::new);
        Error::Captcha { failure, fresh }
    }

    /// Returns the kinds of challenges that the portal can show, judged by the token that it sent.
    fn kinds_like(&self, handed: Handed<'_>) -> &'static [ChallengeKind] {
        let by_token = || self.unseal(handed.reader.site, handed.article, handed.token);
        if Proof::parse(handed.token).is_some() || by_token().is_ok_and(|sealed| sealed.kind.has_proof()) {
            &[ChallengeKind::AltchaPow, ChallengeKind::AltchaPowWithImage]
        } else {
            &[ChallengeKind::Image]
        }
    }

    /// Checks an answer for another form of the portal, or for the widget. Right and wrong answers both spend the
    /// challenge. Returns the token of a pass.
    ///
    /// # Errors
    /// `Invalid` when the answer to an image is missing, `RequestIdReused`, `RateLimited`, `Captcha`, and those of the
    /// store.
    pub async fn verify_challenge(&self, site: &SiteId, request: &VerifyRequest, now: DateTime<Utc>) -> Result<String> {
        let VerifyRequest { article, token, answer, client, request_id } = request;
        if self.lacks_answer(site, article, (token, answer), now) {
            return Err(Error::invalid("answer", Problem::Required));
        }
        let payload = format!("{article}\n{token}\n{answer}");
        let asked = self.core.keyring.request_row(site, *request_id, "VerifyChallenge", payload.as_bytes());
        let _flight = self.core.requests.enter(site, *request_id).await;
        if let Some(row) = self.core.store.find_request(site, *request_id).await? {
            return row.replay::<Pass>(&asked).map(|pass| pass.token);
        }
        let salt = self.core.salts.of(site, now).await?.current();
        let (sender, wider) = (
            self.core.pseudonyms.sender(site, client, "", salt),
            self.core.pseudonyms.wider_prefixes(site, client, salt),
        );
        let known = self.challenge_context(site, &sender, now).await.record.is_known();
        let reader = LimitedReader { site, sender: &sender, wider, known, now };
        let handed = Handed { article, token, answer, reader };
        match self.spend_for_pass(handed, asked).await {
            Ok(pass) => Ok(pass),
            Err(error) => Err(self.with_fresh_challenge(error, handed, client).await),
        }
    }

    async fn spend_for_pass(&self, handed: Handed<'_>, asked: RequestRow) -> Result<String> {
        let LimitedReader { site, now, .. } = handed.reader;
        let sealed = self.check_within_limits(handed, LimitedCall::BeforeVerify).await?;
        if sealed.passed {
            self.core.rate_limits.check(LimitedCall::BeforeVerify, handed.reader).await?;
            // A pass allows one comment. If it also allowed another pass, one solved image could be used without end.
            return Err(captcha_failed(Some(sealed.kind), CaptchaFailure::Invalid));
        }
        // This does not count as a submit: the comment of the pass is counted when it is submitted. When a limit denies
        // the call here, the challenge is not spent.
        let charge = LimitedCall::Challenge(handed.article);
        self.core.rate_limits.check_right_answer(charge, LimitedCall::BeforeVerify, handed.reader).await?;
        let pass = SealedChallenge {
            passed: true,
            nonce: rand::random(),
            issued_at: now,
            expires_at: now + Duration::seconds(PASS_SECONDS),
            answer: String::new(),
            ..sealed.clone()
        };
        let pass = Pass { token: self.seal_challenge(site, handed.article, &pass)? };
        let response = serde_json::to_string(&pass).map_err(Error::internal)?;
        let row = RequestRow { response, ..asked };
        if self.core.store.spend_nonce(site, sealed.nonce, Some(&row), now).await? {
            metric::captcha_solved(&sealed, now);
            return Ok(pass.token);
        }
        // A concurrent duplicate of this request may have spent the challenge. Its answer is then returned.
        match self.core.store.find_request(site, row.id).await? {
            Some(first) => first.replay::<Pass>(&row).map(|pass| pass.token),
            None => Err(captcha_failed(Some(sealed.kind), CaptchaFailure::Used)),
        }
    }
}

fn matches_image(answer: &str, sealed: &SealedChallenge) -> bool {
    let right = fold_answer_to(&sealed.answer, &sealed.answer);
    same_text(&fold_answer_to(&sealed.answer, answer), &right)
}

/// Counts a failed check in the metrics, and returns its error without a fresh challenge.
pub(in crate::service) fn captcha_failed(kind: Option<ChallengeKind>, failure: CaptchaFailure) -> Error {
    metric::captcha_failed(kind, failure);
    Error::captcha(failure)
}
