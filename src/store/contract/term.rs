use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::domain::{
    Result,
    id::SiteId,
    page::{Cursor, Page},
    spam::{PastComment, Term, TermChange},
};

/// A newsroom's terms, and the comments that they are tried on.
#[async_trait]
pub trait TermStore: Send + Sync {
    /// A page, the last changed first: those whose key has `key` in it, all for an empty one.
    async fn list_terms(&self, site: &SiteId, key: &str, size: usize, after: Option<Cursor>) -> Result<Page<Term>>;

    /// Lists, changes or takes off a term, with its audit row. Answers it as it is after that, or was last.
    ///
    /// Fails with `TermNotFound`, `StaleTerm`, `RequestIdReused`, and `Invalid` for a pattern that the tier has already and for more than
    /// [`crate::domain::spam::MAX_TERMS`].
    async fn change_term(&self, change: &TermChange) -> Result<Term>;

    /// What grows with every change of a site's terms. Sites without any are left out.
    async fn term_versions(&self) -> Result<Vec<(SiteId, i64)>>;

    /// All terms of a site, in the order of their ids.
    async fn all_terms(&self, site: &SiteId) -> Result<Vec<Term>>;

    /// Comments that people decided about since then and that stand, the last decided first. None that nobody reviewed in time.
    async fn decided_comments(&self, site: &SiteId, since: DateTime<Utc>, limit: usize) -> Result<Vec<PastComment>>;

    /// What was submitted since then, newest first. None that were erased.
    async fn received_comments(&self, site: &SiteId, since: DateTime<Utc>, limit: usize) -> Result<Vec<PastComment>>;
}
