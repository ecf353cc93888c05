//! The key ring and its text form.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::{TryRngCore as _, rngs::OsRng};

use super::derive::Keys;

/// The server's keys. `Debug` prints only key ids.
#[derive(Debug)]
pub struct Keyring {
    pub(super) first: Keys,
    pub(super) others: Vec<Keys>,
}

/// Why a text is not a valid key ring. The error never contains parts of an entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyringError {
    #[error("no key")]
    Empty,
    /// Entries are counted from 1.
    #[error("key {number}: {problem}")]
    Entry { number: usize, problem: EntryProblem },
}

/// What is wrong with one entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryProblem {
    #[error("not of the form id:secret")]
    Form,
    #[error("the id is not a number from 1 to 255")]
    Id,
    #[error("the id {0} is taken")]
    Taken(u8),
    #[error("the secret is not unpadded base64url")]
    Encoding,
    #[error("the secret is not 32 bytes")]
    Length,
    #[error("the key cannot be derived")]
    Derivation,
}

impl Keyring {
    /// Parses `kid:secret[,kid:secret...]`, where kid is a number from 1 to 255 and secret is 32 bytes in unpadded
    /// base64url. White space around entries is ignored, because files end with a line break.
    ///
    /// # Errors
    /// Names the wrong entry by its number and the problem, but not its contents.
    pub fn parse(text: &str) -> Result<Self, KeyringError> {
        let mut keys: Vec<Keys> = Vec::new();
        for (at, entry) in text.split(',').enumerate() {
            let key = parse_entry(entry.trim()).map_err(|problem| KeyringError::Entry { number: at + 1, problem })?;
            if keys.iter().any(|other| other.kid == key.kid) {
                return Err(KeyringError::Entry { number: at + 1, problem: EntryProblem::Taken(key.kid) });
            }
            keys.push(key);
        }
        let others = keys.split_off(1);
        let first = keys.pop().ok_or(KeyringError::Empty)?;
        Ok(Self { first, others })
    }

    /// Generates the text of a new key ring with one key from the operating system's random number generator.
    ///
    /// # Panics
    /// The operating system's random number generator fails. Without it, no key would be secure.
    pub fn generate() -> String {
        let mut secret = [0; 32];
        rand::RngCore::fill_bytes(&mut OsRng.unwrap_err(), &mut secret);
        format!("1:{}", URL_SAFE_NO_PAD.encode(secret))
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Keys> {
        std::iter::once(&self.first).chain(&self.others)
    }

    pub(super) fn find(&self, kid: u8) -> Option<&Keys> {
        self.all().find(|key| key.kid == kid)
    }
}

fn parse_entry(entry: &str) -> Result<Keys, EntryProblem> {
    let (kid, secret) = entry.split_once(':').ok_or(EntryProblem::Form)?;
    let kid: u8 = kid.parse().ok().filter(|kid| *kid > 0).ok_or(EntryProblem::Id)?;
    let secret = URL_SAFE_NO_PAD.decode(secret).map_err(|_| EntryProblem::Encoding)?;
    let secret = <[u8; 32]>::try_from(secret).map_err(|_| EntryProblem::Length)?;
    Keys::derive(kid, &secret).map_err(|_| EntryProblem::Derivation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_keyring_can_be_parsed_and_no_two_are_equal() {
        let text = Keyring::generate();
        assert!(Keyring::parse(&format!(" {text}\n")).is_ok());
        assert_ne!(text, Keyring::generate());
    }

    #[test]
    fn an_error_gives_the_number_of_a_wrong_entry_but_not_its_text() {
        let good = Keyring::generate();
        let secret = good.strip_prefix("1:").unwrap();
        for (text, problem) in [
            (String::new(), "key 1: not of the form"),
            (good[2..].to_owned(), "key 1: not of the form"),
            (format!("{good},0:{secret}"), "key 2: the id is not a number"),
            (format!("{good},256:{secret}"), "key 2: the id is not a number"),
            (format!("{good},1:{secret}"), "key 2: the id 1 is taken"),
            (format!("{good},"), "key 2: not of the form"),
            (format!("2:{secret}="), "key 1: the secret is not unpadded"),
            (format!("2:{}", &secret[..42]), "key 1: the secret is not"),
            ("2:c2hvcnQ".to_owned(), "key 1: the secret is not 32 bytes"),
        ] {
            let error = Keyring::parse(&text).unwrap_err().to_string();
            assert!(error.contains(problem), "{error}");
            assert!(!error.contains(&secret[..8]) && !error.contains("c2hv"), "{error}");
        }
    }

    #[test]
    fn debug_shows_ids_and_nothing_secret() {
        let secret = [0xA7; 32];
        let text = format!("7:{}", URL_SAFE_NO_PAD.encode(secret));
        let shown = format!("{:?}", Keyring::parse(&text).unwrap());
        assert!(shown.contains("kid: 7"), "{shown}");
        assert!(!shown.contains("167") && !shown.contains("a7") && !shown.contains(&text[2..10]), "{shown}");
        assert_eq!(shown.matches("REDACTED").count(), 10, "{shown}");
    }
}
