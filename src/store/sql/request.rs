//! Stored requests: the first response for each idempotency key.

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::{Backend, Connection, Statement};
use crate::{
    domain::{Result, id::SiteId, request::RequestRow},
    store::error,
};

pub(in crate::store) async fn find(
    on: impl Into<Connection<'_>>,
    site: &SiteId,
    id: Uuid,
) -> Result<Option<RequestRow>> {
    let row = Statement::new(
        "select request_id, payload_hash, response from requests where site_id = :site and request_id = :id",
    );
    let row = row.bind("site", site).bind("id", id).fetch_optional(on).await?;
    row.map(|row| {
        let row = row.fields();
        Ok(RequestRow {
            id: row.get("request_id")?,
            payload_hash: row.get("payload_hash")?,
            earlier_hashes: Vec::new(),
            response: row.get("response")?,
        })
    })
    .transpose()
}

/// Returns the first response to `request`, if it is stored. The caller holds the lock of the changed row, so that it
/// sees a concurrent request with the same id that held the lock before.
///
/// Fails with `RequestIdReused`.
pub(in crate::store) async fn replay<T: DeserializeOwned>(
    tx: &mut Connection<'_>,
    site: &SiteId,
    request: Option<&RequestRow>,
) -> Result<Option<T>> {
    let Some(request) = request else { return Ok(None) };
    let known = find(tx, site, request.id).await?;
    known.map(|known| known.replay(request)).transpose()
}

/// Stores `request`. If a concurrent request with the same id was committed first, returns the error that makes the
/// transaction start again.
pub(in crate::store) async fn insert(
    tx: &mut Connection<'_>,
    site: &SiteId,
    request: &RequestRow,
    made_by: Uuid,
    at: DateTime<Utc>,
) -> Result<()> {
    if insert_new(tx, site, request, made_by, at).await? { Ok(()) } else { Err(error::overtaken()) }
}

/// Stores `request`. Returns `false` if its id is already stored.
pub(in crate::store) async fn insert_new(
    tx: &mut Connection<'_>,
    site: &SiteId,
    request: &RequestRow,
    made_by: Uuid,
    at: DateTime<Utc>,
) -> Result<bool> {
    insert_row(tx, site, Some((request, made_by)), None, at).await
}

pub(in crate::store) async fn spend_nonce(
    store: &impl Backend,
    site: &SiteId,
    nonce: [u8; 16],
    request: Option<&RequestRow>,
    at: DateTime<Utc>,
) -> Result<bool> {
    let request = request.map(|request| (request, request.id));
    transaction!(store, tx => insert_row(tx, site, request, Some(&nonce), at).await?)
}

/// Inserts one row for a request, with the id of the comment or entry that it created, and for the nonce that it
/// spends. Request and nonce may each be absent. Returns `false` if one of them is already stored.
async fn insert_row(
    tx: &mut Connection<'_>,
    site: &SiteId,
    request: Option<(&RequestRow, Uuid)>,
    nonce: Option<&[u8; 16]>,
    at: DateTime<Utc>,
) -> Result<bool> {
    let insert = Statement::insert(
        "requests",
        vec![
            ("site_id", site.into()),
            ("request_id", request.map(|(request, _)| request.id).into()),
            ("nonce", nonce.into()),
            ("payload_hash", request.map(|(request, _)| &request.payload_hash).into()),
            ("response", request.map(|(request, _)| request.response.as_str()).into()),
            ("made_by", request.map(|(_, made_by)| made_by).into()),
            ("created_at", at.into()),
        ],
    );
    Ok(insert.push(" on conflict do nothing").execute(tx).await? == 1)
}
