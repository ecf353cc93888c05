//! Pseudonyms: who sent a comment, without saying who. Only the holder of the key can tell whether a known address made one.

use super::{
    derive::{Keys, short_mac},
    ring::Keyring,
};
use crate::domain::{
    id::SiteId,
    key::KeyMark,
    pseudonym::{Pseudonym, Salt},
};

/// Whose pseudonym, or of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PseudonymSubject {
    /// A device token's 16 bytes.
    Device,
    /// An address, as `domain::address::octets` gives it. Addresses are personal and change hands: their pseudonyms cannot be followed
    /// beyond the month whose salt this is, and mean nothing to anybody once the salt is forgotten.
    Address(Salt),
    /// Its /24 or /64, as `octets` of `domain::address::prefix_of` gives it; with a salt as an address has it.
    Prefix(Salt),
    /// What groups an author's comments.
    Author,
    /// A folded text.
    Fingerprint,
    /// What a campaign's copies have in common.
    Skeleton,
}

impl PseudonymSubject {
    const fn label(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Address(_) => "address",
            Self::Prefix(_) => "prefix",
            Self::Author => "author",
            Self::Fingerprint => "fingerprint",
            Self::Skeleton => "skeleton",
        }
    }

    const fn salt(&self) -> &[u8] {
        match self {
            Self::Address(salt) | Self::Prefix(salt) => salt,
            Self::Device | Self::Author | Self::Fingerprint | Self::Skeleton => &[],
        }
    }
}

/// One key of a ring, as far as it makes pseudonyms.
#[derive(Debug, Clone, Copy)]
pub struct Namer<'a>(&'a Keys);

impl Namer<'_> {
    /// The pseudonym of `value` on one site: a truncated HMAC-SHA256. Equal values have equal pseudonyms, addresses
    /// with the same salt only.
    pub fn pseudonym(self, site: &SiteId, subject: PseudonymSubject, value: &[u8]) -> Pseudonym {
        let label = [subject.label().as_bytes(), subject.salt(), site.as_str().as_bytes(), value];
        short_mac(&self.0.pseudonym, &label)
    }

    /// How rows name the key.
    pub const fn mark(self) -> KeyMark {
        self.0.mark
    }
}

impl Keyring {
    /// The pseudonym by the first key, which keys what is new.
    pub fn pseudonym(&self, site: &SiteId, subject: PseudonymSubject, value: &[u8]) -> Pseudonym {
        self.first().pseudonym(site, subject, value)
    }

    /// The key that keys what is new.
    pub const fn first(&self) -> Namer<'_> {
        Namer(&self.first)
    }

    /// True when the ring has more than one key.
    pub const fn is_changing(&self) -> bool {
        !self.others.is_empty()
    }

    /// The keys behind the first one: what they keyed is still looked up.
    pub fn others(&self) -> impl Iterator<Item = Namer<'_>> {
        self.others.iter().map(Namer)
    }

    /// Every key, the first one first.
    pub fn namers(&self) -> impl Iterator<Item = Namer<'_>> {
        self.all().map(Namer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_change_their_pseudonym_with_the_salt() {
        let keyring = Keyring::parse(&Keyring::generate()).unwrap();
        let site = SiteId::parse("hue").unwrap();
        for subject in [PseudonymSubject::Address, PseudonymSubject::Prefix] {
            let name = |salt| keyring.pseudonym(&site, subject(salt), b"value");
            assert_eq!(name([1; 16]), name([1; 16]));
            assert_ne!(name([1; 16]), name([2; 16]));
        }
    }

    #[test]
    fn site_subject_value_and_key_all_matter() {
        let (secret, other) = (Keyring::generate(), Keyring::generate());
        let keyring = Keyring::parse(&secret).unwrap();
        let site = SiteId::parse("hue").unwrap();
        let name = keyring.pseudonym(&site, PseudonymSubject::Device, b"a");
        assert_ne!(name, keyring.pseudonym(&site, PseudonymSubject::Device, b"b"));
        assert_ne!(name, keyring.pseudonym(&site, PseudonymSubject::Author, b"a"));
        assert_ne!(name, keyring.pseudonym(&SiteId::parse("hu").unwrap(), PseudonymSubject::Device, b"ea"));
        let rotated = Keyring::parse(&format!("{},{secret}", other.replacen('1', "2", 1))).unwrap();
        assert_ne!(name, rotated.pseudonym(&site, PseudonymSubject::Device, b"a"));
    }
}
