//! Who may call: access tokens and their roles.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{actor::SYSTEM, id::SiteId, key::TokenMac};

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
    /// SHA-256 of the secret part: a 256-bit random secret needs no slow hash. All zeros once the token was revoked.
    pub secret_hash: [u8; 32],
    /// One for each key of the ring that it was stored or found with: without a valid one the token opens nothing.
    /// Empty for a token that an earlier version stored, and for a revoked one.
    pub macs: Vec<TokenMac>,
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

/// Longest name of a token, in bytes: it stands in every line of the audit.
pub const MAX_NAME_BYTES: usize = 64;

/// What is wrong with a token's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameProblem {
    #[error("a name has 1 to {MAX_NAME_BYTES} bytes, none of them a control character")]
    Shape,
    #[error("the name {SYSTEM} is the service's own, for what no person did: choose another name")]
    Reserved,
}

/// Checks a token's name. Nobody may pass for the service in the audit, in whatever letters.
///
/// # Errors
/// What is wrong, in a sentence.
pub fn check_name(name: &str) -> Result<(), NameProblem> {
    let fits = (1..=MAX_NAME_BYTES).contains(&name.len()) && !name.chars().any(char::is_control);
    if !fits {
        Err(NameProblem::Shape)
    } else if name.trim().eq_ignore_ascii_case(SYSTEM) {
        Err(NameProblem::Reserved)
    } else {
        Ok(())
    }
}

/// The token of an `authorization` header: the scheme's name in any case, blanks around the token as they come.
pub fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.trim().split_once([' ', '\t'])?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_start())
}

/// The caller behind a checked token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Of the token that they showed.
    pub token: Uuid,
    pub site: SiteId,
    pub name: String,
    pub role: Role,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bearer_token_is_read_in_any_case_and_with_any_blanks() {
        for header in ["Bearer dyt_x", "bearer dyt_x", "BEARER   dyt_x", " bEaReR\tdyt_x  "] {
            assert_eq!(bearer(header), Some("dyt_x"), "{header:?}");
        }
        for header in ["", "Bearer", "Basic dyt_x", "Bearerdyt_x", "dyt_x"] {
            assert_eq!(bearer(header), None, "{header:?}");
        }
    }

    #[test]
    fn nobody_is_called_as_the_service_calls_itself() {
        for name in ["system", "SYSTEM", " System "] {
            assert_eq!(check_name(name), Err(NameProblem::Reserved), "{name}");
        }
        for name in ["", "a\nb", &"x".repeat(65)] {
            assert_eq!(check_name(name), Err(NameProblem::Shape), "{name}");
        }
        for name in ["Hệ thống", "systems", &"x".repeat(64)] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
    }
}
