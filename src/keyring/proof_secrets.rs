//! Secrets that sign proofs of work.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret as _, SecretString};

use super::{derive::Key, ring::Keyring, sealed::kid_of};

/// The two signing secrets of one key, as text because the library expects text. They are never printed.
pub struct ProofSecrets {
    /// Signs the parameters of a challenge.
    pub challenge: SecretString,
    /// Signs the challenge's expected solution, so that verification need not derive it again.
    pub solution: SecretString,
}

impl Keyring {
    /// Looks up the secrets of the key that sealed `token`, or `None` if the key is unknown or the text is not a token.
    pub fn proof_secrets(&self, token: &str) -> Option<ProofSecrets> {
        let keys = self.find(kid_of(token)?)?;
        let text = |key: &Key| SecretString::from(URL_SAFE_NO_PAD.encode(key.expose_secret()));
        Some(ProofSecrets { challenge: text(&keys.proof), solution: text(&keys.proof_key) })
    }
}
