//! Who a reader is to us: pseudonyms, and the subjects that their limits count.

use chrono::{DateTime, Utc};

use super::Workflow;
use crate::{
    domain::{
        Error, Result, address,
        ban::{self, BanKind, BanSubject},
        form::Client,
        id::{ArticleId, SiteId},
        rate_limit::{Allowance, Charge, LimitName},
        submission::{Pseudonym, Sender},
        text,
    },
    keyring::Subject,
};

/// What is being limited.
#[derive(Debug, Clone, Copy)]
pub(super) enum Event<'a> {
    Submit(&'a ArticleId),
    Challenge(&'a ArticleId),
    /// Not counted by article: a crowd that finds something wrong there is not to be silenced.
    Report,
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

    /// All that a ban on this submit may be about. Hashes of addresses change each month: those of the last months count, too.
    pub(super) fn ban_subjects(
        &self,
        site: &SiteId,
        client: &Client,
        author_name: &str,
        fingerprint: Pseudonym,
        now: DateTime<Utc>,
    ) -> Vec<BanSubject> {
        let mut subjects = vec![BanSubject { kind: BanKind::Fingerprint, key: fingerprint.to_vec() }];
        let mut add = |kind, key: Vec<u8>| {
            let subject = BanSubject { kind, key };
            if !subjects.contains(&subject) {
                subjects.push(subject);
            }
        };
        for month in ban::recent_months(now) {
            let sender = self.sender(site, client, author_name, month);
            add(BanKind::Author, sender.author.into_bytes());
            if let Some(device) = sender.device {
                add(BanKind::Device, device.to_vec());
            }
            if let Some(prefix) = sender.prefix {
                add(BanKind::IpPrefix, prefix.to_vec());
            }
        }
        subjects
    }

    /// Counts `event` against device and prefix, and where it has them article and site.
    ///
    /// # Errors
    /// [`Error::RateLimited`]; nothing is counted then. `Ok(true)` means that the reader is pressed for quota.
    pub(super) async fn check_limits(
        &self,
        event: Event<'_>,
        site: &SiteId,
        sender: &Sender,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        match self.limiter.check(&self.charges(event, site, sender, now)).await {
            Allowance::Allowed { pressed } => Ok(pressed),
            Allowance::Refused { limit, retry_after } => Err(Error::RateLimited { limit, retry_after }),
        }
    }

    fn charges(&self, event: Event<'_>, site: &SiteId, sender: &Sender, now: DateTime<Utc>) -> Vec<Charge> {
        // Hashed, because a portal's id may hold any character and Redis keys give braces a meaning.
        let hash = |id: &ArticleId| self.keyring.pseudonym(site, Subject::Fingerprint, id.as_str().as_bytes(), now);
        let whole_site = Some([0; 16]);
        let subjects = match event {
            Event::Submit(article) => vec![
                (LimitName::SubmitsPerDevice, sender.device),
                (LimitName::SubmitsPerPrefix, sender.prefix),
                (LimitName::SubmitsPerArticle, Some(hash(article))),
                (LimitName::SubmitsPerSite, whole_site),
            ],
            Event::Challenge(article) => vec![
                (LimitName::ChallengesPerDevice, sender.device),
                (LimitName::ChallengesPerPrefix, sender.prefix),
                (LimitName::ChallengesPerArticle, Some(hash(article))),
                (LimitName::ChallengesPerSite, whole_site),
            ],
            Event::Report => {
                vec![(LimitName::ReportsPerDevice, sender.device), (LimitName::ReportsPerPrefix, sender.prefix)]
            }
        };
        let charge = |(limit, subject): (LimitName, Option<Pseudonym>)| {
            Some(Charge { limit, subject: format!("{site}/{}", hex(&subject?)) })
        };
        subjects.into_iter().filter_map(charge).collect()
    }

    /// Hash of folded text: equal for texts that differ in marks, case or spaces.
    pub(super) fn fingerprint(&self, site: &SiteId, folded: &str, now: DateTime<Utc>) -> Pseudonym {
        self.keyring.pseudonym(site, Subject::Fingerprint, folded.as_bytes(), now)
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
