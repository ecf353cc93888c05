//! Remembered requests and spent nonces.

use chrono::{DateTime, Utc};
use sqlx::postgres::PgBindIterExt as _;
use uuid::Uuid;

use super::{PostgresStore, session::Session};
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

/// Rows per statement, to stay far below the statement time-out.
const BATCH: i64 = 5_000;

/// Old rows are locked by a statement of their own, which skips those that another replica drops at the same time.
const OLD_REQUESTS: &str =
    "select site_id, uuid_send(request_id) from requests where created_at < $1 limit $2 for update skip locked";

const DROP_REQUESTS: &str = "delete from requests r using unnest($1::text[], $2::bytea[]) i (site_id, key)
    where r.site_id = i.site_id and r.request_id = encode(i.key, 'hex')::uuid";

const OLD_NONCES: &str =
    "select site_id, nonce from captcha_nonces where spent_at < $1 limit $2 for update skip locked";

const DROP_NONCES: &str = "delete from captcha_nonces n using unnest($1::text[], $2::bytea[]) i (site_id, key)
    where n.site_id = i.site_id and n.nonce = i.key";

const OLD_ERASURES: &str =
    "select site_id, uuid_send(request_id) from erasures where finished_at < $1 limit $2 for update skip locked";

const DROP_ERASURES: &str = "delete from erasures e using unnest($1::text[], $2::bytea[]) i (site_id, key)
    where e.site_id = i.site_id and e.request_id = encode(i.key, 'hex')::uuid";

pub(super) async fn forget(
    store: &PostgresStore,
    requests_before: DateTime<Utc>,
    nonces_before: DateTime<Utc>,
) -> Result<u64> {
    let mut forgotten = 0;
    let tables = [
        (OLD_REQUESTS, DROP_REQUESTS, requests_before),
        (OLD_ERASURES, DROP_ERASURES, requests_before),
        (OLD_NONCES, DROP_NONCES, nonces_before),
    ];
    for (old, drop, before) in tables {
        loop {
            let gone = in_transaction!(store, tx => drop_batch(&mut tx, (old, drop), before).await?)?;
            forgotten += gone;
            if gone < BATCH.unsigned_abs() {
                break;
            }
        }
    }
    Ok(forgotten)
}

async fn drop_batch(tx: &mut Session, (old, drop): (&'static str, &'static str), before: DateTime<Utc>) -> Result<u64> {
    let rows: Vec<(String, Vec<u8>)> = sqlx::query_as(old).bind(before).bind(BATCH).fetch_all(&mut *tx).await?;
    let query = sqlx::query(drop).bind(rows.iter().map(|(site, _)| site.as_str()).bind_iter());
    let query = query.bind(rows.iter().map(|(_, key)| key.as_slice()).bind_iter());
    Ok(query.execute(tx).await?.rows_affected())
}
