//! Records of the server's keys in the database, and of the rows that each key hashed. They never hold a secret.

use std::fmt;

use chrono::{DateTime, Utc};

use super::{
    id::{CommentId, SiteId},
    pseudonym::Pseudonym,
};

/// A row's reference to the key that hashed its pseudonyms: 31 bits of the key's fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyMark(pub i32);

/// A key as the database records it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRecord {
    pub mark: KeyMark,
    /// The key's id in the ring.
    pub kid: u8,
    /// A keyed one-way value of the id. A different secret with the same id has a different fingerprint.
    pub fingerprint: [u8; 32],
}

/// A recorded key with its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedKey {
    pub record: KeyRecord,
    /// True for the keys that were recorded first. A row without a mark belongs to one of them.
    pub is_first: bool,
    /// When the operator accepted to run the server without this key.
    pub given_up_at: Option<DateTime<Utc>>,
}

/// A keyed MAC of an access token, which proves that a server with that key stored the token in its present form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenMac {
    /// The key that the MAC was made with.
    pub key: KeyMark,
    pub mac: [u8; 32],
}

impl KeyMark {
    /// The value for rows without a mark, which belong to one of the keys that were recorded first.
    pub const RECORDED_FIRST: Self = Self(0);
}

/// Numbers of rows within their retention period that belong to a key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KeyUsage {
    /// Comments that are not erased: their device, author and text are hashed with the key.
    pub comments: i64,
    /// Comments of which only the address is hashed with the key. Only comments from months that a ban may refer to are
    /// counted.
    pub addresses: i64,
    /// Bans that are in force.
    pub bans: i64,
    pub reports: i64,
    /// Live access tokens for which this is the first key in the ring that verifies them.
    pub tokens: i64,
}

impl KeyUsage {
    pub const fn rows(&self) -> i64 {
        self.comments + self.addresses + self.bans + self.reports + self.tokens
    }

    #[must_use]
    pub const fn plus(&self, other: &Self) -> Self {
        Self {
            comments: self.comments + other.comments,
            addresses: self.addresses + other.addresses,
            bans: self.bans + other.bans,
            reports: self.reports + other.reports,
            tokens: self.tokens + other.tokens,
        }
    }
}

impl fmt::Display for KeyUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { comments, addresses, bans, reports, tokens } = self;
        write!(
            f,
            "comments {comments}, addresses {addresses}, bans in force {bans}, reports {reports}, access tokens {tokens}"
        )
    }
}

/// The pseudonym and the author key of a device under one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceNames {
    pub device: Pseudonym,
    pub author: String,
}

/// A comment's text hashed with the new key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RekeyedText {
    pub comment: CommentId,
    pub fingerprint: Pseudonym,
    pub skeleton: Option<Pseudonym>,
}

/// A device's rows that were hashed with an old key of the ring, to be replaced by hashes with the first key.
#[derive(Debug, Clone)]
pub struct Rekeying {
    pub site: SiteId,
    pub from: DeviceNames,
    pub to: DeviceNames,
    /// The key that made the hashes in `to`.
    pub key: KeyMark,
    /// One batch of the comments of `from`.
    pub texts: Vec<RekeyedText>,
}
