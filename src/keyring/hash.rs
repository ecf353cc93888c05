//! Plain hashes, without a key.

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// SHA-256 over a method and its request, by which a resent `request_id` is compared with its first use.
pub fn payload_hash(method: &str, payload: &[u8]) -> [u8; 32] {
    let hash = Sha256::new().chain_update((method.len() as u64).to_be_bytes());
    hash.chain_update(method).chain_update(payload).finalize().into()
}

/// Compares in a time that tells nothing about where they differ.
pub fn same_hash(one: &[u8; 32], other: &[u8; 32]) -> bool {
    one.ct_eq(other).into()
}

/// Compares two texts in a time that tells nothing about where they differ; their lengths are no secret.
pub fn same_text(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn method_and_payload_are_told_apart() {
        assert_eq!(payload_hash("Submit", b"x"), payload_hash("Submit", b"x"));
        assert_ne!(payload_hash("Submit", b"x"), payload_hash("Submi", b"tx"));
        assert!(!same_hash(&payload_hash("a", b""), &payload_hash("b", b"")));
    }
}
