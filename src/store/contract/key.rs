//! The keys that a database knows, the rows of each key, and the change to another key.

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

/// Everything that a starting server writes about its keys, in one transaction.
#[derive(Debug, Clone)]
pub struct KeyRecording {
    /// All keys of the ring. Recording a key that was given up puts it back in use.
    pub keys: Vec<KeyRecord>,
    /// Whether no key was recorded before.
    pub are_first: bool,
    /// New MACs of tokens that are not revoked.
    pub macs: Vec<(Uuid, Vec<TokenMac>)>,
    /// Recorded keys that the server no longer has.
    pub given_up: Vec<KeyMark>,
    pub at: DateTime<Utc>,
}

/// The keys that the database knows. They belong to the server, not to a site.
#[async_trait]
pub trait KeyStore: Send + Sync {
    /// Returns all recorded keys, ordered by the time they were recorded.
    async fn recorded_keys(&self) -> Result<Vec<RecordedKey>>;

    /// Records new keys, new MACs and given-up keys.
    async fn record_keys(&self, recording: &KeyRecording) -> Result<()>;

    /// Counts the rows of each key at `now`, without tokens, and the addresses since `addresses_since`. `None` is the
    /// key of rows without a mark: the keys that were recorded first. Reads whole tables, which may take minutes for
    /// millions of comments.
    async fn key_usage(
        &self,
        now: DateTime<Utc>,
        addresses_since: DateTime<Utc>,
    ) -> Result<Vec<(Option<KeyMark>, KeyUsage)>>;

    /// Changes a device's comments and reports to another key in one transaction, and records that both author keys
    /// belong to one author. Skips comments that were erased or changed to another key concurrently. Address and prefix
    /// of the comments keep their key.
    async fn rekey(&self, rekeying: &Rekeying) -> Result<()>;

    /// Changes the subjects of bans to another key.
    async fn rekey_bans(&self, site: &SiteId, moves: &[BanMove], key: KeyMark) -> Result<u64>;

    /// Returns all author keys of an author, the one in use first. An unknown author has only the given key.
    async fn author_keys(&self, site: &SiteId, author: &str) -> Result<Vec<String>>;

    /// Deletes the record that these author keys belong to one author.
    async fn forget_author_keys(&self, site: &SiteId, authors: &[String]) -> Result<()>;

    /// Deletes the author keys of authors without a comment.
    async fn forget_idle_authors(&self, site: &SiteId) -> Result<u64>;

    /// Counts the comments since `since` with one of these skeletons, and their authors other than `author`, among the
    /// newest 1,000.
    async fn same_texts(
        &self,
        site: &SiteId,
        skeletons: &[Pseudonym],
        since: DateTime<Utc>,
        author: &str,
    ) -> Result<(i64, i64)>;
}
