//! The idempotency record of a change: a hash of caller, method and payload, by which a resend is recognised and gets
//! the first response.

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
