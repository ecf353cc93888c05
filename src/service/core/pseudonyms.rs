//! Who a reader is to us: pseudonyms.

use std::sync::Arc;

use super::{rate_limits::LimitedReader, salts::Salts};
use crate::{
    domain::{
        address,
        ban::{BanKind, BanSubject},
        challenge::SealedChallenge,
        form::ReaderContext,
        id::SiteId,
        key::DeviceNames,
        pseudonym::{Pseudonym, Salt},
        spam::{self, Reading},
        submission::Sender,
        text,
    },
    keyring::{Keyring, Namer, PseudonymSubject},
};

/// Makes pseudonyms of what readers send, by the keys of the ring.
pub(in crate::service) struct Pseudonyms {
    keyring: Arc<Keyring>,
}

impl Pseudonyms {
    pub(in crate::service) const fn new(keyring: Arc<Keyring>) -> Self {
        Self { keyring }
    }

    /// The device behind a reader's token, if the token is ours.
    pub(in crate::service) fn device_of(&self, site: &SiteId, client: &ReaderContext) -> Option<[u8; 16]> {
        self.keyring.open_device(site, &client.device_token)
    }

    /// Pseudonyms of a reader with a month's salt, by the first key.
    pub(in crate::service) fn sender(
        &self,
        site: &SiteId,
        client: &ReaderContext,
        author_name: &str,
        salt: Salt,
    ) -> Sender {
        self.sender_by(self.keyring.first(), site, client, author_name, salt)
    }

    /// Pseudonyms of a reader by a key of the ring. The author key prefers the device: many readers share an address
    /// behind carrier NAT.
    pub(in crate::service) fn sender_by(
        &self,
        key: Namer<'_>,
        site: &SiteId,
        client: &ReaderContext,
        author_name: &str,
        salt: Salt,
    ) -> Sender {
        let names = self.device_of(site, client).map(|device| device_names(key, site, device));
        let hash = |ip| key.pseudonym(site, PseudonymSubject::Address(salt), &address::octets(address::normalise(ip)));
        let (address, prefix) = (client.ip.map(hash), prefix_by(key, site, client, salt));
        let by_name = || (None, author_by_name(key, site, prefix, author_name));
        let (device, author) = names.map_or_else(by_name, |names| (Some(names.device), names.author));
        Sender { device, address, prefix, author, key: Some(key.mark()) }
    }

    /// All that a ban on this submit may be about, by every key of the ring. Hashes of addresses change each month:
    /// those of the last months count, too.
    pub(in crate::service) fn ban_subjects(
        &self,
        site: &SiteId,
        client: &ReaderContext,
        author_name: &str,
        said: &str,
        salts: &Salts,
    ) -> Vec<BanSubject> {
        let mut subjects = Vec::new();
        for key in self.keyring.namers() {
            for subject in self.ban_subjects_by(key, site, client, author_name, said, salts) {
                if !subjects.contains(&subject) {
                    subjects.push(subject);
                }
            }
        }
        subjects
    }

    /// The same by one key, in an order that is the same for every key.
    pub(in crate::service) fn ban_subjects_by(
        &self,
        key: Namer<'_>,
        site: &SiteId,
        client: &ReaderContext,
        author_name: &str,
        said: &str,
        salts: &Salts,
    ) -> Vec<BanSubject> {
        let fingerprint = key.pseudonym(site, PseudonymSubject::Fingerprint, said.as_bytes());
        let mut subjects = vec![BanSubject { kind: BanKind::Fingerprint, key: fingerprint.to_vec() }];
        let mut add = |kind, key: Vec<u8>| subjects.push(BanSubject { kind, key });
        // Of all that a device is known by, the prefix alone changes with the month.
        let names = self.device_of(site, client).map(|device| device_names(key, site, device));
        if let Some(DeviceNames { device, author }) = &names {
            add(BanKind::Author, author.clone().into_bytes());
            add(BanKind::Device, device.to_vec());
        }
        for salt in salts.recent() {
            let prefix = prefix_by(key, site, client, salt);
            if names.is_none() {
                add(BanKind::Author, author_by_name(key, site, prefix, author_name).into_bytes());
            }
            if let Some(prefix) = prefix {
                add(BanKind::IpPrefix, prefix.to_vec());
            }
        }
        subjects
    }

