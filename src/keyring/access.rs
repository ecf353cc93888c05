//! Access tokens: `dyt_<id>_<secret>`, shown once; the store keeps the secret's hash.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::{TryRngCore as _, rngs::OsRng};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// Lets scanners of leaked secrets know ours.
const PREFIX: &str = "dyt_";
/// Characters of a UUID's 16 bytes in base64url.
const ID_CHARS: usize = 22;
/// Characters of 32 bytes in base64url.
const SECRET_CHARS: usize = 43;

/// A new token's text and the SHA-256 of its secret. The secret is 32 bytes of the operating system's randomness.
///
/// # Panics
/// When the operating system has no randomness.
pub fn new_access_token(id: Uuid) -> (String, [u8; 32]) {
    let mut secret = [0; 32];
    rand::RngCore::fill_bytes(&mut OsRng.unwrap_err(), &mut secret);
    let text = format!("{PREFIX}{}_{}", URL_SAFE_NO_PAD.encode(id.as_bytes()), URL_SAFE_NO_PAD.encode(secret));
    (text, Sha256::digest(secret).into())
}

/// The id and the SHA-256 of the secret in a token's text; `None` when it is not of that form. Compare the hash with
/// [`super::same_hash`].
pub fn parse_access_token(text: &str) -> Option<(Uuid, [u8; 32])> {
    // By position: base64url itself uses the underscore.
    let (id, secret) = text.strip_prefix(PREFIX)?.split_at_checked(ID_CHARS)?;
    let secret = secret.strip_prefix('_').filter(|secret| secret.len() == SECRET_CHARS)?;
    let id = <[u8; 16]>::try_from(URL_SAFE_NO_PAD.decode(id).ok()?).ok()?;
    let secret = <[u8; 32]>::try_from(URL_SAFE_NO_PAD.decode(secret).ok()?).ok()?;
    Some((Uuid::from_bytes(id), Sha256::digest(secret).into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyring::same_hash;

    #[test]
    fn a_token_is_read_back_whatever_its_bytes() {
        for n in 0..200_u128 {
            let id = Uuid::from_u128(n.wrapping_mul(0xFEDC_BA98_7654_3210_FFFF_FBEF_BE00_1234));
            let (text, hash) = new_access_token(id);
            assert_eq!(text.len(), 4 + 22 + 1 + 43);
            let (found, found_hash) = parse_access_token(&text).unwrap();
            assert!(found == id && same_hash(&hash, &found_hash));
        }
    }

    #[test]
    fn other_texts_are_no_tokens() {
        let (text, _) = new_access_token(Uuid::from_u128(1));
        let upper = text.replacen("dyt", "DYT", 1);
        let long = format!("{text}A");
        for wrong in ["", "dyt_", "dyt_é", &text[..69], &text[1..], &upper, &long, "dyt_ééééééééééé_"] {
            assert!(parse_access_token(wrong).is_none(), "{wrong}");
        }
    }
}
