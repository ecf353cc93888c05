//! Remembered requests and spent nonces.

use chrono::{DateTime, Utc};
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::micros;
use crate::{
    domain::{Result, id::SiteId, request::RequestRow},
    store::rows::{self, RowReader},
};

const FIND: &str = "select request_id, payload_hash, response from requests where site_id = $1 and request_id = $2";

pub(super) async fn find<'e>(
    executor: impl sqlx::SqliteExecutor<'e>,
    site: &SiteId,
    id: Uuid,
) -> Result<Option<RequestRow>> {
    let row = sqlx::query(FIND).bind(site.as_str()).bind(id).fetch_optional(executor).await?;
    row.map(|row| rows::request(&mut RowReader::new(&row))).transpose()
}

/// The first answer to `request`, if it was remembered.
///
/// Fails with `RequestIdReused`.
pub(super) async fn replay<T: serde::de::DeserializeOwned>(
    tx: &mut SqliteConnection,
    site: &SiteId,
    request: Option<&RequestRow>,
) -> Result<Option<T>> {
    let Some(request) = request else { return Ok(None) };
    let known = find(tx, site, request.id).await?;
    known.map(|known| known.replay(request)).transpose()
}

/// Remembers `request`, unless its id is known.
pub(super) async fn insert(
    tx: &mut SqliteConnection,
    site: &SiteId,
    request: &RequestRow,
    made_by: Uuid,
    at: DateTime<Utc>,
) -> Result<()> {
    let sql = "insert into requests (site_id, request_id, payload_hash, response, made_by, created_at)
        values ($1, $2, $3, $4, $5, $6) on conflict do nothing";
    sqlx::query(sql)
        .bind(site.as_str())
        .bind(request.id)
        .bind(&request.payload_hash[..])
        .bind(&request.response)
        .bind(made_by)
        .bind(micros(at))
        .execute(tx)
        .await?;
    Ok(())
}
