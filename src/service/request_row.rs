//! The idempotency record of a change, by which a resend gets the first answer: caller, method and payload.

use serde::Serialize;
use uuid::Uuid;

use crate::{
    domain::{Error, Result, access::Caller, request::RequestRow},
    keyring::Keyring,
};

/// Returns the row of `request`, without a response; the store fills that in.
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
