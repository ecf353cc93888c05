use async_trait::async_trait;

use crate::domain::{
    Result,
    audit::{AuditEntry, AuditFilter},
    id::SiteId,
    page::{Cursor, Page},
};

/// The audit log. Methods that change data write their own audit entries.
#[async_trait]
pub trait AuditStore: Send + Sync {
    /// Returns a page of entries, newest first.
    async fn list_audit(
        &self,
        site: &SiteId,
        filter: &AuditFilter,
        size: usize,
        after: Option<Cursor>,
    ) -> Result<Page<AuditEntry>>;

    /// Writes an entry for an action that changed no data.
    async fn record(&self, site: &SiteId, entry: &AuditEntry) -> Result<()>;
}
