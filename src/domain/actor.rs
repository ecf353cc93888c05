//! Who acts, in the audit.

/// Who acts when no token does. No token may have this name.
pub const SYSTEM: &str = "system";
