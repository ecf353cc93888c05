//! Pseudonyms: who sent a comment, without saying who. Only the holder of the key can tell whether a known address made one.

use chrono::{DateTime, Utc};

use super::{Keyring, derive::short_mac};
use crate::domain::{id::SiteId, submission::Pseudonym};

/// Whose pseudonym, or of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Subject {
    /// A device token's 16 bytes.
    Device,
    /// An address, as `domain::address::octets` gives it.
    Address,
    /// Its /24 or /64, as `octets` of `domain::address::prefix_of` gives it.
    Prefix,
    /// What groups an author's comments.
    Author,
    /// A folded text.
    Fingerprint,
    /// What a campaign's copies have in common.
    Skeleton,
}

impl Subject {
    const fn label(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Address => "address",
            Self::Prefix => "prefix",
            Self::Author => "author",
            Self::Fingerprint => "fingerprint",
            Self::Skeleton => "skeleton",
        }
    }

    /// Addresses are personal and change hands: their pseudonyms cannot be followed beyond a calendar month (UTC).
    const fn is_monthly(self) -> bool {
        matches!(self, Self::Address | Self::Prefix)
    }
}

impl Keyring {
    /// The pseudonym of `value` on one site, by the first key: a truncated HMAC-SHA256. Equal values have equal pseudonyms,
    /// for [`Subject::Address`] and [`Subject::Prefix`] within the month of `at` only.
    pub fn pseudonym(&self, site: &SiteId, subject: Subject, value: &[u8], at: DateTime<Utc>) -> Pseudonym {
        let period = if subject.is_monthly() { at.format("%Y-%m").to_string() } else { String::new() };
        let label = [subject.label().as_bytes(), period.as_bytes(), site.as_str().as_bytes(), value];
        short_mac(&self.first.pseudonym, &label)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn addresses_change_their_pseudonym_each_month_and_devices_do_not() {
        let keyring = Keyring::parse(&Keyring::generate()).unwrap();
        let site = SiteId::parse("hue").unwrap();
        let name = |subject, time| keyring.pseudonym(&site, subject, b"value", at(time));
        for (subject, lasts) in [
            (Subject::Device, true),
            (Subject::Address, false),
            (Subject::Prefix, false),
            (Subject::Author, true),
            (Subject::Fingerprint, true),
        ] {
            let end_of_november = name(subject, "2026-11-30T23:59:59Z");
            assert_eq!(name(subject, "2026-11-01T00:00:00Z"), end_of_november);
            assert_eq!(name(subject, "2026-12-01T00:00:00Z") == end_of_november, lasts, "{subject:?}");
        }
    }

    #[test]
    fn site_subject_value_and_key_all_matter() {
        let (secret, other) = (Keyring::generate(), Keyring::generate());
        let keyring = Keyring::parse(&secret).unwrap();
        let site = SiteId::parse("hue").unwrap();
        let now = at("2026-11-23T00:00:00Z");
        let name = keyring.pseudonym(&site, Subject::Device, b"a", now);
        assert_ne!(name, keyring.pseudonym(&site, Subject::Device, b"b", now));
        assert_ne!(name, keyring.pseudonym(&site, Subject::Author, b"a", now));
        assert_ne!(name, keyring.pseudonym(&SiteId::parse("hu").unwrap(), Subject::Device, b"ea", now));
        let rotated = Keyring::parse(&format!("{},{secret}", other.replacen('1', "2", 1))).unwrap();
        assert_ne!(name, rotated.pseudonym(&site, Subject::Device, b"a", now));
    }
}
