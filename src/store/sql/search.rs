//! Searches by words in the index and in its backlog.

use std::collections::BTreeSet;

use async_trait::async_trait;
use uuid::Uuid;

use super::{
    Backend, Caller, Connection, Fields, List, Rows, Statement,
    dialect::Dialect,
    search_index::{self, BACKLOG_COMMENTS},
};
use crate::{
    domain::{
        Result,
        id::{CommentId, SiteId},
        search::{Found, Search},
    },
    store::{contract::SearchStore, parse},
};

/// Maximum number of comments that one search returns by id. If a search finds more, reading in the queue's own order
/// fills a page about as fast.
const MOST: usize = 5_000;

/// Maximum number of comments that are looked up for a search with phrases. Each of them is read and split into words.
const MOST_READ: usize = 2_000;

/// Maximum number of comments of the backlog that a search reads. They take a few tens of milliseconds.
const MOST_UNINDEXED: i64 = 10_000;

/// A search is frequent if at least this number of the newest [`SAMPLE`] comments of a site have its words. Then the
/// index is not read: PostgreSQL reads all entries of a word before it returns the first one, which takes half a second
/// for five million.
const FREQUENT: i64 = 4;
const SAMPLE: i64 = 200;

#[async_trait]
impl<B: Backend> SearchStore for B {
    async fn search(&self, site: &SiteId, search: &Search) -> Result<Found> {
        if unindexed(self.reads(), site).await? > MOST_UNINDEXED {
            return Ok(Found::Unknown);
        }
        // The backlog is read first, because a comment that leaves it afterwards is found in the index.
        let mut found = find_in_backlog(self.reads(), site, search).await?;
        let most = if search.has_phrases() { MOST_READ } else { MOST };
        let Some(mut indexed) = find_in_index(self.reads(), site, search, most).await? else {
            return Ok(Found::Many(found.into_iter().collect()));
        };
        if search.has_phrases() {
            indexed = find_among(self.reads(), site, search, &indexed).await?;
        }
        found.extend(indexed);
        Ok(Found::Comments(found.into_iter().collect()))
    }

    async fn unindexed_sites(&self) -> Result<Vec<SiteId>> {
        let _place = self.place_for(Caller::Background).await?;
        // Takes one index look-up per site, because the backlog may be long.
        let rows = Statement::new(
            "with recursive s (site_id) as (
                select min(b.site_id) from search_backlog b
                union all
                select (select min(b.site_id) from search_backlog b where b.site_id > s.site_id) from s where s.site_id is not null
            )
            select site_id from s where site_id is not null order by site_id",
        );
        let rows = rows.fetch_all(self.reads()).await?;
        rows.iter().map(|row| row.fields().get("site_id")).collect()
    }

    async fn index_comments(&self, site: &SiteId, count: usize) -> Result<usize> {
        let _place = self.place_for(Caller::Background).await?;
        transaction!(self, tx => search_index::index_comments(tx, site, count).await?)
    }

    async fn find_unindexed(
        &self,
        site: &SiteId,
        after: CommentId,
        count: usize,
        batch: Uuid,
    ) -> Result<Option<CommentId>> {
        let _place = self.place_for(Caller::Background).await?;
        transaction!(self, tx => search_index::find_unindexed(tx, site, after, count, batch).await?)
    }
}

/// Returns how many comments are in the backlog, counted up to a little more than [`MOST_UNINDEXED`].
async fn unindexed(on: Connection<'_>, site: &SiteId) -> Result<i64> {
    let row = Statement::new(
        "select cast(coalesce(sum(counted.size), 0) as bigint) as unindexed
        from (select b.size from search_backlog b where b.site_id = :site limit :most) counted",
    );
    // Each batch has at least one comment, so this number of batches is enough to exceed the maximum.
    let row = row.bind("site", site).bind("most", MOST_UNINDEXED + 1).fetch_one(on).await?;
    row.fields().get("unindexed")
}

/// Returns the comments of the backlog that the search finds. A condition on their folded texts filters them first, so
/// that few are read.
async fn find_in_backlog(on: Connection<'_>, site: &SiteId, search: &Search) -> Result<BTreeSet<CommentId>> {
    let words = Rows::new().column("word", List::owned_texts(search.folded_words()));
    let rows = Statement::new("select c.comment_id, c.author_name, c.title, c.content")
        .push(BACKLOG_COMMENTS)
        .push(" and ")
        .push(HAS_FOLDED_WORDS)
        .bind("site", site)
        .bind("words", words)
        .fetch_all(on)
        .await?;
    let found = rows.iter().map(|row| found(search, row.fields()));
    Ok(found.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}

/// The condition that the folded text of `c` contains all `:words`, possibly as parts of other words.
pub(super) const HAS_FOLDED_WORDS: &str =
    "not exists (select 1 from :words w where {strpos | instr}(c.folded, w.word) = 0)";

/// Appends the condition that a comment `c` has all words of the search according to the index, or is one of those that
/// are not indexed. The row of terms is looked up for each comment, because `exists` may become a join that loses the
/// index order of the page. SQLite searches for each term as a substring. Terms have the same length, so none occurs
/// within another.
pub(super) fn has_words<'q>(
    statement: Statement<'q>,
    site: &SiteId,
    search: &Search,
    unindexed: &[CommentId],
) -> Statement<'q> {
    let mut terms = search.terms(site);
    let second = terms.iter_mut().map(|either| either.pop().unwrap_or_default()).collect::<Vec<_>>();
    let first =
        terms.into_iter().zip(&second).map(|(mut either, second)| either.pop().unwrap_or_else(|| second.clone()));
    let rows = Rows::new().column("one", List::owned_texts(first)).column("other", List::owned_texts(second));
    statement
        .push(
            " and coalesce((select not exists (select 1 from :terms w where
                    {not (t.terms @@ w.one::tsquery or t.terms @@ w.other::tsquery)
                    | instr(t.terms, w.one) = 0 and instr(t.terms, w.other) = 0})
                from search_terms t where t.site_id = c.site_id and t.comment_id = c.comment_id), c.comment_id in :unindexed)",
        )
        .bind("terms", rows)
        .bind("unindexed", List::comments(unindexed))
}

