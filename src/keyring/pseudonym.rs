//! Pseudonyms: keyed hashes that identify the sender of a comment without revealing them. Only a holder of the key can
//! check whether a known address belongs to a pseudonym.

use super::{
    derive::{Keys, short_mac},
    ring::Keyring,
};
use crate::domain::{
    id::SiteId,
    key::KeyMark,
    pseudonym::{Pseudonym, Salt},
};

/// What a pseudonym identifies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PseudonymSubject {
    /// The 16 bytes of a device token.
    Device,
    /// An address, as returned by `domain::address::octets`. Addresses are personal and are reassigned, so their
    /// pseudonyms contain the salt of a month: they cannot be linked across months, and become meaningless once the
    /// salt is deleted.
    Address(Salt),
    /// The address's /24 or /64 prefix, as returned by `domain::address::prefix_of`, with a monthly salt like an
    /// address.
    Prefix(Salt),
    /// An author; the pseudonym groups the author's comments.
    Author,
    /// A folded text.
    Fingerprint,
    /// The skeleton of a text, which near-identical comments of a campaign share.
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

/// One key of the ring, used to create pseudonyms.
#[derive(Debug, Clone, Copy)]
pub struct Namer<'a>(&'a Keys);

impl Namer<'_> {
    /// Computes the pseudonym of `value` on one site: a truncated HMAC-SHA256. Equal values have equal pseudonyms; for
    /// addresses, only with the same salt.
    pub fn pseudonym(self, site: &SiteId, subject: PseudonymSubject, value: &[u8]) -> Pseudonym {
        let label = [subject.label().as_bytes(), subject.salt(), site.as_str().as_bytes(), value];
        short_mac(&self.0.pseudonym, &label)
    }

    pub const fn mark(self) -> KeyMark {
        self.0.mark
    }
}

impl Keyring {
    /// Computes the pseudonym by the first key, which is used for new rows.
    pub fn pseudonym(&self, site: &SiteId, subject: PseudonymSubject, value: &[u8]) -> Pseudonym {
        self.first().pseudonym(site, subject, value)
    }

    /// Returns the first key, which is used for new rows.
    pub const fn first(&self) -> Namer<'_> {
        Namer(&self.first)
    }

    /// Checks whether the ring has more than one key, so that a rotation is in progress.
    pub const fn is_changing(&self) -> bool {
        !self.others.is_empty()
    }

    /// Returns the keys after the first one, whose rows are still looked up.
    pub fn others(&self) -> impl Iterator<Item = Namer<'_>> {
        self.others.iter().map(Namer)
    }

    /// Returns all keys, beginning with the first one.
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
    fn a_pseudonym_depends_on_site_subject_value_and_key() {
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
