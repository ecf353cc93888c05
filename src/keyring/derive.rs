//! Key derivation: a separate key for each purpose from one master secret, so that a flaw in one use does not affect
//! another.

use std::fmt;

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretBox, zeroize::Zeroize as _};
use sha2::Sha256;

use crate::domain::key::KeyMark;

/// A derived key. It is never printed, and is wiped when dropped.
pub(super) type Key = SecretBox<[u8; 32]>;

/// A derived key that makes MACs, kept as the state that HMAC has after reading the key: this is half of the work
/// of a MAC over a short message. It is never printed, and it is wiped when it is dropped.
pub(super) struct MacKey(Box<Hmac<Sha256>>);

impl MacKey {
    fn new(key: &Key) -> Self {
        // HMAC pads short keys with zeros to the hash's block size, so this is the HMAC of the 32-byte key.
        let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
        block[..32].copy_from_slice(key.expose_secret());
        let state = Box::new(Hmac::new(&block));
        block[..].zeroize();
        Self(state)
    }
}

impl fmt::Debug for MacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MacKey([REDACTED])")
    }
}

/// The keys derived from one master secret.
#[derive(Debug)]
pub(super) struct Keys {
    pub(super) kid: u8,
    /// Identifies the key in rows.
    pub(super) mark: KeyMark,
    pub(super) token: Key,
    pub(super) page: Key,
    pub(super) device: MacKey,
    pub(super) receipt: MacKey,
    pub(super) pseudonym: MacKey,
    pub(super) proof: Key,
    pub(super) proof_key: Key,
    pub(super) request: MacKey,
    pub(super) fingerprint: MacKey,
    pub(super) access: MacKey,
}

impl Keys {
    /// Derives the keys with HKDF-SHA256 and one label per purpose. No salt is needed, because the secret is uniformly
    /// random.
    pub(super) fn derive(kid: u8, secret: &[u8; 32]) -> Result<Self, hkdf::InvalidLength> {
        let hkdf = Hkdf::<Sha256>::new(None, secret);
        let key = |label: &[u8]| {
            Key::try_init_with(|| {
                let mut bytes = [0; 32];
                hkdf.expand_multi_info(&[b"duyet ", label], &mut bytes).map(|()| bytes)
            })
        };
        let mac_key = |label: &[u8]| key(label).map(|key| MacKey::new(&key));
        let fingerprint = mac_key(b"fingerprint")?;
        Ok(Self {
            kid,
            mark: mark_of(&fingerprint, kid),
            token: key(b"token")?,
            page: key(b"page")?,
            device: mac_key(b"device")?,
            receipt: mac_key(b"receipt")?,
            pseudonym: mac_key(b"pseudonym")?,
            proof: key(b"altcha-sig")?,
            proof_key: key(b"altcha-key")?,
            request: mac_key(b"request")?,
            fingerprint,
            access: mac_key(b"access-token")?,
        })
    }
}

/// Computes HMAC-SHA256 over length-prefixed parts, so that different lists of parts never produce the same message.
fn mac(key: &MacKey, parts: &[&[u8]]) -> Hmac<Sha256> {
    let mut mac = Hmac::clone(&key.0);
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac
}

/// Computes all 32 bytes of [`mac`].
pub(super) fn full_mac(key: &MacKey, parts: &[&[u8]]) -> [u8; 32] {
    mac(key, parts).finalize().into_bytes().into()
}

/// Computes the first 16 bytes of [`mac`]. 128 bits can neither be guessed nor collide by chance among the readers of a
/// portal.
pub(super) fn short_mac(key: &MacKey, parts: &[&[u8]]) -> [u8; 16] {
    let full = full_mac(key, parts);
    let mut short = [0; 16];
    short.copy_from_slice(&full[..16]);
    short
}

/// Computes the fingerprint of a key. It is one-way and reveals nothing about the secret. It covers the key id, by
/// which device tokens and receipts refer to their key.
pub(super) fn fingerprint(key: &MacKey, kid: u8) -> [u8; 32] {
    full_mac(key, &[&[kid]])
}

/// Derives a mark from 31 bits of the fingerprint, which fit into a four-byte column and are never zero.
fn mark_of(key: &MacKey, kid: u8) -> KeyMark {
    let [a, b, c, d, ..] = fingerprint(key, kid);
    KeyMark((i32::from_be_bytes([a, b, c, d]) & i32::MAX).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prepared_key_computes_the_same_macs_as_the_key() {
        let keys = Keys::derive(1, &[7; 32]).unwrap();
        let mut device = [0; 32];
        Hkdf::<Sha256>::new(None, &[7; 32]).expand_multi_info(&[b"duyet ", b"device"], &mut device).unwrap();
        for value in [&b"a"[..], b"b", &[9; 100]] {
            let mut whole = Hmac::<Sha256>::new_from_slice(&device).unwrap();
            whole.update(&(value.len() as u64).to_be_bytes());
            whole.update(value);
            assert_eq!(full_mac(&keys.device, &[value])[..], whole.finalize().into_bytes()[..]);
        }
        assert!(format!("{keys:?}").contains("device: MacKey([REDACTED]),"), "nothing of a key is printed");
    }
}
