//! Comparison of public counts with the comments that they count.

use uuid::Uuid;

use super::{Connection, Statement};
use crate::domain::{
    Result,
    id::{CommentId, SiteId},
    stats::CountDrift,
};

/// Number of rows that one statement compares. Each statement sees a consistent snapshot and stays far below the
/// statement timeout. In SQLite, other readers get their turn in between.
const BATCH: i64 = 2_000;

/// Compares the counts of all articles and comments of a site.
pub(super) async fn drift(mut on: Connection<'_>, site: &SiteId) -> Result<CountDrift> {
    let mut drift = CountDrift::default();
    let mut after = Some(String::new());
    while let Some(article) = after {
        let row = comment_drift(site, article).fetch_one(&mut on).await?;
        after = row.fields().get("last")?;
        drift.comments += row.fields().get::<i64>("drift")?;
    }
    let mut after = Some(CommentId(Uuid::nil()));
    while let Some(comment) = after {
        let row = reply_drift(site, comment).fetch_one(&mut on).await?;
        after = row.fields().get("last")?;
        drift.replies += row.fields().get::<i64>("drift")?;
    }
    Ok(drift)
}

/// Compares the public counts of the next articles. The public comments of an article are its approved roots and the
/// approved replies to its roots. Both come from the indexes that readers' pages use. A root with public replies was
/// once public itself.
fn comment_drift(site: &SiteId, after: String) -> Statement<'_> {
    Statement::new(
        "with page as (
            select a.article_id, a.public_count, sum(a.public_count + 1) over (order by a.article_id) as weight
            from (select n.article_id, n.public_count from articles n where n.site_id = :site and n.article_id > :after
                order by n.article_id limit :batch) a
        ), batch as materialized (
            select p.article_id, p.public_count from page p where p.weight - (p.public_count + 1) < :batch
        ), counted as (
            select b.public_count - (
                select coalesce(sum(cast(r.status = 'APPROVED' as integer) + (
                    select count(*) from comments c { | indexed by comments_public_replies}
                    where c.site_id = :site and c.parent_id = r.comment_id and c.status = 'APPROVED')), 0)
                from comments r { | indexed by comments_public_roots}
                where r.site_id = :site and r.article_id = b.article_id and r.parent_id is null
                    and r.published_at is not null) as difference
            from batch b
        )
        select (select max(b.article_id) from batch b) as last, cast(coalesce(sum(abs(n.difference)), 0) as bigint) as drift
        from counted n",
    )
    .bind("site", site)
    .bind("after", after)
    .bind("batch", BATCH)
}

/// Compares the reply counts of the next comments.
fn reply_drift(site: &SiteId, after: CommentId) -> Statement<'_> {
    Statement::new(
        "with batch as materialized (
            select c.comment_id, c.reply_count from comments c where c.site_id = :site and c.comment_id > :after
            order by c.comment_id limit :batch
        ), counted as (
            select b.reply_count - (select count(*) from comments c { | indexed by comments_public_replies}
                where c.site_id = :site and c.parent_id = b.comment_id and c.status = 'APPROVED') as difference
            from batch b
        )
        select (select b.comment_id from batch b order by b.comment_id desc limit 1) as last,
            cast(coalesce(sum(abs(n.difference)), 0) as bigint) as drift
        from counted n",
    )
    .bind("site", site)
    .bind("after", after)
    .bind("batch", BATCH)
}
