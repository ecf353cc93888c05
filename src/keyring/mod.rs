//! Keys: for each key id a master secret, from which a key for every purpose is derived. The first key of the ring is
//! used for new tokens and rows; all keys are used to open tokens and look up rows. A key is therefore rotated in two
//! steps: add the new key behind the old one on every replica, then move it to the front.

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
