//! Secrets that sign proofs of work.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret as _, SecretString};

use super::{derive::Key, ring::Keyring, sealed::kid_of};

/// The two secrets of one key, as text because the library takes text. Never prints.
pub struct ProofSecrets {
    /// Signs what a challenge asks for.
    pub challenge: SecretString,
    /// Signs the solution that the challenge was made for, so that checking it derives no key again.
    pub solution: SecretString,
}

impl Keyring {
    /// The secrets that go with a sealed token: those of the key that sealed it. `None` when that key is unknown, or it is no token.
    pub fn proof_secrets(&self, token: &str) -> Option<ProofSecrets> {
        let keys = self.find(kid_of(token)?)?;
        let text = |key: &Key| SecretString::from(URL_SAFE_NO_PAD.encode(key.expose_secret()));
        Some(ProofSecrets { challenge: text(&keys.proof), solution: text(&keys.proof_key) })
    }
}
