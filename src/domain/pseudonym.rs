//! Keyed hashes of people and texts, and the salts of address hashes.

/// A keyed hash, truncated to 16 bytes, which makes collisions between readers of one portal negligible.
pub type Pseudonym = [u8; 16];

/// A month's random salt of address hashes. When it is deleted, the hashes cannot be computed again.
pub type Salt = [u8; 16];
