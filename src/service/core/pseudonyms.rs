//! Pseudonyms of readers.

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

/// The pseudonyms of readers, which are computed from their data with the keys of the keyring.
pub(in crate::service) struct Pseudonyms {
    keyring: Arc<Keyring>,
}

impl Pseudonyms {
    pub(in crate::service) const fn new(keyring: Arc<Keyring>) -> Self {
        Self { keyring }
    }

    /// Returns the device of a reader's device token, if this service has signed the token.
    pub(in crate::service) fn device_of(&self, site: &SiteId, client: &ReaderContext) -> Option<[u8; 16]> {
        self.keyring.open_device(site, &client.device_token)
    }

    /// Computes the pseudonyms of a reader with a month's salt and the first key.
    pub(in crate::service) fn sender(
        &self,
        site: &SiteId,
        client: &ReaderContext,
        author_name: &str,
        salt: Salt,
    ) -> Sender {
        self.sender_by(self.keyring.first(), site, client, author_name, salt)
    }

    /// Computes the pseudonyms of a reader with a key of the keyring. The author key is derived from the device if
    /// there is one, because many readers share an address behind carrier NAT.
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

    /// Lists the subjects that a ban on this submit may have, under every key of the keyring. Hashes of addresses
    /// change each month, so those of the last months are included.
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

    /// Lists the same subjects under one key. Their order does not depend on the key.
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
        // For a reader with a device, only the prefix depends on the month.
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

    /// Computes the pseudonym of the device that a challenge was issued to, for comparison with that of a sender.
    pub(in crate::service) fn sealed_device(
        &self,
        sealed: &SealedChallenge,
        reader: LimitedReader<'_>,
    ) -> Option<Pseudonym> {
        let hash = |device: [u8; 16]| self.keyring.pseudonym(reader.site, PseudonymSubject::Device, &device);
        sealed.device.map(hash)
    }

    /// Computes the pseudonyms of the /56 and the /48 around a reader's IPv6 address, which rate limits use.
    pub(in crate::service) fn wider_prefixes(
        &self,
        site: &SiteId,
        client: &ReaderContext,
        salt: Salt,
    ) -> Option<[Pseudonym; 2]> {
        let hash = |prefix| self.keyring.pseudonym(site, PseudonymSubject::Prefix(salt), &address::octets(prefix));
        Some(address::wider_prefixes(client.ip?)?.map(hash))
    }

    /// Computes the pseudonym of the network whose readers count as one reporter: see [`address::shared_network`].
    pub(in crate::service) fn network(&self, site: &SiteId, client: &ReaderContext, salt: Salt) -> Option<Pseudonym> {
        let network = address::shared_network(client.ip?)?;
        Some(self.keyring.pseudonym(site, PseudonymSubject::Prefix(salt), &address::octets(network)))
    }

    /// Lists the pseudonyms of a device, or else of an address, under the keyring's other keys.
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

    /// Hashes a folded text. Texts that differ only in marks, case, invisible characters
    /// or the length of white space have the same hash.
    pub(in crate::service) fn fingerprint(&self, site: &SiteId, folded: &str) -> Pseudonym {
        self.keyring.pseudonym(site, PseudonymSubject::Fingerprint, folded.as_bytes())
    }

    /// Hashes the part of a text that all comments of a campaign share. Returns `None` for a text that is too short.
    pub(in crate::service) fn skeleton(&self, site: &SiteId, reading: &Reading<'_>) -> Option<Pseudonym> {
        skeleton_by(self.keyring.first(), site, reading)
    }
}

/// Hashes the shared part of a text with a key of the keyring: see [`Pseudonyms::skeleton`].
pub(in crate::service) fn skeleton_by(key: Namer<'_>, site: &SiteId, reading: &Reading<'_>) -> Option<Pseudonym> {
    Some(key.pseudonym(site, PseudonymSubject::Skeleton, spam::skeleton(reading)?.as_bytes()))
}

/// Computes the pseudonym of a reader's narrow prefix with a month's salt.
fn prefix_by(key: Namer<'_>, site: &SiteId, client: &ReaderContext, salt: Salt) -> Option<Pseudonym> {
    let hash = |ip| key.pseudonym(site, PseudonymSubject::Prefix(salt), &address::octets(address::prefix_of(ip)));
    client.ip.map(hash)
}

/// Computes the author key of a reader without a device, from the prefix and the name.
fn author_by_name(key: Namer<'_>, site: &SiteId, prefix: Option<Pseudonym>, author_name: &str) -> String {
    let name = text::name_key(author_name);
    let value = [&prefix.unwrap_or_default()[..], name.as_bytes()].concat();
    author_key(key.pseudonym(site, PseudonymSubject::Author, &value))
}

/// Computes a device's pseudonym and author key with a key of the keyring.
pub(in crate::service) fn device_names(key: Namer<'_>, site: &SiteId, device: [u8; 16]) -> DeviceNames {
    let device = key.pseudonym(site, PseudonymSubject::Device, &device);
    DeviceNames { device, author: author_key(key.pseudonym(site, PseudonymSubject::Author, &device)) }
}

/// Encodes the first half of a hash as 16 hex digits.
fn author_key(hash: Pseudonym) -> String {
    hex::encode(&hash[..8])
}
