//! Signed values that readers keep: device tokens (a cookie of the portal) and receipts. Both have the form `base64url(
//! kid | value 16 | HMAC 16 )` with 44 characters, and contain nothing secret.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use super::{
    derive::{Keys, MacKey, short_mac},
    ring::Keyring,
};
use crate::domain::id::{CommentId, SiteId};

/// Length in bytes of kid, value and MAC.
const BYTES: usize = 33;
/// Length as text. The number of bytes is a multiple of 3, so each value has exactly one encoding.
const CHARS: usize = 44;

impl Keyring {
    /// Creates the token that identifies a reader's device on one site.
    pub fn device_token(&self, site: &SiteId, device: [u8; 16]) -> String {
        sign(&self.first, &self.first.device, site, device)
    }

    /// Returns the device of a token that was issued for the site, or `None` for any other text.
    pub fn open_device(&self, site: &SiteId, token: &str) -> Option<[u8; 16]> {
        self.check(|keys| &keys.device, site, token)
    }

    /// Creates the receipt that lets a reader see their own pending comment. It stays the same for a comment as long as
    /// the first key does.
    pub fn receipt(&self, site: &SiteId, comment: CommentId) -> String {
        sign(&self.first, &self.first.receipt, site, comment.0.into_bytes())
    }

    /// Returns the comment of a receipt that was issued for the site, or `None` for any other text.
    pub fn open_receipt(&self, site: &SiteId, receipt: &str) -> Option<CommentId> {
        self.check(|keys| &keys.receipt, site, receipt).map(|bytes| CommentId(Uuid::from_bytes(bytes)))
    }

    fn check(&self, key: impl Fn(&Keys) -> &MacKey, site: &SiteId, text: &str) -> Option<[u8; 16]> {
        if text.len() != CHARS {
            return None;
        }
        let bytes: [u8; BYTES] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let (kid, rest) = bytes.split_first()?;
        let (value, tag) = rest.split_first_chunk::<16>()?;
        let keys = self.find(*kid)?;
        let expected = tag_of(key(keys), site, *value);
        bool::from(expected.ct_eq(tag)).then_some(*value)
    }
}

fn sign(keys: &Keys, key: &MacKey, site: &SiteId, value: [u8; 16]) -> String {
    URL_SAFE_NO_PAD.encode([&[keys.kid][..], &value, &tag_of(key, site, value)].concat())
}

fn tag_of(key: &MacKey, site: &SiteId, value: [u8; 16]) -> [u8; 16] {
    short_mac(key, &[site.as_str().as_bytes(), &value])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn keyring() -> Keyring {
        Keyring::parse(&Keyring::generate()).unwrap()
    }

    fn site(name: &str) -> SiteId {
        SiteId::parse(name).unwrap()
    }

    #[test]
    fn a_device_token_is_valid_only_on_its_site() {
        let keyring = keyring();
        let token = keyring.device_token(&site("hue"), [7; 16]);
        assert_eq!(keyring.open_device(&site("hue"), &token), Some([7; 16]));
        assert_eq!(keyring.open_device(&site("da-nang"), &token), None);
        assert_eq!(self::keyring().open_device(&site("hue"), &token), None);
    }

    #[test]
    fn a_receipt_is_deterministic_and_not_a_device_token() {
        let keyring = keyring();
        let comment = CommentId(Uuid::from_u128(5));
        let receipt = keyring.receipt(&site("hue"), comment);
        assert_eq!(receipt, keyring.receipt(&site("hue"), comment));
        assert_eq!(keyring.open_receipt(&site("hue"), &receipt), Some(comment));
        assert_eq!(keyring.open_receipt(&site("da-nang"), &receipt), None);
        assert_eq!(keyring.open_device(&site("hue"), &receipt), None);
    }

    #[test]
    fn an_old_key_still_opens_and_a_dropped_one_does_not() {
        let (old, new) = (Keyring::generate(), Keyring::generate().replacen('1', "2", 1));
        let token = Keyring::parse(&old).unwrap().device_token(&site("hue"), [9; 16]);
        let both = Keyring::parse(&format!("{new},{old}")).unwrap();
        assert_eq!(both.open_device(&site("hue"), &token), Some([9; 16]));
        assert_eq!(Keyring::parse(&new).unwrap().open_device(&site("hue"), &token), None);
    }

    #[test]
    fn every_single_bit_flip_is_detected() {
        let (keyring, site) = (keyring(), site("hue"));
        let comment = CommentId(Uuid::from_u128(0x1234_5678_9ABC));
        for token in [keyring.device_token(&site, [3; 16]), keyring.receipt(&site, comment)] {
            let bytes = URL_SAFE_NO_PAD.decode(&token).unwrap();
            for bit in 0..bytes.len() * 8 {
                let mut flipped = bytes.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                let flipped = URL_SAFE_NO_PAD.encode(flipped);
                assert!(keyring.open_device(&site, &flipped).is_none(), "bit {bit}");
                assert!(keyring.open_receipt(&site, &flipped).is_none(), "bit {bit}");
            }
        }
    }

    proptest! {
        #[test]
        fn garbage_does_not_open(text in ".{0,60}", bytes in proptest::collection::vec(any::<u8>(), 30..36)) {
            let (keyring, site) = (keyring(), site("hue"));
            for text in [text, URL_SAFE_NO_PAD.encode(bytes)] {
                prop_assert!(keyring.open_device(&site, &text).is_none());
                prop_assert!(keyring.open_receipt(&site, &text).is_none());
            }
        }

        #[test]
        fn any_signed_device_can_be_opened(device: [u8; 16]) {
            let (keyring, site) = (keyring(), site("hue"));
            prop_assert_eq!(keyring.open_device(&site, &keyring.device_token(&site, device)), Some(device));
        }
    }
}
