//! Articles and their policy.

use sqlx::{PgConnection, PgPool};

use super::{audit, request};
use crate::{
    domain::{
        Result,
        id::{ArticleId, SiteId},
        policy::{Article, ArticleChange, Mode},
    },
    store::{
        error, outcome,
        rows::{self, Reader},
    },
};

pub(super) async fn find(pool: &PgPool, site: &SiteId, ids: &[ArticleId]) -> Result<Vec<Article>> {
    let sql =
        concat!("select ", article_columns!("a"), " from articles a where a.site_id = $1 and a.article_id = any ($2)");
    let ids: Vec<_> = ids.iter().map(ArticleId::as_str).collect();
    let rows = sqlx::query(sql).bind(site.as_str()).bind(ids).fetch_all(pool).await?;
    rows.iter().map(|row| rows::article(&mut Reader::new(row))).collect()
}

const LOCK: &str = concat!(
    "select ",
    article_columns!("a"),
    " from articles a where a.site_id = $1 and a.article_id = $2 for no key update"
);

const CREATE: &str = "
    insert into articles (site_id, article_id, title, url, mode, close_at, revision, public_count, created_at)
    values ($1, $2, $3, $4, $5, $6, $7, 0, $8) on conflict do nothing";

const CHANGE: &str = "update articles set title = $3, url = $4, mode = $5, close_at = $6, revision = $7
    where site_id = $1 and article_id = $2";

const FEED: &str = "insert into changes (site_id, change_id, kind, comment_id, article_id, at)
    values ($1, $2, 'ARTICLE_CHANGED', null, $3, $4)";

pub(super) async fn update(tx: &mut PgConnection, change: &ArticleChange) -> Result<Article> {
    let site = change.site.as_str();
    let row = sqlx::query(LOCK).bind(site).bind(change.id.as_str()).fetch_optional(&mut *tx).await?;
    let current = row.map(|row| rows::article(&mut Reader::new(&row))).transpose()?;
    if let Some(first) = request::replay(tx, &change.site, change.request.as_ref()).await? {
        return Ok(first);
    }
    let is_new = current.is_none();
    let article = change.apply(current)?;
    let query = sqlx::query(if is_new { CREATE } else { CHANGE });
    let query = query.bind(site).bind(article.id.as_str()).bind(&article.title).bind(&article.url);
    let query = query.bind(article.mode.map(Mode::as_str)).bind(article.close_at).bind(article.revision);
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
