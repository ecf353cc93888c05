//! Access tokens and the roles that they grant.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{actor::SYSTEM, id::SiteId, key::TokenMac};

named_enum! {
    /// A token's role, which decides the methods that its holder may call.
    Role {
        /// A news portal's back end. It submits and reads comments on behalf of its readers.
        Portal = "PORTAL",
        /// A moderator.
        Moderator = "MODERATOR",
        /// A moderator who may also change the site's settings.
        Admin = "ADMIN",
        /// A monitoring system, which reads only health and metrics.
        Metrics = "METRICS",
    }
}

/// A stored access token. Only the hash of its secret is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessToken {
    pub id: Uuid,
    pub site: SiteId,
    /// Recorded in the audit as the actor. It is unique among the site's live tokens.
    pub name: String,
    pub role: Role,
    /// SHA-256 of the secret part. A 256-bit random secret needs no slow hash. All zeros after the token was revoked.
    pub secret_hash: [u8; 32],
    /// MACs of the token, one for each key that was in the ring when they were made. A token without a valid MAC is not
    /// accepted. Empty for a revoked token, and for one that an earlier version stored until the server adds its MACs.
    pub macs: Vec<TokenMac>,
    pub created_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
}

impl AccessToken {
    /// Checks whether the token may be used at `now`: it is neither revoked nor expired.
    pub fn is_live(&self, now: DateTime<Utc>) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}

/// Longest name of a token, in bytes. The name is part of every audit entry.
pub const MAX_NAME_BYTES: usize = 64;

/// The reason why a token's name is not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameProblem {
    #[error("a name has 1 to {MAX_NAME_BYTES} bytes, none of them a control character")]
    Shape,
    #[error("the name {SYSTEM} is reserved for the service: choose another name")]
    Reserved,
}

/// Checks a token's name. The name [`SYSTEM`] is reserved in any letter case, so that no token can pass for the service
/// in the audit.
///
/// # Errors
/// [`NameProblem`] says what is wrong.
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

/// Extracts the token of an `authorization` header. The scheme's case and the white space around the token do not
/// matter.
pub fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.trim().split_once([' ', '\t'])?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_start())
}

/// An authenticated caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Id of the token that the caller presented.
    pub token: Uuid,
    pub site: SiteId,
    pub name: String,
    pub role: Role,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bearer_scheme_matches_in_any_case_and_with_extra_white_space() {
        for header in ["Bearer dyt_x", "bearer dyt_x", "BEARER   dyt_x", " bEaReR\tdyt_x  "] {
            assert_eq!(bearer(header), Some("dyt_x"), "{header:?}");
        }
        for header in ["", "Bearer", "Basic dyt_x", "Bearerdyt_x", "dyt_x"] {
            assert_eq!(bearer(header), None, "{header:?}");
        }
    }

    #[test]
    fn reserved_and_malformed_names_are_not_allowed() {
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
