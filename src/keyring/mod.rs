//! One master secret per key id; every purpose has its own key derived from it. The first key seals and keys, all open
//! and are looked up by, so a key is changed in two steps: add the new one behind the old on every replica, then put it
//! first.

mod access;
mod derive;
mod hash;
mod mark;
mod proof;
mod pseudonym;
mod request;
mod ring;
mod sealed;
mod signed;

pub use self::{
    access::{new_access_token, parse_access_token},
    hash::{same_hash, same_text},
    proof::ProofSecrets,
    pseudonym::{Namer, Subject},
    request::batch_id,
    ring::{EntryProblem, Keyring, KeyringError},
    sealed::{MAX_TOKEN_CHARS, Opening, Purpose},
};
