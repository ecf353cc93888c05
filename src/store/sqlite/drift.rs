//! Public counts against the comments they count.

use sqlx::SqlitePool;
use uuid::Uuid;

use crate::{
    domain::{Result, id::SiteId, stats::CountDrift},
    store::rows::{Read as _, RowReader},
};

/// Public comments are the approved roots of an article and the approved replies under its roots: both come from the indexes
/// that readers' pages use. A root with public replies was public itself once.
const COMMENT_DRIFT: &str = "
    with page as (
        select a.article_id, a.public_count, sum(a.public_count + 1) over (order by a.article_id) weight
        from (select n.article_id, n.public_count from articles n where n.site_id = $1 and n.article_id > $2
            order by n.article_id limit $3) a
    ), batch as materialized (
        select p.article_id, p.public_count from page p where p.weight - (p.public_count + 1) < $3
    ), counted as (
        select b.public_count - (
            select coalesce(sum((r.status = 'APPROVED') + (
                select count(*) from comments c indexed by comments_public_replies
                    where c.site_id = $1 and c.parent_id = r.comment_id and c.status = 'APPROVED')), 0)
            from comments r indexed by comments_public_roots
            where r.site_id = $1 and r.article_id = b.article_id and r.parent_id is null
                and r.published_at is not null) difference
        from batch b
    )
    select (select max(b.article_id) from batch b), coalesce(sum(abs(n.difference)), 0) from counted n";

const REPLY_DRIFT: &str = "
    with batch as materialized (
        select c.comment_id, c.reply_count from comments c where c.site_id = $1 and c.comment_id > $2
        order by c.comment_id limit $3
    ), counted as (
        select b.reply_count - (select count(*) from comments c indexed by comments_public_replies
            where c.site_id = $1 and c.parent_id = b.comment_id and c.status = 'APPROVED') difference
        from batch b
    )
    select (select b.comment_id from batch b order by b.comment_id desc limit 1), coalesce(sum(abs(n.difference)), 0)
    from counted n";

/// Rows that one statement compares: each sees one moment, and other readers get their turn in between.
const BATCH: i64 = 2_000;

pub(super) async fn drift(pool: &SqlitePool, site: &SiteId) -> Result<CountDrift> {
    let mut drift = CountDrift::default();
    let mut after = Some(String::new());
    while let Some(article) = after {
        let row = sqlx::query(COMMENT_DRIFT).bind(site.as_str()).bind(article).bind(BATCH).fetch_one(pool).await?;
        let mut columns = RowReader::new(&row);
        after = columns.maybe_text()?;
        drift.comments += columns.long()?;
    }
    let mut after = Some(Uuid::nil());
    while let Some(comment) = after {
        let row = sqlx::query(REPLY_DRIFT).bind(site.as_str()).bind(comment).bind(BATCH).fetch_one(pool).await?;
        let mut columns = RowReader::new(&row);
        after = columns.maybe_uuid()?;
        drift.replies += columns.long()?;
    }
    Ok(drift)
}
