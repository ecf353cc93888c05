//! Articles and their policy.

use async_trait::async_trait;

use super::{
    PostgresStore, audit, request,
    session::{Pool, Session},
    site,
};
use crate::{
    domain::{
        Result,
        article::{Article, ArticleChange},
        article_name::ArticleName,
        id::{ArticleId, SiteId},
        mode::Mode,
        site::{LockdownCall, Site, SiteChange},
    },
    store::{
        contract::{Policies, PolicyStore},
        error, outcome, parse,
        rows::{self, RowReader},
    },
};

#[async_trait]
impl PolicyStore for PostgresStore {
    async fn find_policies(&self, site: &SiteId, ids: &[ArticleId]) -> Result<Policies> {
        let _turn = self.portals_turn().await?;
        find(&self.pool, site, ids).await
    }

    async fn newest_articles(&self, site: &SiteId, most: usize) -> Result<Vec<ArticleName>> {
        newest(&self.pool, site, most).await
    }

    async fn update_article(&self, change: &ArticleChange) -> Result<Article> {
        in_transaction!(self, tx => update(&mut tx, change).await?)
    }

    async fn update_site(&self, change: &SiteChange) -> Result<Site> {
        in_transaction!(self, tx => site::update(&mut tx, change).await?)
    }

    async fn call_lockdown(&self, call: &LockdownCall) -> Result<Site> {
        in_transaction!(self, tx => site::lock_down(&mut tx, call).await?)
    }
}

/// A row without an article, when none is known, tells of the site.
const FIND: &str = concat!(
    "select ",
    site_columns!("s"),
    ", ",
    article_columns!("a"),
    " from (select 1) one
    left join sites s on s.site_id = $1
    left join articles a on a.site_id = $1 and a.article_id = any ($2)"
);

async fn find(pool: &Pool, site: &SiteId, ids: &[ArticleId]) -> Result<Policies> {
    let ids: Vec<_> = ids.iter().map(ArticleId::as_str).collect();
    let rows = sqlx::query(FIND).bind(site.as_str()).bind(ids).fetch_all(pool).await?;
    let mut policies = Policies::default();
    for row in &rows {
        let mut columns = RowReader::new(row);
        policies.site = rows::site(&mut columns)?;
        policies.articles.extend(rows::maybe_article(&mut columns)?);
    }
    Ok(policies)
}

const NEWEST: &str = "
    select article_id, title from articles where site_id = $1 order by created_at desc limit $2";

async fn newest(pool: &Pool, site: &SiteId, most: usize) -> Result<Vec<ArticleName>> {
    let rows = sqlx::query_as(NEWEST).bind(site.as_str()).bind(parse::limit(most)).fetch_all(pool).await?;
    let name = |(id, title): (String, String)| Ok(ArticleName { id: parse::article_id(&id)?, title });
    rows.into_iter().map(name).collect()
}

const LOCK: &str = concat!(
    "select ",
    article_columns!("a"),
    " from articles a where a.site_id = $1 and a.article_id = $2 for no key update"
);

const CREATE: &str = "
    insert into articles (site_id, article_id, title, url, mode, close_at, revision, published_at, public_count, created_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9) on conflict do nothing";

const CHANGE: &str = "update articles set title = $3, url = $4, mode = $5, close_at = $6, revision = $7,
        published_at = $8 where site_id = $1 and article_id = $2";

const FEED: &str = "insert into changes (site_id, change_id, kind, comment_id, article_id, at)
    values ($1, $2, 'ARTICLE_CHANGED', null, $3, $4)";

async fn update(tx: &mut Session, change: &ArticleChange) -> Result<Article> {
    let site = change.site.as_str();
    let row = sqlx::query(LOCK).bind(site).bind(change.id.as_str()).fetch_optional(&mut *tx).await?;
    let current = row.map(|row| rows::article(&mut RowReader::new(&row))).transpose()?;
    if let Some(first) = request::replay(tx, &change.site, change.request.as_ref()).await? {
        return Ok(first);
    }
    let is_new = current.is_none();
    let article = change.apply(current)?;
    let query = sqlx::query(if is_new { CREATE } else { CHANGE });
    let query = query.bind(site).bind(article.id.as_str()).bind(&article.title).bind(&article.url);
    let query = query.bind(article.mode.map(Mode::as_str)).bind(article.close_at).bind(article.revision);
    let query = query.bind(article.published_at);
    let query = if is_new { query.bind(change.at) } else { query };
    if query.execute(&mut *tx).await?.rows_affected() == 0 {
        // Somebody created it in between.
        return Err(error::overtaken());
    }
    audit::insert(tx, &change.site, &outcome::article_entry(change, &article)).await?;
    let feed = sqlx::query(FEED).bind(site).bind(change.audit_id).bind(article.id.as_str()).bind(change.at);
    feed.execute(&mut *tx).await?;
    if let Some(request) = &change.request {
        let row = outcome::answered(request, &article)?;
        request::insert(tx, &change.site, &row, change.audit_id, change.at).await?;
    }
    Ok(article)
}
