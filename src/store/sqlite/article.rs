//! Articles and their policy.

use async_trait::async_trait;
use sqlx::{SqliteConnection, SqlitePool};

use super::{SqliteStore, audit, micros, request, site};
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
        outcome, parse,
        rows::{self, RowReader},
    },
};

#[async_trait]
impl PolicyStore for SqliteStore {
    async fn find_policies(&self, site: &SiteId, ids: &[ArticleId]) -> Result<Policies> {
        find(&self.read, site, ids).await
    }

    async fn newest_articles(&self, site: &SiteId, most: usize) -> Result<Vec<ArticleName>> {
        newest(&self.read, site, most).await
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
    left join articles a on a.site_id = $1 and a.article_id in (select value from json_each($2))"
);

pub(super) async fn find(pool: &SqlitePool, site: &SiteId, ids: &[ArticleId]) -> Result<Policies> {
    let ids = parse::json_list(ids.iter().map(ArticleId::as_str));
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

async fn newest(pool: &SqlitePool, site: &SiteId, most: usize) -> Result<Vec<ArticleName>> {
    let rows = sqlx::query_as(NEWEST).bind(site.as_str()).bind(parse::limit(most)).fetch_all(pool).await?;
    let name = |(id, title): (String, String)| Ok(ArticleName { id: parse::article_id(&id)?, title });
    rows.into_iter().map(name).collect()
}

const FIND_ONE: &str =
    concat!("select ", article_columns!("a"), " from articles a where a.site_id = $1 and a.article_id = $2");

/// Writes the article and its change-feed row.
const PUT: &str = "
    insert into articles (site_id, article_id, title, url, mode, close_at, revision, public_count, created_at, published_at)
    values ($1, $2, $3, $4, $5, $6, $7, 0, $8, $10)
    on conflict (site_id, article_id) do update set title = excluded.title, url = excluded.url,
        mode = excluded.mode, close_at = excluded.close_at, revision = excluded.revision,
        published_at = excluded.published_at;
    insert into changes (site_id, change_id, kind, comment_id, article_id, at)
    values ($1, $9, 'ARTICLE_CHANGED', null, $2, $8)";

async fn update(tx: &mut SqliteConnection, change: &ArticleChange) -> Result<Article> {
    if let Some(first) = request::replay(tx, &change.site, change.request.as_ref()).await? {
        return Ok(first);
    }
    let row =
        sqlx::query(FIND_ONE).bind(change.site.as_str()).bind(change.id.as_str()).fetch_optional(&mut *tx).await?;
    let current = row.map(|row| rows::article(&mut RowReader::new(&row))).transpose()?;
    let article = change.apply(current)?;
    sqlx::query(PUT)
        .bind(change.site.as_str())
        .bind(article.id.as_str())
        .bind(&article.title)
        .bind(&article.url)
        .bind(article.mode.map(Mode::as_str))
        .bind(article.close_at.map(micros))
        .bind(article.revision)
        .bind(micros(change.at))
        .bind(change.audit_id)
        .bind(article.published_at.map(micros))
        .execute(&mut *tx)
        .await?;
    audit::insert(tx, &change.site, &outcome::article_entry(change, &article)).await?;
    if let Some(request) = &change.request {
        let row = outcome::answered(request, &article)?;
        request::insert(tx, &change.site, &row, change.audit_id, change.at).await?;
    }
    Ok(article)
}
