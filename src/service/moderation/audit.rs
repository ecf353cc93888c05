//! Pages of the audit.

use std::sync::Arc;

use super::Moderation;
use crate::{
    domain::{
        Result,
        access::Caller,
        audit::{AuditEntry, AuditFilter},
    },
    service::{
        core::concurrency_limits::{Cost, Expensive},
        page_token::{open_cursor, seal_cursor},
    },
};

/// A checked request for a page of the audit.
#[derive(Debug, Clone)]
pub struct AuditRequest {
    pub filter: AuditFilter,
    pub size: usize,
    pub page_token: String,
}

/// A page of the audit.
pub struct AuditList {
    pub entries: Vec<AuditEntry>,
    pub next_page_token: String,
}

impl Moderation {
    /// Returns a page of the audit, newest entries first.
    ///
    /// # Errors
    /// `PageTokenInvalid`, `Overloaded` beyond the caller's share of expensive calls, and those of the store.
    pub async fn list_audit(&self, caller: &Arc<Caller>, request: &AuditRequest) -> Result<Expensive<AuditList>> {
        let (site, permit) = (&caller.site, self.core.expensive.take(caller, Cost::Search)?);
        let filter = &request.filter;
        let after = open_cursor(&self.core.keyring, site, "ListAudit", filter, &request.page_token)?;
        let page = self.core.store.list_audit(site, filter, request.size, after).await?;
        let next_page_token = seal_cursor(&self.core.keyring, site, "ListAudit", filter, page.next)?;
        Ok(Expensive::new(AuditList { entries: page.items, next_page_token }, Some(permit)))
    }
}
