//! Access tokens of the form `dyt_<id>_<secret>`, which are shown only once. The store keeps the hash of the secret,
//! and a MAC that only a holder of the keys can create.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::{TryRngCore as _, rngs::OsRng};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{constant_time::same_hash, derive::Keys, derive::full_mac, ring::Keyring};
use crate::domain::{access::AccessToken, key::TokenMac};

/// Prefix by which scanners for leaked secrets recognise the tokens.
const PREFIX: &str = "dyt_";
/// Length of a UUID's 16 bytes in base64url.
const ID_CHARS: usize = 22;
/// Length of 32 bytes in base64url.
const SECRET_CHARS: usize = 43;

/// Creates a token and returns its text and the SHA-256 of its secret, which is 32 bytes from the operating system's
/// random number generator.
///
/// # Panics
/// The operating system's random number generator fails.
pub fn new_access_token(id: Uuid) -> (String, [u8; 32]) {
    let mut secret = [0; 32];
    rand::RngCore::fill_bytes(&mut OsRng.unwrap_err(), &mut secret);
    let text = format!("{PREFIX}{}_{}", URL_SAFE_NO_PAD.encode(id.as_bytes()), URL_SAFE_NO_PAD.encode(secret));
    (text, Sha256::digest(secret).into())
}

/// Parses a token's text and returns its id and the SHA-256 of its secret, or `None` if the form is wrong. Callers
/// compare the hash with [`super::same_hash`].
pub fn parse_access_token(text: &str) -> Option<(Uuid, [u8; 32])> {
    // Splits by position, because base64url itself contains underscores.
    let (id, secret) = text.strip_prefix(PREFIX)?.split_at_checked(ID_CHARS)?;
    let secret = secret.strip_prefix('_').filter(|secret| secret.len() == SECRET_CHARS)?;
    let id = <[u8; 16]>::try_from(URL_SAFE_NO_PAD.decode(id).ok()?).ok()?;
    let secret = <[u8; 32]>::try_from(URL_SAFE_NO_PAD.decode(secret).ok()?).ok()?;
    Some((Uuid::from_bytes(id), Sha256::digest(secret).into()))
}

impl Keyring {
    /// Computes the MACs of a token by every key of the ring. During a key rotation, each replica can therefore verify
    /// one of the MACs, although the replicas do not yet have the same keys.
    pub fn token_macs(&self, token: &AccessToken) -> Vec<TokenMac> {
        self.all().map(|keys| TokenMac { key: keys.mark, mac: mac_of(keys, token) }).collect()
    }

    /// Checks whether a key of the ring created one of the token's MACs and the fields that it covers are unchanged.
    pub fn vouches_for(&self, token: &AccessToken) -> bool {
        let is_good =
            |keys: &Keys, made: &TokenMac| keys.mark == made.key && same_hash(&mac_of(keys, token), &made.mac);
        token.macs.iter().any(|made| self.all().any(|keys| is_good(keys, made)))
    }
}

/// Computes the MAC over all fields whose change in the database could extend the token's rights. Revocation is not
/// covered, because it deletes the hash and the MAC.
fn mac_of(keys: &Keys, token: &AccessToken) -> [u8; 32] {
    let expires_at = token.expires_at.map(|at| at.timestamp_micros().to_be_bytes());
    let parts: [&[u8]; 6] = [
        token.id.as_bytes(),
        token.site.as_str().as_bytes(),
        token.name.as_bytes(),
        token.role.as_str().as_bytes(),
        expires_at.as_ref().map_or(&[][..], |micros| &micros[..]),
        &token.secret_hash,
    ];
    full_mac(&keys.access, &parts)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::domain::{access::Role, id::SiteId};

    fn token() -> AccessToken {
        AccessToken {
            id: Uuid::from_u128(1),
            site: SiteId::parse("hue").unwrap(),
            name: "lan".into(),
            role: Role::Portal,
            secret_hash: [7; 32],
            macs: vec![],
            created_at: DateTime::UNIX_EPOCH,
            expires_at: Some(DateTime::UNIX_EPOCH),
            revoked_at: None,
        }
    }

    #[test]
    fn a_mac_is_valid_only_while_the_fields_of_its_token_are_unchanged() {
        let keyring = Keyring::parse(&Keyring::generate()).unwrap();
        let mut good = token();
        assert!(!keyring.vouches_for(&good), "a token without a MAC is not accepted");
        good.macs = keyring.token_macs(&good);
        assert!(keyring.vouches_for(&good));
        for changed in [
            AccessToken { id: Uuid::from_u128(2), ..good.clone() },
            AccessToken { site: SiteId::parse("da-nang").unwrap(), ..good.clone() },
            AccessToken { name: "minh".into(), ..good.clone() },
            AccessToken { role: Role::Admin, ..good.clone() },
            AccessToken { secret_hash: [8; 32], ..good.clone() },
            AccessToken { expires_at: None, ..good.clone() },
        ] {
            assert!(!keyring.vouches_for(&changed), "{changed:?}");
        }
    }

    #[test]
    fn a_mac_by_any_key_of_the_ring_is_valid_and_no_other_is() {
        let (old, new) = (Keyring::generate(), Keyring::generate().replacen('1', "2", 1));
        let before = Keyring::parse(&old).unwrap();
        let token = AccessToken { macs: before.token_macs(&token()), ..token() };
        assert!(Keyring::parse(&format!("{new},{old}")).unwrap().vouches_for(&token));
        assert!(!Keyring::parse(&new).unwrap().vouches_for(&token));
    }

    #[test]
    fn a_token_can_be_parsed_for_any_id() {
        for n in 0..200_u128 {
            let id = Uuid::from_u128(n.wrapping_mul(0xFEDC_BA98_7654_3210_FFFF_FBEF_BE00_1234));
            let (text, hash) = new_access_token(id);
            assert_eq!(text.len(), 4 + 22 + 1 + 43);
            let (found, found_hash) = parse_access_token(&text).unwrap();
            assert!(found == id && same_hash(&hash, &found_hash));
        }
    }

    #[test]
    fn other_texts_are_not_tokens() {
        let (text, _) = new_access_token(Uuid::from_u128(1));
        let upper = text.replacen("dyt", "DYT", 1);
        let long = format!("{text}A");
        for wrong in ["", "dyt_", "dyt_é", &text[..69], &text[1..], &upper, &long, "dyt_ééééééééééé_"] {
            assert!(parse_access_token(wrong).is_none(), "{wrong}");
        }
    }
}
