//! Keyed hashes of people and texts, and the salts of addresses.

/// A keyed hash, truncated to 16 bytes: enough that two of a portal's readers never meet.
pub type Pseudonym = [u8; 16];

/// What a month's hashes of addresses are made with, and cannot be made again without.
pub type Salt = [u8; 16];
