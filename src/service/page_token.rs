//! Page tokens: a sealed cursor, bound to site, method and filter.

use serde::Serialize;

use crate::{
    domain::{Error, Result, id::SiteId, page::Cursor},
    keyring::{Keyring, Purpose},
};

/// Seals the cursor of the next page; returns an empty token when there is none.
pub(super) fn seal_cursor(
    keyring: &Keyring,
    site: &SiteId,
    method: &str,
    filter: &impl Serialize,
    next: Option<Cursor>,
) -> Result<String> {
    let Some(cursor) = next else { return Ok(String::new()) };
    let filter = serde_json::to_string(filter).map_err(Error::internal)?;
    keyring.seal(Purpose::Page, &[site.as_str(), method, &filter], &cursor)
}

/// Opens a page token of the same site, method and filter. An empty token is the first page.
///
/// # Errors
/// [`Error::PageTokenInvalid`].
pub(super) fn open_cursor(
    keyring: &Keyring,
    site: &SiteId,
    method: &str,
    filter: &impl Serialize,
    token: &str,
) -> Result<Option<Cursor>> {
    if token.is_empty() {
        return Ok(None);
    }
    let filter = serde_json::to_string(filter).map_err(Error::internal)?;
    let context = [site.as_str(), method, &filter];
    keyring.open(Purpose::Page, &context, token).map(Some).map_err(|_| Error::PageTokenInvalid)
}
