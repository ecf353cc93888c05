//! One master secret per key id; every purpose has its own key derived from it. The first key seals and keys, all open
//! and are looked up by, so a key is changed in two steps: add the new one behind the old on every replica, then put it
//! first.

mod access_token;
mod constant_time;
mod derive;
mod key_records;
mod proof_secrets;
mod pseudonym;
mod request_row;
mod ring;
mod sealed;
mod signed;

pub use self::{
    access_token::{new_access_token, parse_access_token},
    constant_time::{same_hash, same_text},
    proof_secrets::ProofSecrets,
    pseudonym::{Namer, PseudonymSubject},
    request_row::batch_id,
    ring::{EntryProblem, Keyring, KeyringError},
    sealed::{MAX_TOKEN_CHARS, Opening, Purpose},
};
