//! Sealed tokens: `base64url( version | kid | nonce 24 | XChaCha20-Poly1305 )`. A reader can neither read nor change
//! the contents, and a token opens only for the purpose and the context that it was created for.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Payload},
};
use rand::RngCore as _;
use secrecy::ExposeSecret as _;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    derive::{Key, Keys},
    ring::Keyring,
};
use crate::domain::Error;

/// Longest token that is examined, in characters. Tokens of this server are shorter.
pub const MAX_TOKEN_CHARS: usize = 512;

const VERSION: u8 = 1;
const HEADER: usize = 2;
const NONCE: usize = 24;
/// Number of bytes before the JSON that contain the JSON's length without the padding.
const LENGTH: usize = 2;

/// The purpose of a sealed token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A challenge, or a pass from `VerifyChallenge`.
    Challenge,
    /// A page token of a list.
    Page,
}

/// Why a token cannot be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// The token was not created by this server, was changed or cut, or is for another purpose or context.
    Broken,
    /// The token was sealed by a key that this server does not have (any more).
    UnknownKey,
}

impl Purpose {
    const fn label(self) -> &'static str {
        match self {
            Self::Challenge => "token",
            Self::Page => "page",
        }
    }

    /// Returns the block size in bytes to which contents are padded. Every challenge fits into one block together
    /// with its length, so all challenge tokens are equally long, which reveals neither level nor device nor answer.
    const fn block(self) -> usize {
        match self {
            Self::Challenge => 336,
            Self::Page => 64,
        }
    }

    fn cipher(self, keys: &Keys) -> XChaCha20Poly1305 {
        let key: &Key = match self {
            Self::Challenge => &keys.token,
            Self::Page => &keys.page,
        };
        XChaCha20Poly1305::new(key.expose_secret().into())
    }
}

impl Keyring {
    /// Seals a value with the first key. `context` (for example site, article and filter) is authenticated but not
    /// stored, so opening requires the same context.
    ///
    /// # Errors
    /// [`Error::Internal`] when the value cannot be serialized or is too long for a token of [`MAX_TOKEN_CHARS`].
    pub fn seal<T: Serialize>(&self, purpose: Purpose, context: &[&str], value: &T) -> Result<String, Error> {
        let header = [VERSION, self.first.kid];
        let mut nonce = [0; NONCE];
        rand::rng().fill_bytes(&mut nonce);
        let body = pad(&serde_json::to_vec(value).map_err(Error::internal)?, purpose.block())?;
        let payload = Payload { msg: &body, aad: &bind(header, purpose, context) };
        let sealed = purpose
            .cipher(&self.first)
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| Error::internal("a token cannot be sealed"))?;
        let token = URL_SAFE_NO_PAD.encode([&header[..], &nonce, &sealed].concat());
        if token.len() > MAX_TOKEN_CHARS { Err(Error::internal("a sealed value is too long")) } else { Ok(token) }
    }

    /// Opens a token from [`Self::seal`] with any key of the ring, for the same purpose and context.
    pub fn open<T: DeserializeOwned>(&self, purpose: Purpose, context: &[&str], token: &str) -> Result<T, Opening> {
        if token.len() > MAX_TOKEN_CHARS {
            return Err(Opening::Broken);
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| Opening::Broken)?;
        let (header, rest) = bytes.split_first_chunk::<HEADER>().ok_or(Opening::Broken)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE>().ok_or(Opening::Broken)?;
        let [VERSION, kid] = *header else { return Err(Opening::Broken) };
        let keys = self.find(kid).ok_or(Opening::UnknownKey)?;
        let payload = Payload { msg: sealed, aad: &bind(*header, purpose, context) };
        let body = purpose.cipher(keys).decrypt(&XNonce::from(*nonce), payload).map_err(|_| Opening::Broken)?;
        unpad(&body).and_then(|json| serde_json::from_slice(json).ok()).ok_or(Opening::Broken)
    }
}

/// Reads the id of the key that sealed a token, or `None` if the form is wrong.
pub(super) fn kid_of(token: &str) -> Option<u8> {
    // Four characters contain the header's two bytes and one more.
    let start = URL_SAFE_NO_PAD.decode(token.get(..4)?).ok()?;
    let [VERSION, kid, _] = *start else { return None };
    Some(kid)
}

/// Encodes the associated data that the token is bound to. Each part is prefixed with its length, so that `["ab", "c"]`
/// differs from `["a", "bc"]`.
fn bind(header: [u8; HEADER], purpose: Purpose, context: &[&str]) -> Vec<u8> {
    let mut bound = header.to_vec();
    for part in std::iter::once(&purpose.label()).chain(context) {
        bound.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bound.extend_from_slice(part.as_bytes());
    }
    bound
}

fn pad(json: &[u8], block: usize) -> Result<Vec<u8>, Error> {
    let length = u16::try_from(json.len()).map_err(Error::internal)?;
    let padded = (json.len() + LENGTH).next_multiple_of(block);
    let mut body = Vec::with_capacity(padded);
    body.extend_from_slice(&length.to_be_bytes());
    body.extend_from_slice(json);
    body.resize(padded, 0);
    Ok(body)
}

