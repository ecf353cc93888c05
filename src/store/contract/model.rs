use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::domain::{
    Result,
    comment::FormText,
    id::{CommentId, SiteId},
    spam::{ModelHead, lessons::Logged},
};

/// The spam models that are trained from decisions, and the log of decisions.
#[async_trait]
pub trait ModelStore: Send + Sync {
    /// Returns the metadata of every site's newest model.
    async fn model_heads(&self) -> Result<Vec<(SiteId, ModelHead)>>;

    /// Returns the bytes of one version of a model, or `None` if that version was replaced and deleted.
    async fn load_model(&self, site: &SiteId, version: i64) -> Result<Option<Vec<u8>>>;

    /// Returns the model of the decisions from before the start of the newest model's log. `None` if the log contains
    /// all decisions.
    async fn load_base(&self, site: &SiteId) -> Result<Option<Vec<u8>>>;

    /// Stores the next version of the model and deletes old versions. A `base` replaces the stored base, and the log
    /// then starts later. Returns `false` if another trainer stored the version first.
    async fn save_model(&self, site: &SiteId, head: &ModelHead, snapshot: &[u8], base: Option<&[u8]>) -> Result<bool>;

    /// Returns the number of audit entries since `since`, which shows whether there may be new decisions to learn from.
    async fn log_size(&self, site: &SiteId, since: DateTime<Utc>) -> Result<i64>;

    /// Returns at most `limit` audit entries since `since` that concern a comment's status, ordered by time and id.
    /// Entries of erased comments are left out.
    async fn decision_log(&self, site: &SiteId, since: DateTime<Utc>, limit: usize) -> Result<Vec<Logged>>;

    /// Returns the texts of these comments in any order. Erased comments are left out.
    async fn texts(&self, site: &SiteId, ids: &[CommentId]) -> Result<Vec<(CommentId, FormText)>>;
}
