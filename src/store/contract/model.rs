use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::domain::{
    Result,
    comment::FormText,
    id::{CommentId, SiteId},
    spam::{ModelHead, lessons::Logged},
};

/// What decisions taught, and the decisions.
#[async_trait]
pub trait ModelStore: Send + Sync {
    /// The newest model of every site, without the model itself.
    async fn model_heads(&self) -> Result<Vec<(SiteId, ModelHead)>>;

    /// The bytes of one version; `None` when a newer one replaced it.
    async fn load_model(&self, site: &SiteId, version: i64) -> Result<Option<Vec<u8>>>;

    /// What decisions taught before the log begins that the newest model was learned from; `None` where the log is the whole past.
    async fn load_base(&self, site: &SiteId) -> Result<Option<Vec<u8>>>;

    /// Stores the version after the newest and forgets those long replaced; with a `base`, the log begins later from now on. `false` when
    /// another trainer stored it first.
    async fn save_model(&self, site: &SiteId, head: &ModelHead, snapshot: &[u8], base: Option<&[u8]>) -> Result<bool>;

    /// How many audit entries there are from `since` on: whether there may be something to learn.
    async fn log_size(&self, site: &SiteId, since: DateTime<Utc>) -> Result<i64>;

    /// The entries from `since` on that were about a comment's status, in order of time and id, at most `limit`. None of comments that
    /// were erased.
    async fn decision_log(&self, site: &SiteId, since: DateTime<Utc>, limit: usize) -> Result<Vec<Logged>>;

    /// What was written in these comments, in any order; erased ones are left out.
    async fn texts(&self, site: &SiteId, ids: &[CommentId]) -> Result<Vec<(CommentId, FormText)>>;
}
