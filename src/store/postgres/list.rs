//! Pages of public comments, many in one statement.

use std::collections::HashMap;

use sqlx::postgres::PgBindIterExt as _;
use uuid::Uuid;

use super::session::Pool;
use crate::{
    domain::{
        Error, Result,
        comment::Comment,
        page::{CommentPage, Order, Page, REPLIES_SHOWN, published_cursor},
    },
    store::{
        contract::{ArticlePage, Policies},
        keyset, outcome, parse,
        rows::{self, RowReader},
    },
};

/// Pages of one shape, each fenced by its limit, so that it is read from its index in order.
macro_rules! pages {
    ($of:literal, $after:literal, $order:literal) => {
        concat!(
            "select q.position, ",
            comment_columns!("c"),
            " from unnest($1::text[], $2::text[], $3::uuid[], $4::timestamptz[], $5::uuid[], $6::bigint[])
                with ordinality as q (site_id, article_id, parent_id, after_at, after_id, size, position)
            cross join lateral (
                select * from comments c where c.site_id = q.site_id and c.article_id = q.article_id and ",
            $of,
            " and (c.published_at, c.comment_id) ",
            $after,
            " (q.after_at, q.after_id) order by ",
            $order,
            " limit q.size) c"
        )
    };
}

macro_rules! roots {
    ($after:literal, $order:literal) => {
        pages!(
            "c.parent_id is null and c.published_at is not null and (c.status = 'APPROVED' or c.reply_count > 0)",
            $after,
            $order
        )
    };
}

macro_rules! replies {
    ($after:literal, $order:literal) => {
        pages!("c.parent_id = q.parent_id and c.status = 'APPROVED'", $after, $order)
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

pub(super) async fn list(pool: &Pool, pages: &[CommentPage]) -> Result<Vec<ArticlePage>> {
    let policies = policies(pool, pages).await?;
    let mut comments: Vec<Page<Comment>> = pages.iter().map(|_| Page { items: vec![], next: None }).collect();
    for order in Order::ALL.iter().copied() {
        for replies in [false, true] {
            let alike = |page: &CommentPage| page.order == order && page.parent.is_some() == replies;
            let places: Vec<_> = (0..pages.len()).filter(|place| alike(&pages[*place])).collect();
            let asked: Vec<_> = places.iter().map(|place| &pages[*place]).collect();
            let found = comments_of(pool, order, statement(order, replies), &asked).await?;
            for (place, found) in places.into_iter().zip(found) {
                comments[place] = found;
            }
        }
    }
    let mut replies = first_replies(pool, pages, &comments).await?;
    let threads = comments
        .into_iter()
        .enumerate()
        .map(|(place, roots)| outcome::threads(roots, replies.remove(&place).unwrap_or_default()));
    Ok(policies.into_iter().zip(threads).map(|(policies, threads)| ArticlePage { policies, threads }).collect())
}

const POLICIES: &str = concat!(
    "select q.position, ",
    site_columns!("s"),
    ", ",
    article_columns!("a"),
    " from unnest($1::text[], $2::text[]) with ordinality as q (site_id, article_id, position)
    left join lateral (select * from sites where site_id = q.site_id limit 1) s on true
    left join lateral (select * from articles where site_id = q.site_id and article_id = q.article_id limit 1) a on true"
);

async fn policies(pool: &Pool, pages: &[CommentPage]) -> Result<Vec<Policies>> {
    let rows = sqlx::query(POLICIES)
        .bind(pages.iter().map(|page| page.site.as_str()).bind_iter())
        .bind(pages.iter().map(|page| page.article.as_str()).bind_iter())
        .fetch_all(pool)
        .await?;
    let mut found = vec![Policies::default(); pages.len()];
    for row in &rows {
        let mut columns = RowReader::new(row);
        let of = found.get_mut(place(&mut columns)?).ok_or_else(|| Error::internal("a page that nobody asked for"))?;
        of.site = rows::site(&mut columns)?;
        of.articles.extend(rows::maybe_article(&mut columns)?);
    }
    Ok(found)
}

/// Pages of one shape.
async fn comments_of(
    pool: &Pool,
    order: Order,
    sql: &'static str,
    pages: &[&CommentPage],
) -> Result<Vec<Page<Comment>>> {
    if pages.is_empty() {
        return Ok(Vec::new());
    }
    let start = |page: &&CommentPage| match order {
        Order::Oldest => keyset::ascending(page.after),
        Order::Newest => keyset::descending(page.after),
    };
    let rows = sqlx::query(sql)
        .bind(pages.iter().map(|page| page.site.as_str()).bind_iter())
        .bind(pages.iter().map(|page| page.article.as_str()).bind_iter())
        .bind(pages.iter().map(|page| page.parent.map(|id| id.0)).bind_iter())
        .bind(pages.iter().map(|page| start(page).at).bind_iter())
        .bind(pages.iter().map(|page| start(page).id).bind_iter())
        .bind(pages.iter().map(|page| parse::limit(page.size + 1)).bind_iter())
        .fetch_all(pool)
        .await?;
    let mut found: Vec<Vec<Comment>> = pages.iter().map(|page| Vec::with_capacity(page.size + 1)).collect();
    for row in &rows {
        let mut columns = RowReader::new(row);
        let of = found.get_mut(place(&mut columns)?).ok_or_else(|| Error::internal("a page that nobody asked for"))?;
        of.push(rows::comment(&mut columns)?);
    }
    for comments in &mut found {
        // As they come already: but nothing promises that of a join.
        comments.sort_by_key(|one| (one.published_at, one.id));
        if order == Order::Newest {
            comments.reverse();
        }
    }
    Ok(found.into_iter().zip(pages).map(|(found, page)| Page::of(found, page.size, published_cursor)).collect())
}

const FIRST_REPLIES: &str = concat!(
    "select root.position, ",
    comment_columns!("c"),
    " from unnest($1::text[], $2::uuid[], $3::bigint[]) root (site_id, comment_id, position) cross join lateral (
        select * from comments r
        where r.site_id = root.site_id and r.parent_id = root.comment_id and r.status = 'APPROVED'
        order by r.published_at, r.comment_id limit $4) c
    order by c.published_at, c.comment_id"
);

/// The first replies of all roots in one query, one more than is shown, by the place of their page.
async fn first_replies(
    pool: &Pool,
    pages: &[CommentPage],
    roots: &[Page<Comment>],
) -> Result<HashMap<usize, Vec<Comment>>> {
    let mut found: HashMap<usize, Vec<Comment>> = HashMap::new();
    let with_replies: Vec<(usize, Uuid)> = roots
        .iter()
        .enumerate()
        .filter(|(place, _)| pages[*place].parent.is_none())
        .flat_map(|(place, page)| page.items.iter().map(move |root| (place, root)))
        .filter(|(_, root)| root.reply_count > 0)
        .map(|(place, root)| (place, root.id.0))
        .collect();
    if with_replies.is_empty() {
        return Ok(found);
    }
    let rows = sqlx::query(FIRST_REPLIES)
        .bind(with_replies.iter().map(|(place, _)| pages[*place].site.as_str()).bind_iter())
        .bind(with_replies.iter().map(|(_, id)| *id).bind_iter())
        // As the other statements count them.
        .bind(with_replies.iter().map(|(place, _)| parse::limit(place + 1)).bind_iter())
        .bind(parse::limit(REPLIES_SHOWN + 1))
        .fetch_all(pool)
        .await?;
    for row in &rows {
        let mut columns = RowReader::new(row);
        found.entry(place(&mut columns)?).or_default().push(rows::comment(&mut columns)?);
    }
    Ok(found)
}

/// Positions count from 1, as `with ordinality` does.
fn place(columns: &mut impl rows::Read) -> Result<usize> {
    usize::try_from(columns.long()? - 1).map_err(Error::internal)
}
