//! Idempotency: the service stores each `request_id` with a hash of the payload and the first response.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Error, Result};

/// Retention period of requests, in hours. AIP-155 asks for a day; two days also cover a weekend's retry queue.
pub const REQUEST_HOURS: i64 = 48;

/// A stored request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestRow {
    pub id: Uuid,
    /// HMAC-SHA-256 of method and payload with the ring's first key. It is keyed because the payload may hold a
    /// reader's text.
    pub payload_hash: [u8; 32],
    /// Hashes of the same payload that a row stored before a key rotation may have: with the ring's other keys, and the
    /// unkeyed one of earlier versions. Not stored.
    #[serde(skip)]
    pub earlier_hashes: Vec<[u8; 32]>,
    /// The first response as JSON. Only the method that wrote it reads it.
    pub response: String,
}

impl RequestRow {
    /// Returns the stored response if `asked` is a resend of the same payload.
    ///
    /// # Errors
    /// [`Error::RequestIdReused`] for another payload, [`Error::Internal`] for a response that cannot be parsed.
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