/// Returns the indexed comments that have all words of the search, or `None` if there are more than `most`.
async fn find_in_index(
    on: Connection<'_>,
    site: &SiteId,
    search: &Search,
    most: usize,
) -> Result<Option<Vec<CommentId>>> {
    let rows = look_up(search, site, most, on.dialect()).fetch_all(on).await?;
    let mut ids = Vec::with_capacity(rows.len());
    for row in &rows {
        if row.fields().get("is_frequent")? {
            return Ok(None);
        }
        ids.extend(row.fields().get::<Option<CommentId>>("comment_id")?);
    }
    Ok((ids.len() <= most).then_some(ids))
}

/// Selects at most `most` + 1 indexed comments that have all words of the search. In PostgreSQL, the result is a single
/// row without a comment if there are none, or if the search is frequent.
fn look_up<'q>(search: &Search, site: &'q SiteId, most: usize, dialect: Dialect) -> Statement<'q> {
    let statement = match dialect {
        // `materialized` fences the look-up, so that the planner does not scan comments in the hope of finding some
        // soon. The index is not read if the search is frequent in the sample.
        Dialect::Postgres => Statement::new(
            "with sample as materialized (
                select count(*) as said from (
                    select t.terms from search_terms t where t.site_id = :site order by t.comment_id desc limit :sample) newest
                where newest.terms @@ :query::tsquery
            ), found as materialized (
                select t.comment_id from search_terms t
                where t.terms @@ :query::tsquery and (select s.said from sample s) < :frequent
            )
            select s.said >= :frequent as is_frequent, f.comment_id
            from sample s left join (select comment_id from found limit :most) f on true",
        )
        .bind("site", site)
        .bind("sample", SAMPLE)
        .bind("frequent", FREQUENT)
        .planned_for_values(),
        // SQLite reads its index incrementally.
        Dialect::Sqlite => Statement::new(
            "select false as is_frequent, t.comment_id from search_index cross join search_terms t
            where search_index match :query and t.document = search_index.rowid limit :most",
        ),
    };
    statement.bind("query", index_query(search, site, dialect)).bind("most", parse::limit(most + 1))
}

/// Returns the query for the index: for each word, one of its terms must occur. Terms consist of letters and digits, so
/// they need no escapes.
fn index_query(search: &Search, site: &SiteId, dialect: Dialect) -> String {
    let (quote, and, or) = match dialect {
        Dialect::Postgres => ('\'', " & ", " | "),
        Dialect::Sqlite => ('"', " AND ", " OR "),
    };
    let either = |terms: Vec<String>| {
        let terms: Vec<_> = terms.iter().map(|term| format!("{quote}{term}{quote}")).collect();
        format!("({})", terms.join(or))
    };
    search.terms(site).into_iter().map(either).collect::<Vec<_>>().join(and)
}

async fn find_among(on: Connection<'_>, site: &SiteId, search: &Search, ids: &[CommentId]) -> Result<Vec<CommentId>> {
    let rows = Statement::new(
        "select c.comment_id, c.author_name, c.title, c.content from comments c
        where c.site_id = :site and c.comment_id in :ids",
    );
    let rows = rows.bind("site", site).bind("ids", List::comments(ids)).fetch_all(on).await?;
    let found = rows.iter().map(|row| found(search, row.fields()));
    Ok(found.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}

fn found(search: &Search, row: Fields<'_>) -> Result<Option<CommentId>> {
    let id = row.get("comment_id")?;
    Ok(finds(search, row)?.then_some(id))
}

pub(super) fn finds(search: &Search, row: Fields<'_>) -> Result<bool> {
    let (name, title, content): (String, String, String) =
        (row.get("author_name")?, row.get("title")?, row.get("content")?);
    Ok(search.finds_text([&name, &title, &content]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{contract::DatabaseStore as _, sqlite::SqliteStore};

    #[tokio::test]
    async fn sqlite_looks_up_words_and_the_backlog_by_their_indexes() {
        let dir = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(dir.path().join("duyet.sqlite3"));
        store.migrate().await.unwrap();
        let (site, search) = (SiteId::parse("site").unwrap(), Search::parse("hai từ", true).unwrap());
        let words = look_up(&search, &site, 9, Dialect::Sqlite).sqlite_plan(store.reads()).await.unwrap();
        assert!(words.starts_with("SCAN search_index VIRTUAL TABLE INDEX 0:M1"), "{words}");
        assert!(words.contains("SEARCH t USING INDEX sqlite_autoindex_search_terms_2 (document=?)"), "{words}");
        let backlog = Statement::new("select c.content").push(BACKLOG_COMMENTS).bind("site", &site);
        let backlog = backlog.sqlite_plan(store.reads()).await.unwrap();
        assert!(backlog.starts_with("SEARCH b USING INDEX sqlite_autoindex_search_backlog_1 (site_id=?)"), "{backlog}");
        assert!(backlog.contains("sqlite_autoindex_comments_1 (site_id=? AND comment_id=?)"), "{backlog}");
    }
}
