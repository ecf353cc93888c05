//! Issuing challenges: which one, how hard, and its sealed token. Nothing is stored.

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

/// How long the database may take to say who asks. Without an answer everybody is a stranger, and nobody waits for it.
const CONTEXT_TIMEOUT: StdDuration = StdDuration::from_millis(100);

/// Who asks for a challenge, where.
#[derive(Clone, Copy)]
struct IssueRequest<'a> {
    site: &'a SiteId,
    article: &'a ArticleId,
    client: &'a ReaderContext,
    now: DateTime<Utc>,
}

impl Challenges {
    /// Makes a challenge of one of `kinds` for a reader, by how they behaved. Nothing is stored.
    ///
    /// # Errors
    /// `RateLimited`, `Overloaded` (no image was ready).
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
        // A record that is still keyed by another key counts once it is keyed anew: late is no reason to wait.
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
            // No image is ready: whoever can work instead, does.
            Err(Error::Overloaded { .. }) if kind.has_image() && kinds.contains(&ChallengeKind::AltchaPow) => {
                self.make_challenge(asked, ChallengeKind::AltchaPow, level).await?
            }
            issued => issued?,
        };
        metric::captcha_issued(issued.kind, issued.level, trust);
        Ok(issued)
    }

    /// The month's salt, or none at all where the database does not tell it in time: what is counted by it is never stored.
    async fn salt_in_time(&self, site: &SiteId, now: DateTime<Utc>) -> Salt {
        match tokio::time::timeout(CONTEXT_TIMEOUT, self.core.salts.of(site, now)).await {
            Ok(Ok(salts)) => salts.current(),
            Ok(Err(_)) | Err(_) => Salt::default(),
        }
    }

    /// What is on file about a reader, as far as the database tells it in time.
    pub(in crate::service) async fn challenge_context(
        &self,
        site: &SiteId,
        sender: &Sender,
        now: DateTime<Utc>,
    ) -> ChallengeContext {
        let context = async {
            // A reader without a device has no record, and the site is mostly known already.
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

/// Returns the id of a device that is not known yet. It is random like a nonce, from a generator of this thread: asking
/// the system for each takes longer than all else that an id needs.
fn new_device() -> [u8; 16] {
    rand::random()
}

/// The secrets as the proof of work takes them.
pub(super) fn exposed(secrets: &ProofSecrets) -> Secrets<'_> {
    Secrets { challenge: secrets.challenge.expose_secret(), solution: secrets.solution.expose_secret() }
}
