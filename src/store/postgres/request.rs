//! Remembered requests and spent nonces.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::PostgresStore;
use crate::{
    domain::{Result, id::SiteId, request::RequestRow},
    store::{
        error,
        rows::{self, Reader},
    },
};

const FIND: &str = "select request_id, payload_hash, response from requests where site_id = $1 and request_id = $2";

pub(super) async fn find<'e>(
    executor: impl sqlx::PgExecutor<'e>,
    site: &SiteId,
    id: Uuid,
) -> Result<Option<RequestRow>> {
    let row = sqlx::query(FIND).bind(site.as_str()).bind(id).fetch_optional(executor).await?;
    row.map(|row| rows::request(&mut Reader::new(&row))).transpose()
}

/// The first answer to `request`, if it was remembered. Asked under the lock of what the request changes, so that a twin
/// that held it before is seen.
///
/// Fails with `RequestIdReused`.
pub(super) async fn replay<T: serde::de::DeserializeOwned>(
    tx: &mut PgConnection,
    site: &SiteId,
    request: Option<&RequestRow>,
) -> Result<Option<T>> {
    let Some(request) = request else { return Ok(None) };
    let known = find(tx, site, request.id).await?;
    known.map(|known| known.replay(&request.payload_hash)).transpose()
}

/// Remembers `request`. `false` when its id is known.
async fn insert_new(
    tx: &mut PgConnection,
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
    tx: &mut PgConnection,
    site: &SiteId,
    request: &RequestRow,
    made_by: Uuid,
    at: DateTime<Utc>,
) -> Result<()> {
    if insert_new(tx, site, request, made_by, at).await? { Ok(()) } else { Err(error::overtaken()) }
}

/// The request row comes first, as it does in a submission: one order of locks for all.
pub(super) async fn spend_nonce(
    tx: &mut PgConnection,
    site: &SiteId,
    nonce: [u8; 16],
    request: Option<&RequestRow>,
    at: DateTime<Utc>,
) -> Result<bool> {
    if let Some(request) = request
        && !insert_new(tx, site, request, request.id, at).await?
    {
        return Ok(false);
    }
    let sql = "insert into captcha_nonces (site_id, nonce, spent_by, spent_at) values ($1, $2, null, $3)
        on conflict do nothing";
    let spent = sqlx::query(sql).bind(site.as_str()).bind(nonce).bind(at).execute(tx).await?.rows_affected();
    Ok(spent == 1)
}

/// Rows per statement, to stay far below the statement time-out.
const BATCH: i64 = 5_000;

const FORGET: [&str; 2] = [
    "delete from requests where ctid = any (array(
        select ctid from requests where created_at < $1 limit $2 for update skip locked))",
    "delete from captcha_nonces where ctid = any (array(
        select ctid from captcha_nonces where spent_at < $1 limit $2 for update skip locked))",
];

pub(super) async fn forget(pool: &PgPool, requests_before: DateTime<Utc>, nonces_before: DateTime<Utc>) -> Result<u64> {
    let mut forgotten = 0;
    for (sql, before) in FORGET.into_iter().zip([requests_before, nonces_before]) {
        loop {
            let gone = sqlx::query(sql).bind(before).bind(BATCH).execute(pool).await?.rows_affected();
            forgotten += gone;
            if gone < BATCH.unsigned_abs() {
                break;
            }
        }
    }
    Ok(forgotten)
}

/// Spends a nonce in a transaction of its own.
pub(super) async fn try_spend(
    store: &PostgresStore,
    site: &SiteId,
    nonce: [u8; 16],
    request: Option<&RequestRow>,
    at: DateTime<Utc>,
) -> Result<bool> {
    let mut tx = store.begin().await?;
    let spent = spend_nonce(&mut tx, site, nonce, request, at).await?;
    // A request without its nonce must not be remembered.
    let end = if spent { tx.commit().await } else { tx.rollback().await };
    end?;
    Ok(spent)
}
