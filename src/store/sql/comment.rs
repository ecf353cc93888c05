//! Comments as readers see them.

use std::collections::HashMap;

use async_trait::async_trait;
use futures_util::future::try_join_all;

use super::{
    Backend, Caller, Connection, Fields, List, Row, Rows, Statement,
    dialect::Dialect,
    records::{self, ARTICLE, COMMENT, SITE},
};
use crate::{
    domain::{
        Error, Result,
        comment::Comment,
        id::{ArticleId, CommentId, SiteId},
        page::{CommentPage, Order, Page, REPLIES_SHOWN, published_cursor},
    },
    store::{
        contract::{ArticlePage, CommentStore, Policies},
        keyset, outcome, parse,
    },
};

#[async_trait]
impl<B: Backend> CommentStore for B {
    async fn find_comment(&self, site: &SiteId, id: CommentId) -> Result<Option<Comment>> {
        let _place = self.place_for(Caller::Portal).await?;
        let row = Statement::new("select ")
            .columns(&COMMENT, "c")
            .push(" from comments c where c.site_id = :site and c.comment_id = :id")
            .bind("site", site)
            .bind("id", id)
            .fetch_optional(self.reads())
            .await?;
        row.as_ref().map(read).transpose()
    }

    async fn find_pending(&self, site: &SiteId, article: &ArticleId, ids: &[CommentId]) -> Result<Vec<Comment>> {
        let _place = self.place_for(Caller::Portal).await?;
        // The plus keeps SQLite from reading all that waits in order, only to spare the sorting of a few.
        let rows = Statement::new("select ")
            .columns(&COMMENT, "c")
            .push(
                " from comments c where c.site_id = :site and c.comment_id in :ids and c.article_id = :article
                    and (c.status = 'PENDING' or (c.status = 'SPAM' and c.reviewed_at is null)) and c.reply_count = 0
                order by { | +}c.created_at, c.comment_id",
            )
            .bind("site", site)
            .bind("ids", List::comments(ids))
            .bind("article", article)
            .fetch_all(self.reads())
            .await?;
        rows.iter().map(read).collect()
    }

    async fn list_comments(&self, pages: &[CommentPage]) -> Result<Vec<ArticlePage>> {
        let _place = self.place_for(Caller::Portal).await?;
        match self.reads().dialect() {
            Dialect::Postgres => list(self, pages).await,
            // A statement costs no trip over a network here, and SQLite has several readers.
            Dialect::Sqlite => {
                let lists = try_join_all(pages.iter().map(|page| list(self, std::slice::from_ref(page)))).await?;
                Ok(lists.into_iter().flatten().collect())
            }
        }
    }
}

fn read(row: &Row) -> Result<Comment> {
    records::comment(row.of(&COMMENT, "c")?)
}

/// Reads pages, a statement for each shape of page.
async fn list(backend: &impl Backend, pages: &[CommentPage]) -> Result<Vec<ArticlePage>> {
    let policies = policies(backend.reads(), pages).await?;
    let mut comments: Vec<Page<Comment>> = pages.iter().map(|_| Page { items: vec![], next: None }).collect();
    for order in Order::ALL.iter().copied() {
        for replies in [false, true] {
            let has_shape = |page: &CommentPage| page.order == order && page.parent.is_some() == replies;
            let places: Vec<_> = (0..pages.len()).filter(|place| has_shape(&pages[*place])).collect();
            let asked: Vec<_> = places.iter().map(|place| &pages[*place]).collect();
            let found = comments_of(backend.reads(), order, replies, &asked).await?;
            for (place, found) in places.into_iter().zip(found) {
                comments[place] = found;
            }
        }
    }
    let mut replies = first_replies(backend.reads(), pages, &comments).await?;
    let threads = comments.into_iter().enumerate();
    let threads = threads.map(|(place, roots)| outcome::threads(roots, replies.remove(&place).unwrap_or_default()));
    Ok(policies.into_iter().zip(threads).map(|(policies, threads)| ArticlePage { policies, threads }).collect())
}

async fn policies(on: Connection<'_>, pages: &[CommentPage]) -> Result<Vec<Policies>> {
    let asked = Rows::new()
        .column("site_id", List::texts(pages.iter().map(|page| page.site.as_str())))
        .column("article_id", List::texts(pages.iter().map(|page| page.article.as_str())));
    let rows = Statement::new("select q.position as position, ")
        .columns(&SITE, "s")
        .push(", ")
        .columns(&ARTICLE, "a")
        .push(
            " from :pages q
            {left join lateral (select * from sites where site_id = q.site_id limit 1) s on true
            | left join sites s on s.site_id = q.site_id}
            {left join lateral (select * from articles where site_id = q.site_id and article_id = q.article_id limit 1) a on true
            | left join articles a on a.site_id = q.site_id and a.article_id = q.article_id}",
        )
        .bind("pages", asked)
        .fetch_all(on)
        .await?;
    let mut found = vec![Policies::default(); pages.len()];
    for row in &rows {
        let of = found.get_mut(place(row.fields())?).ok_or_else(unasked)?;
        of.site = records::site(row.joined(&SITE, "s")?)?;
        of.articles.extend(row.joined(&ARTICLE, "a")?.map(records::article).transpose()?);
    }
    Ok(found)
}

