//! The index for searches by words, and its backlog.
//!
//! `search_terms` has a row of terms for each indexed comment. PostgreSQL searches its `tsvector` with a GIN index.
//! SQLite searches the FTS5 table `search_index`, which the statements here update along with `search_terms`. A submit
//! adds one row for its whole batch to `search_backlog`.

use uuid::Uuid;

use super::{Connection, List, Rows, Statement};
use crate::{
    domain::{
        Result,
        id::{CommentId, SiteId},
        search,
    },
    store::parse,
};

/// Joins the comments `c` of the backlog `b` of `:site`. Each is looked up by its key. In PostgreSQL, the `limit`
/// prevents a plan that reads all comments of the site. In SQLite, `cross join` keeps the order of the tables.
pub(super) const BACKLOG_COMMENTS: &str =
    " from search_backlog b cross join {unnest(b.comment_ids) i (value) | json_each(b.comment_ids) i}
    cross join {lateral (select * from comments o where o.site_id = b.site_id and o.comment_id = i.value limit 1) | comments} c
    where b.site_id = :site {| and c.site_id = b.site_id and c.comment_id = unhex(i.value)}";

/// Adds the comments of submits, those of `stored`, to the backlog.
pub(super) const INSERT_BACKLOG: &str = "insert into search_backlog (site_id, batch_id, size, comment_ids)
    select site_id, {(array_agg(comment_id))[1] | min(comment_id)}, count(*),
        {array_agg(comment_id) | json_group_array(hex(comment_id))} from ";

pub(super) async fn index_comments(tx: &mut Connection<'_>, site: &SiteId, count: usize) -> Result<usize> {
    lock_to_index(tx, site).await?;
    let rows = Statement::new(
        "select batch_id, size from search_backlog where site_id = :site order by batch_id desc limit :count",
    );
    let rows = rows.bind("site", site).bind("count", parse::limit(count)).fetch_all(&mut *tx).await?;
    let (mut batches, mut leaving) = (Vec::new(), 0);
    for row in &rows {
        if leaving >= count {
            break;
        }
        batches.push(row.fields().get::<Uuid>("batch_id")?);
        leaving += usize::try_from(row.fields().get::<i32>("size")?).unwrap_or_default();
    }
    if batches.is_empty() {
        return Ok(0);
    }
    let texts = read_terms(tx, site, &batches).await?;
    insert_terms(tx, site, &texts).await?;
    Statement::new("delete from search_backlog where site_id = :site and batch_id in :batches")
        .bind("site", site)
        .bind("batches", List::uuids(batches))
        .execute(tx)
        .await?;
    Ok(leaving)
}

/// Returns the terms of the comments in the batches that are neither erased nor indexed.
async fn read_terms(tx: &mut Connection<'_>, site: &SiteId, batches: &[Uuid]) -> Result<Vec<(CommentId, String)>> {
    let rows = Statement::new("select distinct c.comment_id, c.author_name, c.title, c.content")
        .push(BACKLOG_COMMENTS)
        .push(
            " and b.batch_id in :batches and c.status <> 'ERASED' and not exists (
                select 1 from search_terms t where t.site_id = c.site_id and t.comment_id = c.comment_id)",
        )
        .bind("site", site)
        .bind("batches", List::uuids(batches.iter().copied()))
        .planned_for_values()
        .fetch_all(tx)
        .await?;
    let read = |row: super::Fields<'_>| {
        let (name, title, content): (String, String, String) =
            (row.get("author_name")?, row.get("title")?, row.get("content")?);
        Ok((row.get("comment_id")?, search::index_terms(site, [&name, &title, &content])))
    };
    rows.iter().map(|row| read(row.fields())).collect()
}

