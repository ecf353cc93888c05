//! Erasures of everything that a person wrote, and their progress.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Columns, Connection, Fields, List, Rows, Statement, request, value::Value};
use crate::{
    domain::{
        Result,
        id::SiteId,
        privacy::{ErasureProgress, PersonErasure},
        pseudonym::Pseudonym,
        request::RequestRow,
    },
    store::parse,
};

const ERASURE: Columns = Columns::new(&[
    "request_id",
    "batch_id",
    "actor",
    "note",
    "authors",
    "devices",
    "comment_id",
    "comments",
    "reports",
    "started_at",
    "finished_at",
]);

/// Stores an erasure and its request, unless a concurrent call with the same request already has.
pub(super) async fn begin(
    tx: &mut Connection<'_>,
    site: &SiteId,
    erasure: &PersonErasure,
    request: &RequestRow,
) -> Result<()> {
    let insert = Statement::insert(
        "erasures",
        vec![
            ("site_id", site.into()),
            ("request_id", erasure.request.into()),
            ("batch_id", erasure.batch.into()),
            ("actor", (&erasure.actor).into()),
            ("note", (&erasure.note).into()),
            ("authors", Value::json(&erasure.authors)?),
            ("devices", Value::json(&erasure.devices)?),
            ("comment_id", erasure.comment.into()),
            ("comments", 0_i64.into()),
            ("reports", 0_i64.into()),
            ("started_at", erasure.started_at.into()),
        ],
    );
    if insert.push(" on conflict do nothing").execute(&mut *tx).await? == 0 {
        return Ok(());
    }
    request::insert(tx, site, request, erasure.batch, erasure.started_at).await
}

pub(super) async fn find(on: Connection<'_>, site: &SiteId, request: Uuid) -> Result<Option<PersonErasure>> {
    let select = Statement::new("select ").columns(&ERASURE, "e");
    let select = select.push(" from erasures e where e.site_id = :site and e.request_id = :request");
    let row = select.bind("site", site).bind("request", request).fetch_optional(on).await?;
    row.map(|row| read(row.of(&ERASURE, "e")?)).transpose()
}

pub(super) async fn sites(on: Connection<'_>, before: DateTime<Utc>) -> Result<Vec<SiteId>> {
    let rows = Statement::new(
        "select distinct site_id from erasures { | indexed by erasures_open}
        where finished_at is null and started_at < :before order by site_id",
    );
    let rows = rows.bind("before", before).fetch_all(on).await?;
    rows.iter().map(|row| row.fields().get("site_id")).collect()
}

pub(super) async fn open(on: Connection<'_>, site: &SiteId, limit: usize) -> Result<Vec<PersonErasure>> {
    let rows = Statement::new("select ")
        .columns(&ERASURE, "e")
        .push(
            " from erasures e { | indexed by erasures_open} where e.site_id = :site and e.finished_at is null
            order by e.started_at limit :limit",
        )
        .bind("site", site)
        .bind("limit", parse::limit(limit))
        .fetch_all(on)
        .await?;
    rows.iter().map(|row| read(row.of(&ERASURE, "e")?)).collect()
}

fn read(row: Fields<'_>) -> Result<PersonErasure> {
    Ok(PersonErasure {
        request: row.get("request_id")?,
        batch: row.get("batch_id")?,
        actor: row.get("actor")?,
        note: row.get("note")?,
        authors: row.json("authors")?,
        devices: row.json("devices")?,
        comment: row.get("comment_id")?,
        progress: ErasureProgress {
            comments: row.get::<i64>("comments")?.unsigned_abs(),
            reports: row.get::<i64>("reports")?.unsigned_abs(),
        },
        started_at: row.get("started_at")?,
        is_finished: !row.is_null("finished_at")?,
    })
}

/// Finishes an erasure: removes its subject and note, and keeps its counts for replays.
pub(super) async fn finish(tx: &mut Connection<'_>, site: &SiteId, request: Uuid, at: DateTime<Utc>) -> Result<()> {
    Statement::new(
        "update erasures set finished_at = :at, note = '', authors = '[]', devices = '[]', comment_id = null
        where site_id = :site and request_id = :request and finished_at is null",
    )
    .bind("site", site)
    .bind("request", request)
    .bind("at", at)
    .execute(tx)
    .await?;
    Ok(())
}

/// Adds to the number of comments that an erasure erased.
pub(super) async fn add_comments(tx: &mut Connection<'_>, site: &SiteId, request: Uuid, count: u64) -> Result<()> {
    Statement::new("update erasures set comments = comments + :count where site_id = :site and request_id = :request")
        .bind("site", site)
        .bind("request", request)
        .bind("count", as_long(count))
        .execute(tx)
        .await?;
    Ok(())
}

pub(super) async fn forget_reports(
    tx: &mut Connection<'_>,
    site: &SiteId,
    reporter: Pseudonym,
    request: Uuid,
) -> Result<u64> {
    let delete = Statement::new(
        "delete from reports { | indexed by reports_by_reporter} where site_id = :site and reporter = :reporter",
    );
    let deleted = delete.bind("site", site).bind("reporter", &reporter).execute(&mut *tx).await?;
    if deleted > 0 {
        Statement::new(
            "update erasures set reports = reports + :count where site_id = :site and request_id = :request",
        )
        .bind("site", site)
        .bind("request", request)
        .bind("count", as_long(deleted))
        .execute(tx)
        .await?;
    }
    Ok(deleted)
}

/// Counts the comments of these authors that are not erased, at most `most` for each.
pub(super) async fn count_by(on: Connection<'_>, site: &SiteId, authors: &[String], most: usize) -> Result<u64> {
    let row = Statement::new(
        "select cast(coalesce(sum((select count(*) from (
            select 1 from comments c { | indexed by comments_by_author}
            where c.site_id = :site and c.author = i.author and c.status <> 'ERASED' limit :most) counted)), 0) as bigint)
            as comments
        from :authors i",
    )
    .bind("site", site)
    .bind("most", parse::limit(most))
    .bind("authors", Rows::new().column("author", List::texts(authors.iter().map(String::as_str))))
    .fetch_one(on)
    .await?;
    Ok(row.fields().get::<i64>("comments")?.unsigned_abs())
}

fn as_long(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
