//! Issuing, opening and burning challenges.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Workflow, reader::Event};
use crate::{
    domain::{
        Error, Result,
        challenge::{
            CaptchaFailure, IMAGE_SECONDS, IssuedChallenge, Level, PASS_SECONDS, SealedChallenge, TokenKind,
            fold_answer,
        },
        form::Client,
        id::{ArticleId, SiteId},
        request::RequestRow,
    },
    keyring::{Opening, Purpose, payload_hash, same_text},
    ops::metric,
};

/// The first answer to a `VerifyChallenge`, as it is remembered.
#[derive(Serialize, Deserialize)]
struct Pass {
    token: String,
}

impl Workflow {
    /// Makes a challenge for a reader. Nothing is stored.
    ///
    /// # Errors
    /// `RateLimited`, `Overloaded` (no picture was ready).
    pub async fn issue_challenge(
        &self,
        site: &SiteId,
        article: &ArticleId,
        client: &Client,
        now: DateTime<Utc>,
    ) -> Result<IssuedChallenge> {
        let sender = self.sender(site, client, "", now);
        let pressed = self.check_limits(Event::Challenge(article), site, &sender, now).await?;
        let level = if pressed { Level::Hard } else { Level::Normal };
        let issued = self.draw_challenge(site, article, client, level, now).await?;
        metric::captcha_issued(level);
        Ok(issued)
    }

    async fn draw_challenge(
        &self,
        site: &SiteId,
        article: &ArticleId,
        client: &Client,
        level: Level,
        now: DateTime<Utc>,
    ) -> Result<IssuedChallenge> {
        let picture = self.pictures.take(level).await?;
        let device = self.device_of(site, client).unwrap_or_else(|| Uuid::new_v4().into_bytes());
        let expires_at = now + Duration::seconds(IMAGE_SECONDS);
        let sealed = SealedChallenge {
            kind: TokenKind::Image,
            level,
            nonce: Uuid::new_v4().into_bytes(),
            issued_at: now,
            expires_at,
            device: Some(device),
            answer: picture.answer,
        };
        Ok(IssuedChallenge {
            token: self.seal_challenge(site, article, &sealed)?,
            level,
            expires_at,
            device_token: self.keyring.device_token(site, device),
            png: picture.png,
            width: picture.width,
            height: picture.height,
        })
    }

    fn seal_challenge(&self, site: &SiteId, article: &ArticleId, sealed: &SealedChallenge) -> Result<String> {
        self.keyring.seal(Purpose::Challenge, &[site.as_str(), article.as_str()], sealed)
    }

    /// Opens a token and compares the answer, without spending anything.
    fn open_challenge(
        &self,
        site: &SiteId,
        article: &ArticleId,
        token: &str,
        answer: &str,
        now: DateTime<Utc>,
    ) -> Result<(SealedChallenge, bool), CaptchaFailure> {
        if token.is_empty() {
            return Err(CaptchaFailure::Required);
        }
        let context = [site.as_str(), article.as_str()];
        let sealed: SealedChallenge =
            self.keyring.open(Purpose::Challenge, &context, token).map_err(|opening| match opening {
                Opening::Broken => CaptchaFailure::Invalid,
                Opening::UnknownKey => CaptchaFailure::Expired,
            })?;
        if sealed.is_expired(now) {
            return Err(CaptchaFailure::Expired);
        }
        let right = match sealed.kind {
            TokenKind::Image => same_text(&fold_answer(answer), &sealed.answer),
            TokenKind::Pass => true,
        };
        Ok((sealed, right))
    }

    /// Checks a challenge. A wrong answer burns it before the verdict is told; a right one leaves its nonce to be spent
    /// with what it pays for.
    ///
    /// # Errors
    /// [`Error::Captcha`] without a fresh challenge, or the store's.
    pub(super) async fn check_challenge(
        &self,
        site: &SiteId,
        article: &ArticleId,
        token: &str,
        answer: &str,
        now: DateTime<Utc>,
    ) -> Result<SealedChallenge> {
        let checked = match self.open_challenge(site, article, token, answer, now) {
            Ok((sealed, true)) => return Ok(sealed),
            Ok((sealed, false)) if self.store.spend_nonce(site, sealed.nonce, None, now).await? => {
                CaptchaFailure::Incorrect
            }
            Ok((_, false)) => CaptchaFailure::Used,
            Err(failure) => failure,
        };
        Err(refused(checked))
    }