fn unpad(body: &[u8]) -> Option<&[u8]> {
    let (length, rest) = body.split_first_chunk::<LENGTH>()?;
    rest.get(..usize::from(u16::from_be_bytes(*length)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        challenge::{ChallengeKind, SealedChallenge},
        challenge_level::Level,
    };
    use chrono::DateTime;
    use proptest::prelude::*;

    const CONTEXT: [&str; 2] = ["hue", "article-a"];

    fn keyring() -> Keyring {
        Keyring::parse(&Keyring::generate()).unwrap()
    }

    fn seal(keyring: &Keyring) -> String {
        keyring.seal(Purpose::Page, &CONTEXT, &"value").unwrap()
    }

    fn open(keyring: &Keyring, context: &[&str], token: &str) -> Result<String, Opening> {
        keyring.open(Purpose::Page, context, token)
    }

    #[test]
    fn a_token_opens_for_its_own_purpose_and_context_only() {
        let keyring = keyring();
        let token = seal(&keyring);
        assert_eq!(open(&keyring, &CONTEXT, &token).as_deref(), Ok("value"));
        for other in [&["hue", "article-b"][..], &["da-nang", "article-a"], &["huea", "rticle-a"], &["hue"], &[]] {
            assert_eq!(open(&keyring, other, &token), Err(Opening::Broken), "{other:?}");
        }
        assert_eq!(keyring.open::<String>(Purpose::Challenge, &CONTEXT, &token), Err(Opening::Broken));
        assert_ne!(token, seal(&keyring));
    }

    #[test]
    fn a_key_is_rotated_in_two_steps() {
        let (old, new) = (Keyring::generate(), Keyring::generate().replacen('1', "2", 1));
        let ring = |text: &str| Keyring::parse(text).unwrap();
        let token = seal(&ring(&old));
        assert!(open(&ring(&format!("{new},{old}")), &CONTEXT, &token).is_ok());
        assert_eq!(open(&ring(&new), &CONTEXT, &token), Err(Opening::UnknownKey));
        assert_eq!(open(&keyring(), &CONTEXT, &token), Err(Opening::Broken), "same id, other secret");
        let token = seal(&ring(&format!("{new},{old}")));
        assert!(open(&ring(&format!("{old},{new}")), &CONTEXT, &token).is_ok());
    }

    #[test]
    fn every_single_bit_flip_is_detected() {
        let keyring = keyring();
        let token = seal(&keyring);
        let bytes = URL_SAFE_NO_PAD.decode(&token).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(open(&keyring, &CONTEXT, &URL_SAFE_NO_PAD.encode(flipped)).is_err(), "bit {bit}");
        }
        for bit in 0..token.len() * 8 {
            let mut flipped = token.clone().into_bytes();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let Ok(flipped) = String::from_utf8(flipped) else { continue };
            assert!(open(&keyring, &CONTEXT, &flipped).is_err(), "bit {bit} of the text");
        }
    }

    #[test]
    fn the_length_of_a_challenge_reveals_nothing() {
        let keyring = keyring();
        let length = |challenge: &SealedChallenge| {
            keyring.seal(Purpose::Challenge, &CONTEXT, challenge).map(|token| token.len()).unwrap()
        };
        let small = SealedChallenge {
            kind: ChallengeKind::Image,
            passed: true,
            level: Level::Hard,
            nonce: [0; 16],
            issued_at: DateTime::UNIX_EPOCH,
            expires_at: DateTime::UNIX_EPOCH,
            device: None,
            answer: String::new(),
        };
        let large = SealedChallenge {
            kind: ChallengeKind::AltchaPowWithImage,
            passed: false,
            level: Level::Normal,
            nonce: [255; 16],
            issued_at: "2026-11-23T10:00:00.123456789Z".parse().unwrap(),
            expires_at: "2026-11-23T10:10:00.123456789Z".parse().unwrap(),
            device: Some([255; 16]),
            answer: "KKKKKKKK".to_owned(),
        };
        assert!(serde_json::to_vec(&large).unwrap().len() + LENGTH <= 336);
        assert_eq!(length(&small), length(&large));
        assert!(length(&large) <= MAX_TOKEN_CHARS);
    }

    #[test]
    fn a_value_too_long_for_a_token_is_an_error() {
        let long = "x".repeat(400);
        assert!(matches!(keyring().seal(Purpose::Page, &CONTEXT, &long), Err(Error::Internal(_))));
        let longer = "x".repeat(70_000);
        assert!(matches!(keyring().seal(Purpose::Page, &CONTEXT, &longer), Err(Error::Internal(_))));
    }

    proptest! {
        #[test]
        fn garbage_does_not_open(text in ".{0,600}", bytes in proptest::collection::vec(any::<u8>(), 0..380)) {
            let keyring = keyring();
            prop_assert!(open(&keyring, &CONTEXT, &text).is_err());
            prop_assert!(open(&keyring, &CONTEXT, &URL_SAFE_NO_PAD.encode(&bytes)).is_err());
            let ours = [&[VERSION, 1][..], &bytes].concat();
            prop_assert_eq!(open(&keyring, &CONTEXT, &URL_SAFE_NO_PAD.encode(ours)), Err(Opening::Broken));
        }

        #[test]
        fn any_sealed_text_can_be_opened_in_its_context(value in ".{0,40}", context in proptest::collection::vec(".{0,20}", 0..4)) {
            let keyring = keyring();
            let context: Vec<&str> = context.iter().map(String::as_str).collect();
            let token = keyring.seal(Purpose::Challenge, &context, &value).unwrap();
            prop_assert_eq!(keyring.open::<String>(Purpose::Challenge, &context, &token), Ok(value));
        }
    }
}
