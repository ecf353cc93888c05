//! Remembered requests and spent nonces.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::session::Session;
use crate::{
    domain::{Result, id::SiteId, request::RequestRow},
    store::{
        error,
        rows::{self, RowReader},
    },
};

const FIND: &str = "select request_id, payload_hash, response from requests where site_id = $1 and request_id = $2";

pub(super) async fn find<'e>(
    executor: impl sqlx::PgExecutor<'e>,
    site: &SiteId,
    id: Uuid,
) -> Result<Option<RequestRow>> {
    let row = sqlx::query(FIND).bind(site.as_str()).bind(id).fetch_optional(executor).await?;
    row.map(|row| rows::request(&mut RowReader::new(&row))).transpose()
}

/// The first answer to `request`, if it was remembered. Asked under the lock of what the request changes, so that a twin
/// that held it before is seen.
///
/// Fails with `RequestIdReused`.
pub(super) async fn replay<T: serde::de::DeserializeOwned>(
    tx: &mut Session,
    site: &SiteId,
    request: Option<&RequestRow>,
) -> Result<Option<T>> {
    let Some(request) = request else { return Ok(None) };
    let known = find(tx, site, request.id).await?;
    known.map(|known| known.replay(request)).transpose()
}

/// Remembers `request`. `false` when its id is known.
async fn insert_new(
    tx: &mut Session,
    site: &SiteId,
    request: &RequestRow,
    made_by: Uuid,
    at: DateTime<Utc>,
) -> Result<bool> {
    let sql = "insert into requests (site_id, request_id, payload_hash, response, made_by, created_at)
        values ($1, $2, $3, $4, $5, $6) on conflict do nothing";
    let query = sqlx::query(sql).bind(site.as_str()).bind(request.id).bind(request.payload_hash);
    let query = query.bind(&request.response).bind(made_by).bind(at);
    Ok(query.execute(tx).await?.rows_affected() == 1)
}

/// Remembers `request`; when a request with its id came first, the transaction must start again.
pub(super) async fn insert(
    tx: &mut Session,
    site: &SiteId,
    request: &RequestRow,
    made_by: Uuid,
    at: DateTime<Utc>,
) -> Result<()> {
    if insert_new(tx, site, request, made_by, at).await? { Ok(()) } else { Err(error::overtaken()) }
}
