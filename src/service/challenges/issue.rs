//! Issuing of challenges: the choice of kind and level, and the sealed token. Nothing is stored.

use std::time::Duration as StdDuration;

use chrono::{DateTime, Duration, Utc};
use rand::{SeedableRng as _, rngs::StdRng};
use secrecy::ExposeSecret as _;

use super::Challenges;
use crate::{
    captcha::{Secrets, pose_proof},
    domain::{
        Error, Result,
        challenge::{ChallengeContent, ChallengeKind, Image, IssuedChallenge, SealedChallenge},
        challenge_level::Level,
        form::ReaderContext,
        id::{ArticleId, SiteId},
        pseudonym::Salt,
        submission::{ChallengeContext, ChallengeQuestion, Sender},
        trust::{Record, Signs, TrustLevel},
    },
    keyring::{ProofSecrets, Purpose},
    ops::metric,
    service::{
        core::rate_limits::{LimitedCall, LimitedReader},
        rekeying::rekey_device,
    },
};

/// Longest wait for each read of a reader's data from the database. Without an answer in time, the reader is treated as
/// new.
const CONTEXT_TIMEOUT: StdDuration = StdDuration::from_millis(100);

/// A request for a challenge: the article, the reader and the time.
#[derive(Clone, Copy)]
struct IssueRequest<'a> {
    site: &'a SiteId,
    article: &'a ArticleId,
    client: &'a ReaderContext,
    now: DateTime<Utc>,
}

impl Challenges {
    /// Issues a challenge of one of `kinds`, chosen by the reader's trust level. Nothing is stored.
    ///
    /// # Errors
    /// `RateLimited`, and `Overloaded` when no image was ready.
    pub async fn issue_challenge(
        &self,
        site: &SiteId,
        article: &ArticleId,
        client: &ReaderContext,
        kinds: &[ChallengeKind],
        now: DateTime<Utc>,
    ) -> Result<IssuedChallenge> {
        let salt = self.salt_in_time(site, now).await;
        let (sender, wider) = (
            self.core.pseudonyms.sender(site, client, "", salt),
            self.core.pseudonyms.wider_prefixes(site, client, salt),
        );
        // A record under an earlier key counts only after it is rekeyed. A slow database must not delay the challenge.
        drop(tokio::time::timeout(CONTEXT_TIMEOUT, rekey_device(&self.core, site, client)).await);
        let context = self.challenge_context(site, &sender, now).await;
        let reader = LimitedReader { site, sender: &sender, wider, known: context.record.is_known(), now };
        let pressed = self.core.rate_limits.check(LimitedCall::Challenge(article), reader).await?;
        let signs = Signs {
            record: context.record,
            suspected_from: self.core.assessor.thresholds(site).high,
            pressed,
            alarm: context.site.is_alarmed(now),
        };
        let trust = TrustLevel::of(&signs);
        let (kind, level) = trust.challenge(kinds);
        let asked = IssueRequest { site, article, client, now };
        let issued = match self.make_challenge(asked, kind, level).await {
            // No image is ready, so a portal that accepts proofs of work gets one instead.
            Err(Error::Overloaded { .. }) if kind.has_image() && kinds.contains(&ChallengeKind::AltchaPow) => {
                self.make_challenge(asked, ChallengeKind::AltchaPow, level).await?
            }
            issued => issued?,
        };
        metric::captcha_issued(issued.kind, issued.level, trust);
        Ok(issued)
    }

    /// Returns the month's salt, or an empty one if the database does not return it in time. Hashes with an empty salt
    /// are used for rate limits only and never stored in the database.
    async fn salt_in_time(&self, site: &SiteId, now: DateTime<Utc>) -> Salt {
        match tokio::time::timeout(CONTEXT_TIMEOUT, self.core.salts.of(site, now)).await {
            Ok(Ok(salts)) => salts.current(),
            Ok(Err(_)) | Err(_) => Salt::default(),
        }
    }

    /// Returns the reader's record and the site, or defaults if the database does not return them in time.
    pub(in crate::service) async fn challenge_context(
        &self,
        site: &SiteId,
        sender: &Sender,
        now: DateTime<Utc>,
    ) -> ChallengeContext {
        let context = async {
            // A reader without a device has no record, and the site is usually cached.
            let Some(device) = sender.device else {
                let read = async { Ok(self.core.store.find_policies(site, &[]).await?.site) };
                let site = self.core.pages.site(site, read).await?;
                return Ok(ChallengeContext { site, record: Record::default() });
            };
            self.contexts.ask(ChallengeQuestion { site: site.clone(), device, now }).await
        };
        match tokio::time::timeout(CONTEXT_TIMEOUT, context).await {
            Ok(Ok(context)) => context,
            Ok(Err(_)) | Err(_) => ChallengeContext::default(),
        }
    }

    async fn make_challenge(
        &self,
        asked: IssueRequest<'_>,
        kind: ChallengeKind,
        level: Level,
    ) -> Result<IssuedChallenge> {
        let drawn = if kind.has_image() { Some(self.images.take(level).await?.split()) } else { None };
        let (answer, image) = drawn.unzip();
        let device = self.core.pseudonyms.device_of(asked.site, asked.client).unwrap_or_else(new_device);
        let expires_at = asked.now + Duration::seconds(kind.seconds());
        let sealed = SealedChallenge {
            kind,
            passed: false,
            level,
            nonce: rand::random(),
            issued_at: asked.now,
            expires_at,
            device: Some(device),
            answer: answer.unwrap_or_default(),
        };
        let token = self.seal_challenge(asked.site, asked.article, &sealed)?;
        Ok(IssuedChallenge {
            content: self.content(&token, &sealed, image)?,
            token,
            kind,
            level,
            expires_at,
            device_token: self.core.keyring.device_token(asked.site, device),
        })
    }

    fn content(&self, token: &str, sealed: &SealedChallenge, image: Option<Image>) -> Result<ChallengeContent> {
        if !sealed.kind.has_proof() {
            return Ok(image.map_or(ChallengeContent::Nothing, ChallengeContent::Image));
        }
        let secrets =
            self.core.keyring.proof_secrets(token).ok_or_else(|| Error::internal("a sealed token has no key"))?;
        let mut rng = StdRng::try_from_os_rng().map_err(Error::internal)?;
        let tries = self.core.defaults.get().proof_tries.get(sealed.level);
        let json = pose_proof(token, tries, sealed.expires_at, image.as_ref(), exposed(&secrets), &mut rng)?;
        Ok(ChallengeContent::Altcha(json))
    }

    pub(super) fn seal_challenge(
        &self,
        site: &SiteId,
        article: &ArticleId,
        sealed: &SealedChallenge,
    ) -> Result<String> {
        self.core.keyring.seal(Purpose::Challenge, &[site.as_str(), article.as_str()], sealed)
    }
}

/// Creates the id of a new device. It comes from the thread's random generator, as nonces do, because a system call per
/// id takes longer than everything else that an id needs.
fn new_device() -> [u8; 16] {
    rand::random()
}

/// Exposes the secrets to the proof of work.
pub(super) fn exposed(secrets: &ProofSecrets) -> Secrets<'_> {
    Secrets { challenge: secrets.challenge.expose_secret(), solution: secrets.solution.expose_secret() }
}