async fn insert_terms(tx: &mut Connection<'_>, site: &SiteId, texts: &[(CommentId, String)]) -> Result<()> {
    if texts.is_empty() {
        return Ok(());
    }
    let ids = || List::uuids(texts.iter().map(|(comment, _)| comment.0));
    let rows = Rows::new()
        .column("comment_id", ids())
        .column("terms", List::texts(texts.iter().map(|(_, terms)| terms.as_str())));
    Statement::new(
        "insert into search_terms (site_id, comment_id, terms {| , document})
        select :site, i.comment_id, i.terms{::tsvector |}
            {| , (select coalesce(max(document), 0) from search_terms) + i.position}
        from :rows i where true {on conflict do nothing |}",
    )
    .bind("site", site)
    .bind("rows", rows)
    .execute(&mut *tx)
    .await?;
    if !tx.dialect().has_concurrent_writers() {
        let insert = Statement::new(
            "insert into search_index (rowid, terms)
            select document, terms from search_terms where site_id = :site and comment_id in :ids",
        );
        insert.bind("site", site).bind("ids", ids()).execute(tx).await?;
    }
    Ok(())
}

/// Deletes the terms of comments, in the transaction that erases their texts. The transaction takes no lock after the
/// one here.
pub(super) async fn forget(tx: &mut Connection<'_>, site: &SiteId, ids: &[CommentId]) -> Result<()> {
    if tx.dialect().has_concurrent_writers() {
        lock(tx, site, "select pg_advisory_xact_lock_shared(hashtextextended('search ' || :site, 0))").await?;
    } else {
        // FTS5 needs the indexed terms to remove them.
        Statement::new(
            "insert into search_index (search_index, rowid, terms)
            select 'delete', document, terms from search_terms where site_id = :site and comment_id in :ids",
        )
        .bind("site", site)
        .bind("ids", List::comments(ids))
        .execute(&mut *tx)
        .await?;
    }
    let delete = Statement::new("delete from search_terms where site_id = :site and comment_id in :ids");
    delete.bind("site", site).bind("ids", List::comments(ids)).execute(tx).await?;
    Ok(())
}

/// Prevents erasures during the indexing of a site. Otherwise the job might read a text and index it after its erasure.
/// The job takes no other lock that an erasure holds.
async fn lock_to_index(tx: &mut Connection<'_>, site: &SiteId) -> Result<()> {
    if tx.dialect().has_concurrent_writers() {
        lock(tx, site, "select pg_advisory_xact_lock(hashtextextended('search ' || :site, 0))").await?;
    }
    Ok(())
}

async fn lock(tx: &mut Connection<'_>, site: &SiteId, statement: &'static str) -> Result<()> {
    Statement::new(statement).bind("site", site).execute(tx).await?;
    Ok(())
}

/// Checks the `count` comments after `after`, and adds those that are not indexed to the backlog. Some may already be
/// in the backlog, which does no harm.
pub(super) async fn find_unindexed(
    tx: &mut Connection<'_>,
    site: &SiteId,
    after: CommentId,
    count: usize,
    batch: Uuid,
) -> Result<Option<CommentId>> {
    let rows = Statement::new(
        "select c.comment_id, c.status <> 'ERASED' and t.comment_id is null as unindexed from comments c
            left join search_terms t on t.site_id = c.site_id and t.comment_id = c.comment_id
        where c.site_id = :site and c.comment_id > :after order by c.comment_id limit :count",
    )
    .bind("site", site)
    .bind("after", after)
    .bind("count", parse::limit(count))
    .planned_for_values()
    .fetch_all(&mut *tx)
    .await?;
    let mut last = None;
    let mut unindexed: Vec<CommentId> = Vec::new();
    for row in &rows {
        let id: CommentId = row.fields().get("comment_id")?;
        last = Some(id);
        if row.fields().get("unindexed")? {
            unindexed.push(id);
        }
    }
    if !unindexed.is_empty() {
        Statement::new(
            "insert into search_backlog (site_id, batch_id, size, comment_ids) select :site, :batch, count(*),
                {array_agg(i.comment_id) | json_group_array(hex(i.comment_id))} from :rows i",
        )
        .bind("site", site)
        .bind("batch", batch)
        .bind("rows", Rows::new().column("comment_id", List::comments(&unindexed)))
        .execute(tx)
        .await?;
    }
    Ok(last.filter(|_| rows.len() == count))
}
