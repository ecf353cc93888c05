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
    /// SHA-256 over method and payload.
    pub payload_hash: [u8; 32],
    /// The first answer as JSON, written and read by the workflow that made it.
    pub response: String,
}

impl RequestRow {
    /// The stored answer, if `payload_hash` is of the same payload.
    ///
    /// # Errors
    /// [`Error::RequestIdReused`] for another payload, [`Error::Internal`] for an answer that cannot be read.
    pub fn replay<T: serde::de::DeserializeOwned>(&self, payload_hash: &[u8; 32]) -> Result<T> {
        if self.payload_hash != *payload_hash {
            return Err(Error::RequestIdReused);
        }
        serde_json::from_str(&self.response).map_err(Error::internal)
    }
}
