//! Idempotency: a `request_id` is remembered with its payload's hash and its first answer.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Error, Result};

/// How long a request is remembered, in hours (AIP-155 asks for a day; a long weekend's retry queue fits in two).
pub const REQUEST_HOURS: i64 = 48;

/// A remembered request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestRow {
    pub id: Uuid,
    /// HMAC-SHA-256 over method and payload by the first key of the ring: the payload may hold a reader's text.
    pub payload_hash: [u8; 32],
    /// Hashes of the same payload that a row stored before a change of keys has: by the ring's other keys, and without a
    /// key as earlier versions stored it. Not stored.
    #[serde(skip)]
    pub earlier_hashes: Vec<[u8; 32]>,
    /// The first answer as JSON, written and read by the service that made it.
    pub response: String,
}

impl RequestRow {
    /// The stored answer, if `asked` is a resend of the same payload.
    ///
    /// # Errors
    /// [`Error::RequestIdReused`] for another payload, [`Error::Internal`] for an answer that cannot be read.
    pub fn replay<T: serde::de::DeserializeOwned>(&self, asked: &Self) -> Result<T> {
        self.check_resend(asked)?;
        serde_json::from_str(&self.response).map_err(Error::internal)
    }

    /// Checks that `asked` is a resend of the same payload.
    ///
    /// # Errors
    /// [`Error::RequestIdReused`] for another payload.
    pub fn check_resend(&self, asked: &Self) -> Result<()> {
        let same = asked.payload_hash == self.payload_hash || asked.earlier_hashes.contains(&self.payload_hash);
        if same { Ok(()) } else { Err(Error::RequestIdReused) }
    }
}
