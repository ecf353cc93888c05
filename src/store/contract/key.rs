//! The keys that a database has met, what they key, and how that goes over to another key.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::domain::{
    Result,
    ban::BanMove,
    id::SiteId,
    key::{KeyMark, KeyRecord, KeyUsage, RecordedKey, Rekeying, TokenMac},
    pseudonym::Pseudonym,
};

/// What a start writes about its keys, in one transaction.
#[derive(Debug, Clone)]
pub struct KeyRecording {
    /// Every key of the ring. One that was given up is in use again.
    pub keys: Vec<KeyRecord>,
    /// No key was recorded before.
    pub are_first: bool,
    /// The MACs of tokens that are not revoked, where they change.
    pub macs: Vec<(Uuid, Vec<TokenMac>)>,
    /// Recorded keys that the server does without from now on.
    pub given_up: Vec<KeyMark>,
    pub at: DateTime<Utc>,
}

/// The keys that the database has met. They are the server's and no site's.
#[async_trait]
pub trait KeyStore: Send + Sync {
    /// Every recorded key, by the time it was recorded.
    async fn recorded_keys(&self) -> Result<Vec<RecordedKey>>;

    /// Records what is not recorded yet.
    async fn record_keys(&self, recording: &KeyRecording) -> Result<()>;

    /// How many rows but tokens each key keys at `now`, and since `addresses_since` addresses; `None` stands for the
    /// keys that were recorded first. Reads whole tables: it may take minutes where there are millions of comments.
    async fn key_usage(
        &self,
        now: DateTime<Utc>,
        addresses_since: DateTime<Utc>,
    ) -> Result<Vec<(Option<KeyMark>, KeyUsage)>>;

    /// Keys a device's comments and reports by another key, in one transaction, and remembers that both author keys are
    /// one author's. What was erased or keyed anew meanwhile is left alone. Address and prefix of the comments stay as
    /// they are.
    async fn rekey(&self, rekeying: &Rekeying) -> Result<()>;

    /// Gives bans their subjects under another key, and answers how many bans those were.
    async fn rekey_bans(&self, site: &SiteId, moves: &[BanMove], key: KeyMark) -> Result<u64>;

    /// All author keys of an author, the one in use first; of an unknown one only itself.
    async fn author_keys(&self, site: &SiteId, author: &str) -> Result<Vec<String>>;

    /// Forgets that these were one author's.
    async fn forget_author_keys(&self, site: &SiteId, authors: &[String]) -> Result<()>;

    /// Forgets the author keys of authors of whom no comment is left, and answers how many keys those were.
    async fn forget_idle_authors(&self, site: &SiteId) -> Result<u64>;

    /// How many comments since `since` have one of these skeletons, and how many authors of those are others than
    /// `author`; over the newest 1,000.
    async fn same_texts(
        &self,
        site: &SiteId,
        skeletons: &[Pseudonym],
        since: DateTime<Utc>,
        author: &str,
    ) -> Result<(i64, i64)>;
}
