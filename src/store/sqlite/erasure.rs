//! Erasures of all that a person wrote: how far each has come.

use chrono::{DateTime, Utc};
use sqlx::{SqliteConnection, SqlitePool, types::Json};
use uuid::Uuid;

use super::{micros, request};
use crate::{
    domain::{Result, id::SiteId, privacy::PersonErasure, pseudonym::Pseudonym, request::RequestRow},
    store::{
        parse, privacy,
        rows::{Read as _, RowReader},
    },
};

const BEGIN: &str = concat!(
    "insert into erasures (site_id, ",
    erasure_columns!(),
    ") values ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0, $9, null) on conflict do nothing"
);

pub(super) async fn begin(
    tx: &mut SqliteConnection,
    site: &SiteId,
    erasure: &PersonErasure,
    request: &RequestRow,
) -> Result<()> {
    let begun = sqlx::query(BEGIN)
        .bind(site.as_str())
        .bind(erasure.request)
        .bind(erasure.batch)
        .bind(&erasure.actor)
        .bind(&erasure.note)
        .bind(Json(&erasure.authors))
        .bind(Json(&erasure.devices))
        .bind(erasure.comment.map(|id| id.0))
        .bind(micros(erasure.started_at))
        .execute(&mut *tx)
        .await?;
    // A twin may have begun it.
    if begun.rows_affected() == 0 {
        return Ok(());
    }
    request::insert(tx, site, request, erasure.batch, erasure.started_at).await
}

const FIND: &str = concat!("select ", erasure_columns!(), " from erasures where site_id = $1 and request_id = $2");

pub(super) async fn find(pool: &SqlitePool, site: &SiteId, request: Uuid) -> Result<Option<PersonErasure>> {
    let row = sqlx::query(FIND).bind(site.as_str()).bind(request).fetch_optional(pool).await?;
    row.map(|row| privacy::erasure(&mut RowReader::new(&row))).transpose()
}

const SITES: &str = "select distinct site_id from erasures indexed by erasures_open where finished_at is null and started_at < $1 order by site_id";

pub(super) async fn sites(pool: &SqlitePool, before: DateTime<Utc>) -> Result<Vec<SiteId>> {
    let rows = sqlx::query(SITES).bind(micros(before)).fetch_all(pool).await?;
    rows.iter().map(|row| parse::site(&RowReader::new(row).text()?)).collect()
}

const OPEN: &str = concat!(
    "select ",
    erasure_columns!(),
    " from erasures indexed by erasures_open where site_id = $1 and finished_at is null order by started_at limit $2"
);

pub(super) async fn open(pool: &SqlitePool, site: &SiteId, limit: usize) -> Result<Vec<PersonErasure>> {
    let rows = sqlx::query(OPEN).bind(site.as_str()).bind(parse::limit(limit)).fetch_all(pool).await?;
    rows.iter().map(|row| privacy::erasure(&mut RowReader::new(row))).collect()
}

const FINISH: &str =
    "update erasures set finished_at = $3, note = '', authors = '[]', devices = '[]', comment_id = null
    where site_id = $1 and request_id = $2 and finished_at is null";

pub(super) async fn finish(pool: &SqlitePool, site: &SiteId, request: Uuid, at: DateTime<Utc>) -> Result<()> {
    sqlx::query(FINISH).bind(site.as_str()).bind(request).bind(micros(at)).execute(pool).await?;
    Ok(())
}

pub(super) async fn forget_reports(
    tx: &mut SqliteConnection,
    site: &SiteId,
    reporter: Pseudonym,
    erasure: Uuid,
) -> Result<u64> {
    let sql = "delete from reports where site_id = $1 and reporter = $2";
    let query = sqlx::query(sql).bind(site.as_str()).bind(&reporter[..]);
    let forgotten = query.execute(&mut *tx).await?.rows_affected();
    if forgotten > 0 {
        let sql = "update erasures set reports = reports + $3 where site_id = $1 and request_id = $2";
        let query = sqlx::query(sql).bind(site.as_str()).bind(erasure).bind(privacy::signed(forgotten));
        query.execute(tx).await?;
    }
    Ok(forgotten)
}

const COUNT: &str = "select count(*) from (select 1 from comments c indexed by comments_by_author
    where c.site_id = $1 and c.author = $2 and c.status <> 'ERASED' limit $3) counted";

pub(super) async fn count_by(pool: &SqlitePool, site: &SiteId, authors: &[String], most: usize) -> Result<u64> {
    let mut count = 0;
    for author in authors {
        let query = sqlx::query(COUNT).bind(site.as_str()).bind(author).bind(parse::limit(most));
        count += RowReader::new(&query.fetch_one(pool).await?).long()?.unsigned_abs();
    }
    Ok(count)
}
