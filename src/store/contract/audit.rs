use async_trait::async_trait;

use crate::domain::{
    Result,
    audit::{AuditEntry, AuditFilter},
    id::SiteId,
    page::{Cursor, Page},
};

/// Who did what. Entries of changes are written with the change.
#[async_trait]
pub trait AuditStore: Send + Sync {
    /// A page, newest first.
    async fn list_audit(
        &self,
        site: &SiteId,
        filter: &AuditFilter,
        size: usize,
        after: Option<Cursor>,
    ) -> Result<Page<AuditEntry>>;

    /// Writes an entry about something that changed nothing.
    async fn record(&self, site: &SiteId, entry: &AuditEntry) -> Result<()>;
}