    /// Adds a fresh challenge to a captcha failure, so that the reader can try again at once. It counts as issued: failing
    /// on purpose is no way around the limits of challenges, nor to an easier picture.
    pub(super) async fn with_fresh_challenge(
        &self,
        error: Error,
        site: &SiteId,
        article: &ArticleId,
        client: &Client,
        now: DateTime<Utc>,
    ) -> Error {
        match error {
            Error::Captcha { failure, fresh: None } => {
                let fresh = self.issue_challenge(site, article, client, now).await.ok().map(Box::new);
                Error::Captcha { failure, fresh }
            }
            other => other,
        }
    }

    /// Checks an answer for another form of the portal and burns the challenge, whatever the verdict.
    ///
    /// # Errors
    /// `RequestIdReused`, `RateLimited`, `Captcha`, and the store's.
    #[expect(clippy::too_many_arguments, reason = "one per field of the request")]
    pub async fn verify_challenge(
        &self,
        site: &SiteId,
        article: &ArticleId,
        token: &str,
        answer: &str,
        client: &Client,
        request_id: Uuid,
        now: DateTime<Utc>,
    ) -> Result<String> {
        let hash = payload_hash("VerifyChallenge", format!("{article}\n{token}\n{answer}").as_bytes());
        let _turn = self.twins.turn(site, request_id).await;
        if let Some(row) = self.store.find_request(site, request_id).await? {
            return row.replay::<Pass>(&hash).map(|pass| pass.token);
        }
        let sender = self.sender(site, client, "", now);
        self.check_limits(Event::Submit(article), site, &sender, now).await?;
        let result = self.burn_for_pass(site, article, (token, answer), request_id, hash, now).await;
        match result {
            Ok(pass) => Ok(pass),
            Err(error) => Err(self.with_fresh_challenge(error, site, article, client, now).await),
        }
    }

    async fn burn_for_pass(
        &self,
        site: &SiteId,
        article: &ArticleId,
        (token, answer): (&str, &str),
        request_id: Uuid,
        hash: [u8; 32],
        now: DateTime<Utc>,
    ) -> Result<String> {
        let sealed = self.check_challenge(site, article, token, answer, now).await?;
        if sealed.kind == TokenKind::Pass {
            // A pass pays for a comment. If it bought another pass, one solved picture would last for ever.
            return Err(refused(CaptchaFailure::Invalid));
        }
        let pass = SealedChallenge {
            kind: TokenKind::Pass,
            nonce: Uuid::new_v4().into_bytes(),
            issued_at: now,
            expires_at: now + Duration::seconds(PASS_SECONDS),
            answer: String::new(),
            ..sealed.clone()
        };
        let pass = Pass { token: self.seal_challenge(site, article, &pass)? };
        let response = serde_json::to_string(&pass).map_err(Error::internal)?;
        let row = RequestRow { id: request_id, payload_hash: hash, response };
        if self.store.spend_nonce(site, sealed.nonce, Some(&row), now).await? {
            metric::captcha_checked("CORRECT");
            return Ok(pass.token);
        }
        // A twin of this request may have been faster: then its answer is ours too.
        match self.store.find_request(site, request_id).await? {
            Some(row) => row.replay::<Pass>(&hash).map(|pass| pass.token),
            None => Err(refused(CaptchaFailure::Used)),
        }
    }
}

/// Counts a failed check and answers it, without a fresh challenge yet.
pub(super) fn refused(failure: CaptchaFailure) -> Error {
    metric::captcha_checked(failure.as_str());
    Error::captcha(failure)
}
