//! Who a reader is to us: pseudonyms, and the subjects that their limits count.

use chrono::{DateTime, Utc};

use super::{Workflow, salts::Salts};
use crate::{
    domain::{
        Error, Result, address,
        ban::{BanKind, BanSubject},
        challenge::SealedChallenge,
        form::Client,
        id::{ArticleId, SiteId},
        rate_limit::{Allowance, Charge, LimitName, Weight},
        spam::{self, Reading},
        submission::{Pseudonym, Salt, Sender},
        text,
    },
    keyring::Subject,
};

/// What is being limited.
#[derive(Debug, Clone, Copy)]
pub(super) enum Event<'a> {
    Submit(&'a ArticleId),
    Challenge(&'a ArticleId),
    /// A wrong answer to a challenge.
    Failure,
    /// Not counted by article: a crowd that finds something wrong there is not to be silenced.
    Report,
}

/// Whom limits count.
#[derive(Debug, Clone, Copy)]
pub(super) struct Visitor<'a> {
    pub(super) site: &'a SiteId,
    pub(super) sender: &'a Sender,
    /// The device's record speaks for it: see [`is_known`](crate::domain::standing::Record::is_known).
    pub(super) known: bool,
    pub(super) now: DateTime<Utc>,
}

impl Workflow {
    /// The device behind a reader's token, if the token is ours.
    pub(super) fn device_of(&self, site: &SiteId, client: &Client) -> Option<[u8; 16]> {
        self.keyring.open_device(site, &client.device_token)
    }

    /// Pseudonyms of a reader with a month's salt. The author key prefers the device: many readers share an address behind carrier NAT.
    pub(super) fn sender(&self, site: &SiteId, client: &Client, author_name: &str, salt: Salt) -> Sender {
        let hash = |subject, value: &[u8]| self.keyring.pseudonym(site, subject, value);
        let device = self.device_of(site, client).map(|device| hash(Subject::Device, &device));
        let address = client.ip.map(|ip| hash(Subject::Address(salt), &address::octets(address::normalise(ip))));
        let prefix = client.ip.map(|ip| hash(Subject::Prefix(salt), &address::octets(address::prefix_of(ip))));
        let author = match (device, prefix) {
            (Some(device), _) => hash(Subject::Author, &device),
            (None, prefix) => {
                hash(Subject::Author, &[&prefix.unwrap_or_default()[..], text::fold(author_name).as_bytes()].concat())
            }
        };
        Sender { device, address, prefix, author: hex::encode(&author[..8]) }
    }

    /// All that a ban on this submit may be about. Hashes of addresses change each month: those of the last months count, too.
    pub(super) fn ban_subjects(
        &self,
        site: &SiteId,
        client: &Client,
        author_name: &str,
        fingerprint: Pseudonym,
        salts: &Salts,
    ) -> Vec<BanSubject> {
        let mut subjects = vec![BanSubject { kind: BanKind::Fingerprint, key: fingerprint.to_vec() }];
        let mut add = |kind, key: Vec<u8>| {
            let subject = BanSubject { kind, key };
            if !subjects.contains(&subject) {
                subjects.push(subject);
            }
        };
        for salt in salts.recent() {
            let sender = self.sender(site, client, author_name, salt);
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

    /// The device that a challenge was issued to, as its submits are counted.
    pub(super) fn sealed_device(&self, sealed: &SealedChallenge, visitor: Visitor<'_>) -> Option<Pseudonym> {
        let hash = |device: [u8; 16]| self.keyring.pseudonym(visitor.site, Subject::Device, &device);
        sealed.device.map(hash)
    }

    /// Counts `event` against device and prefix, and where it has them article and site.
    ///
    /// # Errors
    /// [`Error::RateLimited`]; nothing is counted then. `Ok(true)` means that the reader is pressed for quota.
    pub(super) async fn check_limits(&self, event: Event<'_>, visitor: Visitor<'_>) -> Result<bool> {
        match self.limiter.check(&self.charges(event, visitor)).await {
            Allowance::Allowed { pressed } => Ok(pressed),
            Allowance::Refused { limit, retry_after } => Err(Error::RateLimited { limit, retry_after }),
        }
    }

    fn charges(&self, event: Event<'_>, visitor: Visitor<'_>) -> Vec<Charge> {
        use LimitName as Name;
        let one = Weight::One;
        let (mut charges, place) = match event {
            Event::Submit(article) => (
                person(visitor, one, Name::SubmitsPerDevice, Name::SubmitsPerPrefix),
                Some((article, Name::SubmitsPerArticle, Name::SubmitsPerSite)),
            ),
            Event::Challenge(article) => {
                let mut charges = person(visitor, one, Name::ChallengesPerDevice, Name::ChallengesPerPrefix);
                // Whoever keeps answering wrongly gets harder challenges, and then none.
                charges.extend(person(visitor, Weight::Look, Name::FailuresPerDevice, Name::FailuresPerPrefix));
                (charges, Some((article, Name::ChallengesPerArticle, Name::ChallengesPerSite)))
            }
            Event::Failure => (person(visitor, one, Name::FailuresPerDevice, Name::FailuresPerPrefix), None),
            Event::Report => (person(visitor, one, Name::ReportsPerDevice, Name::ReportsPerPrefix), None),
        };
        if let Some((article, per_article, per_site)) = place {
            // Hashed, because a portal's id may hold any character and Redis keys give braces a meaning.
            let id = article.as_str().as_bytes();
            let hash = self.keyring.pseudonym(visitor.site, Subject::Fingerprint, id);
            let charge = |limit, subject| Charge { limit, subject: subject_of(visitor.site, subject), weight: one };
            charges.extend([charge(per_article, hash), charge(per_site, [0; 16])]);
        }
        charges
    }

    /// Hash of folded text: equal for texts that differ in marks, case or spaces.
    pub(super) fn fingerprint(&self, site: &SiteId, folded: &str) -> Pseudonym {
        self.keyring.pseudonym(site, Subject::Fingerprint, folded.as_bytes())
    }

    /// Hash of what a campaign's copies have in common; `None` for a text too short to tell.
    pub(super) fn skeleton(&self, site: &SiteId, reading: &Reading<'_>) -> Option<Pseudonym> {
        let skeleton = spam::skeleton(reading)?;
        Some(self.keyring.pseudonym(site, Subject::Skeleton, skeleton.as_bytes()))
    }
}

/// The charges of one person. A device that is known answers for itself, and never for others behind its address. A new one counts
/// against its prefix too, or a bot would take a new one for each try; but apart from those who have none, so that bots which keep no
/// cookie use up each other's quota alone.
fn person(visitor: Visitor<'_>, weight: Weight, per_device: LimitName, per_prefix: LimitName) -> Vec<Charge> {
    let Visitor { site, sender, known, .. } = visitor;
    let device = sender.device.map(|device| Charge { limit: per_device, subject: subject_of(site, device), weight });
    let prefix = sender.prefix.filter(|_| !(known && device.is_some())).map(|prefix| {
        let crowd = if device.is_some() { ":device" } else { "" };
        Charge { limit: per_prefix, subject: format!("{}{crowd}", subject_of(site, prefix)), weight }
    });
    device.into_iter().chain(prefix).collect()
}

fn subject_of(site: &SiteId, subject: Pseudonym) -> String {
    format!("{site}/{}", hex::encode(subject))
}
