//! The name of the service as an actor in the audit.

/// The actor of changes that the service makes by itself. No token may have this name.
pub const SYSTEM: &str = "system";
