//! Idempotency rows: how a resent request is recognised.

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{
    derive::{Keys, full_mac},
    ring::Keyring,
};
use crate::domain::{id::SiteId, request::RequestRow};

impl Keyring {
    /// Builds the row of a request, with an empty response. Payloads contain readers' texts, so their hash is keyed:
    /// with the database alone, no one can test texts against it. A resend also matches a row that another key of the
    /// ring hashed.
    pub fn request_row(&self, site: &SiteId, id: Uuid, method: &str, payload: &[u8]) -> RequestRow {
        let hash = |keys: &Keys| full_mac(&keys.request, &[site.as_str().as_bytes(), method.as_bytes(), payload]);
        let mut earlier_hashes: Vec<[u8; 32]> = self.all().skip(1).map(hash).collect();
        earlier_hashes.push(plain_hash(method, payload));
        RequestRow { id, payload_hash: hash(&self.first), earlier_hashes, response: String::new() }
    }
}

/// Derives a batch id from the request and its caller, so that a resend refers to the same batch even after a key
/// rotation.
pub fn batch_id(caller: &str, request: Uuid) -> Uuid {
    let hash = Sha256::new().chain_update(b"batch").chain_update(request).chain_update(caller).finalize();
    let mut half = [0; 16];
    half.copy_from_slice(&hash[..16]);
    uuid::Builder::from_random_bytes(half).into_uuid()
}

/// Computes the unkeyed hash of earlier versions, so that a resend across the upgrade still matches.
fn plain_hash(method: &str, payload: &[u8]) -> [u8; 32] {
    let hash = Sha256::new().chain_update((method.len() as u64).to_be_bytes());
    hash.chain_update(method).chain_update(payload).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(keys: &str, site: &str, method: &str, payload: &[u8]) -> RequestRow {
        let keyring = Keyring::parse(keys).unwrap();
        keyring.request_row(&SiteId::parse(site).unwrap(), Uuid::nil(), method, payload)
    }

    #[test]
    fn only_a_resend_matches_and_it_does_so_across_a_key_rotation() {
        let (old, new) = (Keyring::generate(), Keyring::generate().replacen('1', "2", 1));
        let stored = row(&old, "hue", "Submit", b"x");
        for ring in [old.clone(), format!("{old},{new}"), format!("{new},{old}")] {
            assert!(stored.check_resend(&row(&ring, "hue", "Submit", b"x")).is_ok());
            for other in [
                row(&ring, "hue", "Submi", b"tx"),
                row(&ring, "hue", "Submit", b"y"),
                row(&ring, "da-nang", "Submit", b"x"),
            ] {
                assert!(stored.check_resend(&other).is_err());
            }
        }
        assert!(stored.check_resend(&row(&new, "hue", "Submit", b"x")).is_err());
    }

    #[test]
    fn stored_hashes_are_keyed_and_unkeyed_ones_of_earlier_versions_still_match() {
        let keys = Keyring::generate();
        let asked = row(&keys, "hue", "Submit", b"x");
        assert_ne!(asked.payload_hash, plain_hash("Submit", b"x"));
        assert_ne!(asked.payload_hash, row(&Keyring::generate(), "hue", "Submit", b"x").payload_hash);
        let before = RequestRow { payload_hash: plain_hash("Submit", b"x"), ..asked.clone() };
        assert!(before.check_resend(&asked).is_ok());
    }
}
