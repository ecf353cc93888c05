//! What is remembered of a change, so that a resend gets the first answer: by whom, and what.

use serde::Serialize;
use uuid::Uuid;

use crate::{
    domain::{Error, Result, access::Caller, request::RequestRow},
    keyring::Keyring,
};

/// The row of `request`; the response is filled in by the store.
pub(super) fn request_row(
    keyring: &Keyring,
    method: &str,
    caller: &Caller,
    request: &impl Serialize,
    id: Uuid,
) -> Result<RequestRow> {
    let payload = serde_json::to_vec(&(&caller.name, request)).map_err(Error::internal)?;
    Ok(keyring.request_row(&caller.site, id, method, &payload))
}
