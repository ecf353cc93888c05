//! What the database knows of the server's keys, and rows of their key: never a secret.

use std::fmt;

use chrono::{DateTime, Utc};

use super::{
    id::{CommentId, SiteId},
    pseudonym::Pseudonym,
};

/// How a row names the key that keys it: 31 bits of the key's fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyMark(pub i32);

/// A key as the database records it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRecord {
    pub mark: KeyMark,
    /// The id that the ring gives it.
    pub kid: u8,
    /// A keyed one-way value over the id: another secret under the same id has another fingerprint.
    pub fingerprint: [u8; 32],
}

/// A recorded key with what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedKey {
    pub record: KeyRecord,
    /// One of the keys that were recorded first: rows without a mark are keyed by one of them.
    pub is_first: bool,
    /// Since when the server does without it.
    pub given_up_at: Option<DateTime<Utc>>,
}

/// Shows that a server with the keys stored an access token as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenMac {
    /// The key that made it.
    pub key: KeyMark,
    pub mac: [u8; 32],
}

impl KeyMark {
    /// One of the keys that were recorded first: what a row without a mark means.
    pub const RECORDED_FIRST: Self = Self(0);
}

/// How many rows within their retention a key keys.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KeyUsage {
    /// Comments that are not erased: their device, author and text.
    pub comments: i64,
    /// Comments whose address alone it keys, of months that a ban may still be made from.
    pub addresses: i64,
    /// Bans in force.
    pub bans: i64,
    pub reports: i64,
    /// Live access tokens that it is the first key of the ring to vouch for.
    pub tokens: i64,
}

impl KeyUsage {
    pub const fn rows(&self) -> i64 {
        self.comments + self.addresses + self.bans + self.reports + self.tokens
    }

    /// Both together.
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

/// A device as rows name it under one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceNames {
    pub device: Pseudonym,
    pub author: String,
}

/// A comment's text as the new key names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RekeyedText {
    pub comment: CommentId,
    pub fingerprint: Pseudonym,
    pub skeleton: Option<Pseudonym>,
}

/// What a device that came back has under another key of the ring, to be keyed by the first one.
#[derive(Debug, Clone)]
pub struct Rekeying {
    pub site: SiteId,
    pub from: DeviceNames,
    pub to: DeviceNames,
    /// The key of `to`.
    pub key: KeyMark,
    /// Comments of `from`, a batch of them.
    pub texts: Vec<RekeyedText>,
}