/// Reads pages of one shape. In PostgreSQL each page is fenced by its limit, so that it is read from its index in order.
async fn comments_of(
    on: Connection<'_>,
    order: Order,
    replies: bool,
    pages: &[&CommentPage],
) -> Result<Vec<Page<Comment>>> {
    let Some(most) = pages.iter().map(|page| page.size + 1).max() else { return Ok(Vec::new()) };
    let start = |page: &&CommentPage| match order {
        Order::Oldest => keyset::ascending(page.after),
        Order::Newest => keyset::descending(page.after),
    };
    let asked = Rows::new()
        .column("site_id", List::texts(pages.iter().map(|page| page.site.as_str())))
        .column("article_id", List::texts(pages.iter().map(|page| page.article.as_str())))
        .column("parent_id", List::uuids(pages.iter().map(|page| page.parent.map(|id| id.0))))
        .column("after_at", List::times(pages.iter().map(|page| start(page).at)))
        .column("after_id", List::uuids(pages.iter().map(|page| start(page).id)));
    let rows = Statement::new("select q.position as position, ")
        .columns(&COMMENT, "c")
        .push(
            " from :pages q cross join {lateral (select *
            | comments c on c.site_id = q.site_id and c.comment_id in (select c.comment_id}
                from comments c where c.site_id = q.site_id and c.article_id = q.article_id",
        )
        .push(if replies {
            " and c.parent_id = q.parent_id and c.status = 'APPROVED'"
        } else {
            " and c.parent_id is null and c.published_at is not null and (c.status = 'APPROVED' or c.reply_count > 0)"
        })
        .push(match order {
            Order::Oldest => {
                " and (c.published_at, c.comment_id) > (q.after_at, q.after_id) order by c.published_at, c.comment_id"
            }
            Order::Newest => {
                " and (c.published_at, c.comment_id) < (q.after_at, q.after_id)
                order by c.published_at desc, c.comment_id desc"
            }
        })
        .push(" limit :most) {c | }")
        .bind("pages", asked)
        .bind("most", parse::limit(most))
        .fetch_all(on)
        .await?;
    let mut found: Vec<Vec<Comment>> = pages.iter().map(|page| Vec::with_capacity(page.size + 1)).collect();
    for row in &rows {
        found.get_mut(place(row.fields())?).ok_or_else(unasked)?.push(read(row)?);
    }
    for comments in &mut found {
        // A join promises no order.
        comments.sort_by_key(|one| (one.published_at, one.id));
        if order == Order::Newest {
            comments.reverse();
        }
    }
    Ok(found.into_iter().zip(pages).map(|(found, page)| Page::of(found, page.size, published_cursor)).collect())
}

/// Reads the first replies of all roots in one statement, one more than is shown, by the place of their page.
async fn first_replies(
    on: Connection<'_>,
    pages: &[CommentPage],
    roots: &[Page<Comment>],
) -> Result<HashMap<usize, Vec<Comment>>> {
    let lists_roots = |(place, _): &(usize, &Page<Comment>)| pages[*place].parent.is_none();
    let all = roots.iter().enumerate().filter(lists_roots);
    let all = all.flat_map(|(place, page)| page.items.iter().map(move |root| (place, root)));
    let answered: Vec<_> = all.filter(|(_, root)| root.reply_count > 0).collect();
    let mut found: HashMap<usize, Vec<Comment>> = HashMap::new();
    if answered.is_empty() {
        return Ok(found);
    }
    let asked = Rows::new()
        .column("site_id", List::texts(answered.iter().map(|(place, _)| pages[*place].site.as_str())))
        .column("comment_id", List::uuids(answered.iter().map(|(_, root)| root.id.0)))
        .column("page", List::longs(answered.iter().map(|(place, _)| parse::limit(*place))));
    let rows = Statement::new("select q.page as page, ")
        .columns(&COMMENT, "c")
        .push(
            " from :roots q cross join {lateral (select *
            | comments c on c.site_id = q.site_id and c.comment_id in (select c.comment_id}
                from comments c where c.site_id = q.site_id and c.parent_id = q.comment_id and c.status = 'APPROVED'
                order by c.published_at, c.comment_id limit :most) {c | }
            order by c.published_at, c.comment_id",
        )
        .bind("roots", asked)
        .bind("most", parse::limit(REPLIES_SHOWN + 1))
        .fetch_all(on)
        .await?;
    for row in &rows {
        let page = usize::try_from(row.fields().get::<i64>("page")?).map_err(Error::internal)?;
        found.entry(page).or_default().push(read(row)?);
    }
    Ok(found)
}

/// Returns the place of a row's page among those asked for. Positions count from 1.
fn place(row: Fields<'_>) -> Result<usize> {
    usize::try_from(row.get::<i64>("position")? - 1).map_err(Error::internal)
}

fn unasked() -> Error {
    Error::internal("a page was returned that was not asked for")
}
