//! Who a reader is to us: pseudonyms, and the subjects that their limits count.

use chrono::{DateTime, Utc};

use super::Workflow;
use crate::{
    domain::{
        Error, Result, address,
        form::Client,
        id::{ArticleId, SiteId},
        rate_limit::{Allowance, Charge, LimitName},
        submission::{Pseudonym, Sender},
        text,
    },
    keyring::Subject,
};

/// What is being limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    Submit,
    Challenge,
}

impl Workflow {
    /// The device behind a reader's token, if the token is ours.
    pub(super) fn device_of(&self, site: &SiteId, client: &Client) -> Option<[u8; 16]> {
        self.keyring.open_device(site, &client.device_token)
    }

    /// Pseudonyms of a reader. The author key prefers the device: many readers share an address behind carrier NAT.
    pub(super) fn sender(&self, site: &SiteId, client: &Client, author_name: &str, now: DateTime<Utc>) -> Sender {
        let hash = |subject, value: &[u8]| self.keyring.pseudonym(site, subject, value, now);
        let device = self.device_of(site, client).map(|device| hash(Subject::Device, &device));
        let address = client.ip.map(|ip| hash(Subject::Address, &address::octets(address::normalise(ip))));
        let prefix = client.ip.map(|ip| hash(Subject::Prefix, &address::octets(address::prefix_of(ip))));
        let author = match (device, prefix) {
            (Some(device), _) => hash(Subject::Author, &device),
            (None, prefix) => {
                hash(Subject::Author, &[&prefix.unwrap_or_default()[..], text::fold(author_name).as_bytes()].concat())
            }
        };
        Sender { device, address, prefix, author: hex(&author[..8]) }
    }

    /// Counts `event` against device, prefix, article and site.
    ///
    /// # Errors
    /// [`Error::RateLimited`]; nothing is counted then. `Ok(true)` means that the reader is pressed for quota.
    pub(super) async fn check_limits(
        &self,
        event: Event,
        site: &SiteId,
        article: &ArticleId,
        sender: &Sender,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        // Hashed, because a portal's id may hold any character and Redis keys give braces a meaning.
        let article = self.keyring.pseudonym(site, Subject::Fingerprint, article.as_str().as_bytes(), now);
        let names = match event {
            Event::Submit => [
                LimitName::SubmitsPerDevice,
                LimitName::SubmitsPerPrefix,
                LimitName::SubmitsPerArticle,
                LimitName::SubmitsPerSite,
            ],
            Event::Challenge => [
                LimitName::ChallengesPerDevice,
                LimitName::ChallengesPerPrefix,
                LimitName::ChallengesPerArticle,
                LimitName::ChallengesPerSite,
            ],
        };
        let subjects = [sender.device, sender.prefix, Some(article), Some([0; 16])];
        let charges: Vec<Charge> = names
            .into_iter()
            .zip(subjects)
            .filter_map(|(limit, subject)| Some(Charge { limit, subject: format!("{site}/{}", hex(&subject?)) }))
            .collect();
        match self.limiter.check(&charges).await {
            Allowance::Allowed { pressed } => Ok(pressed),
            Allowance::Refused { limit, retry_after } => Err(Error::RateLimited { limit, retry_after }),
        }
    }

    /// Hash of folded text: equal for texts that differ in marks, case or spaces.
    pub(super) fn fingerprint(&self, site: &SiteId, folded: &str, now: DateTime<Utc>) -> Pseudonym {
        self.keyring.pseudonym(site, Subject::Fingerprint, folded.as_bytes(), now)
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
