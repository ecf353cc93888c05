//! Who a reader is to us: pseudonyms.

use super::{Workflow, limits::Visitor, salts::Salts};
use crate::{
    domain::{
        address,
        ban::{BanKind, BanSubject},
        challenge::SealedChallenge,
        form::Client,
        id::SiteId,
        spam::{self, Reading},
        submission::{Pseudonym, Salt, Sender},
        text,
    },
    keyring::Subject,
};

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
            (None, prefix) => hash(
                Subject::Author,
                &[&prefix.unwrap_or_default()[..], text::name_key(author_name).as_bytes()].concat(),
            ),
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

    /// Pseudonyms of the /56 and the /48 around a reader's IPv6 address, as limits count them.
    pub(super) fn wider_prefixes(&self, site: &SiteId, client: &Client, salt: Salt) -> Option<[Pseudonym; 2]> {
        let hash = |prefix| self.keyring.pseudonym(site, Subject::Prefix(salt), &address::octets(prefix));
        Some(address::wider_prefixes(client.ip?)?.map(hash))
    }

    /// The pseudonym of the network that a reader speaks for: see [`address::network_of`].
    pub(super) fn network(&self, site: &SiteId, client: &Client, salt: Salt) -> Option<Pseudonym> {
        let network = address::network_of(client.ip?);
        Some(self.keyring.pseudonym(site, Subject::Prefix(salt), &address::octets(network)))
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
