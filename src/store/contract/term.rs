use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::domain::{
    Result,
    id::SiteId,
    page::{Cursor, Page},
    spam::{PastComment, Term, TermChange},
};

/// A newsroom's terms, and the comments that they are tested against.
#[async_trait]
pub trait TermStore: Send + Sync {
    /// Returns a page of terms, the last changed first: those whose key contains `key`, or all if it is empty.
    async fn list_terms(&self, site: &SiteId, key: &str, size: usize, after: Option<Cursor>) -> Result<Page<Term>>;

    /// Adds, changes or removes a term and writes the audit row. Returns the changed term, or the last state of a
    /// removed term.
    ///
    /// Fails with `TermNotFound`, `StaleTerm`, `RequestIdReused`, or with `Invalid` if the tier already has the pattern
    /// or the site already has [`crate::domain::spam::MAX_TERMS`] terms.
    async fn change_term(&self, change: &TermChange) -> Result<Term>;

    /// Returns a version of each site's terms, which grows with every change of them. Sites without terms are left out.
    async fn term_versions(&self) -> Result<Vec<(SiteId, i64)>>;

    /// Returns all terms of a site, ordered by id.
    async fn all_terms(&self, site: &SiteId) -> Result<Vec<Term>>;

    /// Returns comments with a decision of a person since `since` that is still in force, the last decided first.
    /// Comments that expired without a review are left out.
    async fn decided_comments(&self, site: &SiteId, since: DateTime<Utc>, limit: usize) -> Result<Vec<PastComment>>;

    /// Returns comments that were submitted since `since`, newest first. Erased comments are left out.
    async fn received_comments(&self, site: &SiteId, since: DateTime<Utc>, limit: usize) -> Result<Vec<PastComment>>;
}