    /// The device that a challenge was issued to, as its submits are counted.
    pub(in crate::service) fn sealed_device(
        &self,
        sealed: &SealedChallenge,
        reader: LimitedReader<'_>,
    ) -> Option<Pseudonym> {
        let hash = |device: [u8; 16]| self.keyring.pseudonym(reader.site, PseudonymSubject::Device, &device);
        sealed.device.map(hash)
    }

    /// Pseudonyms of the /56 and the /48 around a reader's IPv6 address, as limits count them.
    pub(in crate::service) fn wider_prefixes(
        &self,
        site: &SiteId,
        client: &ReaderContext,
        salt: Salt,
    ) -> Option<[Pseudonym; 2]> {
        let hash = |prefix| self.keyring.pseudonym(site, PseudonymSubject::Prefix(salt), &address::octets(prefix));
        Some(address::wider_prefixes(client.ip?)?.map(hash))
    }

    /// The pseudonym of the network whose voices count as one with this reader's: see [`address::shared_network`].
    pub(in crate::service) fn network(&self, site: &SiteId, client: &ReaderContext, salt: Salt) -> Option<Pseudonym> {
        let network = address::shared_network(client.ip?)?;
        Some(self.keyring.pseudonym(site, PseudonymSubject::Prefix(salt), &address::octets(network)))
    }

    /// The pseudonyms of a device, else of an address, by the ring's other keys.
    pub(in crate::service) fn reporter_aliases(
        &self,
        site: &SiteId,
        client: &ReaderContext,
        salt: Salt,
    ) -> Vec<Pseudonym> {
        let alias = |key| {
            let sender = self.sender_by(key, site, client, "", salt);
            sender.device.or(sender.address)
        };
        self.keyring.others().filter_map(alias).collect()
    }

    /// Hash of folded text: equal for texts that differ in marks, case or spaces.
    pub(in crate::service) fn fingerprint(&self, site: &SiteId, folded: &str) -> Pseudonym {
        self.keyring.pseudonym(site, PseudonymSubject::Fingerprint, folded.as_bytes())
    }

    /// Hash of what a campaign's copies have in common; `None` for a text too short to tell.
    pub(in crate::service) fn skeleton(&self, site: &SiteId, reading: &Reading<'_>) -> Option<Pseudonym> {
        skeleton_by(self.keyring.first(), site, reading)
    }
}

/// The skeleton by a key of the ring.
pub(in crate::service) fn skeleton_by(key: Namer<'_>, site: &SiteId, reading: &Reading<'_>) -> Option<Pseudonym> {
    Some(key.pseudonym(site, PseudonymSubject::Skeleton, spam::skeleton(reading)?.as_bytes()))
}

/// The pseudonym of a reader's narrow prefix with a month's salt.
fn prefix_by(key: Namer<'_>, site: &SiteId, client: &ReaderContext, salt: Salt) -> Option<Pseudonym> {
    let hash = |ip| key.pseudonym(site, PseudonymSubject::Prefix(salt), &address::octets(address::prefix_of(ip)));
    client.ip.map(hash)
}

/// The author key of a reader without a device.
fn author_by_name(key: Namer<'_>, site: &SiteId, prefix: Option<Pseudonym>, author_name: &str) -> String {
    let name = text::name_key(author_name);
    let value = [&prefix.unwrap_or_default()[..], name.as_bytes()].concat();
    author_key(key.pseudonym(site, PseudonymSubject::Author, &value))
}

/// A device's pseudonym and author key by a key of the ring.
pub(in crate::service) fn device_names(key: Namer<'_>, site: &SiteId, device: [u8; 16]) -> DeviceNames {
    let device = key.pseudonym(site, PseudonymSubject::Device, &device);
    DeviceNames { device, author: author_key(key.pseudonym(site, PseudonymSubject::Author, &device)) }
}

/// 16 hex digits.
fn author_key(hash: Pseudonym) -> String {
    hex::encode(&hash[..8])
}
