//! Comparisons in constant time.

use subtle::ConstantTimeEq as _;

/// Compares two hashes in constant time.
pub fn same_hash(one: &[u8; 32], other: &[u8; 32]) -> bool {
    one.ct_eq(other).into()
}

/// Compares two texts in constant time. Their lengths are not secret.
pub fn same_text(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_compared() {
        assert!(same_hash(&[7; 32], &[7; 32]) && same_text("ab", "ab"));
        let mut other = [7; 32];
        other[31] = 8;
        assert!(!same_hash(&[7; 32], &other) && !same_text("ab", "ac") && !same_text("ab", "abc"));
    }
}
