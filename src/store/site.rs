//! What a change of a site writes, worked out once for both databases.

use crate::domain::{
    audit::{AuditAction, AuditEntry},
    request::RequestRow,
    site::{LockdownCall, Site, SiteChange},
};

/// A change of a site on its way into a database.
pub(super) trait SiteDeed {
    fn request(&self) -> Option<&RequestRow>;

    /// The entry that tells of it; the site is as it is after the change.
    fn entry(&self, after: &Site) -> AuditEntry;
}

impl SiteDeed for SiteChange {
    fn request(&self) -> Option<&RequestRow> {
        self.request.as_ref()
    }

    fn entry(&self, after: &Site) -> AuditEntry {
        AuditEntry {
            revision: after.revision,
            note: self.summary(),
            request_id: self.request.as_ref().map(|request| request.id),
            ..AuditEntry::new(self.audit_id, AuditAction::UpdateSite, &self.actor, self.at)
        }
    }
}

impl SiteDeed for LockdownCall {
    fn request(&self) -> Option<&RequestRow> {
        self.request.as_ref()
    }

    fn entry(&self, after: &Site) -> AuditEntry {
        AuditEntry {
            revision: after.revision,
            note: self.summary(),
            request_id: self.request.as_ref().map(|request| request.id),
            ..AuditEntry::new(self.audit_id, AuditAction::Lockdown, &self.actor, self.at)
        }
    }
}
