//! Who may call: access tokens and their roles.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::id::SiteId;

named_enum! {
    /// What a token is for.
    Role {
        /// A news portal's backend: submits and reads for its readers.
        Portal = "PORTAL",
        /// A moderator.
        Moderator = "MODERATOR",
        /// A moderator who also manages the site.
        Admin = "ADMIN",
        /// Reads health and metrics only.
        Metrics = "METRICS",
    }
}

/// A stored token: its secret only as a hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessToken {
    pub id: Uuid,
    pub site: SiteId,
    /// Shown in the audit as the actor. Unique among the site's live tokens.
    pub name: String,
    pub role: Role,
    /// SHA-256 of the secret part: a 256-bit random secret needs no slow hash.
    pub secret_hash: [u8; 32],
    pub created_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
}

impl AccessToken {
    /// True when the token may be used at `now`.
    pub fn is_live(&self, now: DateTime<Utc>) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}

/// The caller behind a checked token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    pub site: SiteId,
    pub name: String,
    pub role: Role,
}
