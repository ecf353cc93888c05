//! Articles and their policy.

use sqlx::{SqliteConnection, SqlitePool};

use super::{audit, micros, request};
use crate::{
    domain::{
        Result,
        id::{ArticleId, SiteId},
        policy::{Article, ArticleChange, Mode},
    },
    store::{
        outcome, parse,
        rows::{self, Reader},
    },
};

pub(super) async fn find(pool: &SqlitePool, site: &SiteId, ids: &[ArticleId]) -> Result<Vec<Article>> {
    let sql = concat!(
        "select ",
        article_columns!("a"),
        " from articles a where a.site_id = $1 and a.article_id in (select value from json_each($2))"
    );
    let ids = parse::json_list(ids.iter().map(ArticleId::as_str));
    let rows = sqlx::query(sql).bind(site.as_str()).bind(ids).fetch_all(pool).await?;
    rows.iter().map(|row| rows::article(&mut Reader::new(row))).collect()
}

const FIND_ONE: &str =
    concat!("select ", article_columns!("a"), " from articles a where a.site_id = $1 and a.article_id = $2");

/// Writes the article and its change-feed row.
const PUT: &str = "
    insert into articles (site_id, article_id, title, url, mode, close_at, revision, public_count, created_at)
    values ($1, $2, $3, $4, $5, $6, $7, 0, $8)
    on conflict (site_id, article_id) do update set title = excluded.title, url = excluded.url,
        mode = excluded.mode, close_at = excluded.close_at, revision = excluded.revision;
    insert into changes (site_id, change_id, kind, comment_id, article_id, at)
    values ($1, $9, 'ARTICLE_CHANGED', null, $2, $8)";

pub(super) async fn update(tx: &mut SqliteConnection, change: &ArticleChange) -> Result<Article> {
    if let Some(first) = request::replay(tx, &change.site, change.request.as_ref()).await? {
        return Ok(first);
    }
    let row =
        sqlx::query(FIND_ONE).bind(change.site.as_str()).bind(change.id.as_str()).fetch_optional(&mut *tx).await?;
    let current = row.map(|row| rows::article(&mut Reader::new(&row))).transpose()?;
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
        .execute(&mut *tx)
        .await?;
    audit::insert(tx, &change.site, &outcome::article_entry(change, &article)).await?;
    if let Some(request) = &change.request {
        let row = outcome::answered(request, &article)?;
        request::insert(tx, &change.site, &row, change.audit_id, change.at).await?;
    }
    Ok(article)
}
