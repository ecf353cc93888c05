//! Comments as readers see them.

use async_trait::async_trait;
use futures_util::future::try_join_all;
use sqlx::SqlitePool;

use super::{SqliteStore, json_ids, micros};
use crate::{
    domain::{
        Result,
        comment::Comment,
        id::{ArticleId, CommentId, SiteId},
        page::{CommentPage, Order, Page, REPLIES_SHOWN, published_cursor},
    },
    store::{
        contract::{ArticlePage, CommentStore},
        keyset, outcome, parse,
        rows::{self, RowReader},
        sql,
    },
};

#[async_trait]
impl CommentStore for SqliteStore {
    async fn find_comment(&self, site: &SiteId, id: CommentId) -> Result<Option<Comment>> {
        find(&self.read, site, id).await
    }

    async fn find_pending(&self, site: &SiteId, article: &ArticleId, ids: &[CommentId]) -> Result<Vec<Comment>> {
        find_pending(&self.read, site, article, ids).await
    }

    async fn list_comments(&self, pages: &[CommentPage]) -> Result<Vec<ArticlePage>> {
        // Readers do not wait for each other here, and a statement costs no trip over a network.
        try_join_all(pages.iter().map(|page| list(&self.read, page))).await
    }
}

const FIND: &str =
    concat!("select ", comment_columns!("c"), " from comments c where c.site_id = $1 and c.comment_id = $2");

pub(super) async fn find<'e>(
    executor: impl sqlx::SqliteExecutor<'e>,
    site: &SiteId,
    id: CommentId,
) -> Result<Option<Comment>> {
    let row = sqlx::query(FIND).bind(site.as_str()).bind(id.0).fetch_optional(executor).await?;
    row.map(|row| rows::comment(&mut RowReader::new(&row))).transpose()
}

/// The plus keeps SQLite from reading all that waits in order, only to spare the sorting of a few.
pub(super) async fn find_pending(
    pool: &SqlitePool,
    site: &SiteId,
    article: &ArticleId,
    ids: &[CommentId],
) -> Result<Vec<Comment>> {
    let sql = concat!(
        "select ",
        comment_columns!("c"),
        " from comments c where c.site_id = $1 and c.comment_id in (select unhex(value) from json_each($3))
        and c.article_id = $2 and (c.status = 'PENDING' or (c.status = 'SPAM' and c.reviewed_at is null)) and c.reply_count = 0
        order by +c.created_at, c.comment_id"
    );
    let rows = sqlx::query(sql).bind(site.as_str()).bind(article.as_str()).bind(json_ids(ids)).fetch_all(pool).await?;
    rows.iter().map(|row| rows::comment(&mut RowReader::new(row))).collect()
}

macro_rules! roots {
    ($after:literal, $order:literal) => {
        concat!(
            "select ",
            comment_columns!("c"),
            " from comments c where c.site_id = $1 and c.article_id = $2 and c.parent_id is null
            and c.published_at is not null and (c.status = 'APPROVED' or c.reply_count > 0)
            and (c.published_at, c.comment_id) ",
            $after,
            " ($3, $4) order by ",
            $order,
            " limit $5"
        )
    };
}

macro_rules! replies {
    ($after:literal, $order:literal) => {
        concat!(
            "select ",
            comment_columns!("c"),
            " from comments c where c.site_id = $1 and c.parent_id = $6 and c.status = 'APPROVED'
            and c.article_id = $2 and (c.published_at, c.comment_id) ",
            $after,
            " ($3, $4) order by ",
            $order,
            " limit $5"
        )
    };
}

const fn statement(order: Order, replies: bool) -> &'static str {
    match (order, replies) {
        (Order::Oldest, false) => roots!(">", "c.published_at, c.comment_id"),
        (Order::Newest, false) => roots!("<", "c.published_at desc, c.comment_id desc"),
        (Order::Oldest, true) => replies!(">", "c.published_at, c.comment_id"),
        (Order::Newest, true) => replies!("<", "c.published_at desc, c.comment_id desc"),
    }
}

async fn list(pool: &SqlitePool, page: &CommentPage) -> Result<ArticlePage> {
    let policies = sql::article::find(pool, &page.site, std::slice::from_ref(&page.article)).await?;
    let start = match page.order {
        Order::Oldest => keyset::ascending(page.after),
        Order::Newest => keyset::descending(page.after),
    };
    let mut query = sqlx::query(statement(page.order, page.parent.is_some()))
        .bind(page.site.as_str())
        .bind(page.article.as_str())
        .bind(micros(start.at))
        .bind(start.id)
        .bind(parse::limit(page.size + 1));
    if let Some(parent) = page.parent {
        query = query.bind(parent.0);
    }
    let rows = query.fetch_all(pool).await?;
    let comments = rows.iter().map(|row| rows::comment(&mut RowReader::new(row))).collect::<Result<_>>()?;
    let comments = Page::of(comments, page.size, published_cursor);
    let replies = if page.parent.is_some() { Vec::new() } else { first_replies(pool, &page.site, &comments).await? };
    Ok(ArticlePage { policies, threads: outcome::threads(comments, replies) })
}

/// The first replies of all roots of a page in one query, one more than is shown.
async fn first_replies(pool: &SqlitePool, site: &SiteId, roots: &Page<Comment>) -> Result<Vec<Comment>> {
    let sql = concat!(
        "select ",
        comment_columns!("c"),
        " from json_each($2) root join comments c on c.site_id = $1 and c.comment_id in (
            select r.comment_id from comments r
            where r.site_id = $1 and r.parent_id = unhex(root.value) and r.status = 'APPROVED'
            order by r.published_at, r.comment_id limit $3)
        order by c.published_at, c.comment_id"
    );
    let ids: Vec<_> = roots.items.iter().filter(|root| root.reply_count > 0).map(|root| root.id).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let query = sqlx::query(sql).bind(site.as_str()).bind(json_ids(&ids)).bind(parse::limit(REPLIES_SHOWN + 1));
    let rows = query.fetch_all(pool).await?;
    rows.iter().map(|row| rows::comment(&mut RowReader::new(row))).collect()
}
