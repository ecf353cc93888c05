//! The rows of those submissions of a batch that hold their request and nonce.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::{postgres::PgBindIterExt as _, types::Json};
use uuid::Uuid;

use super::{session::Session, submission::Articles};
use crate::domain::{
    Result,
    id::{ArticleId, SiteId},
    submission::Submission,
};

/// What a batch does to one article.
#[derive(Default)]
struct Touched<'a> {
    /// The last that is not empty.
    title: Option<&'a str>,
    url: Option<&'a str>,
    first_at: DateTime<Utc>,
    published_at: Option<DateTime<Utc>>,
    published: i64,
}

type TouchedArticles<'a> = BTreeMap<(&'a SiteId, &'a ArticleId), Touched<'a>>;

pub(super) async fn insert(tx: &mut Session, won: &[&Submission], articles: &Articles) -> Result<()> {
    if won.is_empty() {
        return Ok(());
    }
    let mut touched = touched_articles(won);
    let is_new = |site: &SiteId, id: &ArticleId| !articles.contains_key(&(site.clone(), id.clone()));
    create_articles(tx, touched.iter().filter(|((site, id), _)| is_new(site, id))).await?;
    insert_comments(tx, won).await?;
    count_replies(tx, won).await?;
    for ((site, id), one) in &mut touched {
        // What the article has already, or was created with, is not written again.
        let known = articles.get(&((*site).clone(), (*id).clone()));
        one.title = one.title.filter(|title| known.is_some_and(|known| known.title != *title));
        one.url = one.url.filter(|url| known.is_some_and(|known| known.url != *url));
        one.published_at = one.published_at.filter(|_| known.is_some_and(|known| known.published_at.is_none()));
    }
    let says = |one: &Touched<'_>| one.title.is_some() || one.url.is_some() || one.published_at.is_some();
    touched.retain(|_, one| one.published > 0 || says(one));
    update_articles(tx, &touched).await
}

fn touched_articles<'a>(won: &[&'a Submission]) -> TouchedArticles<'a> {
    let mut touched = TouchedArticles::new();
    for submission in won {
        let fresh = || Touched { first_at: submission.comment.created_at, ..Touched::default() };
        let one = touched.entry((&submission.site, &submission.comment.article)).or_insert_with(fresh);
        one.title = Some(submission.article_title.as_str()).filter(|title| !title.is_empty()).or(one.title);
        one.url = Some(submission.article_url.as_str()).filter(|url| !url.is_empty()).or(one.url);
        one.published_at = one.published_at.or(submission.article_published_at);
        one.published += i64::from(submission.comment.status.is_public());
    }
    touched
}

/// The map is sorted, and so are the locks.
async fn create_articles<'a>(
    tx: &mut Session,
    new: impl Iterator<Item = (&'a (&'a SiteId, &'a ArticleId), &'a Touched<'a>)> + Clone + Send,
) -> Result<()> {
    if new.clone().next().is_none() {
        return Ok(());
    }
    let sql = r#"
        insert into articles (site_id, article_id, title, url, mode, close_at, revision, public_count, created_at, published_at)
        select i.site_id, i.article_id, i.title, i.url, null, null, 1, 0, i.at, i.published_at
        from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[])
            i (site_id, article_id, title, url, at, published_at)
        order by i.site_id collate "C", i.article_id collate "C"
        on conflict do nothing"#;
    sqlx::query(sql)
        .bind(new.clone().map(|((site, _), _)| site.as_str()).bind_iter())
        .bind(new.clone().map(|((_, id), _)| id.as_str()).bind_iter())
        .bind(new.clone().map(|(_, one)| one.title.unwrap_or_default()).bind_iter())
        .bind(new.clone().map(|(_, one)| one.url.unwrap_or_default()).bind_iter())
        .bind(new.clone().map(|(_, one)| one.first_at).bind_iter())
        .bind(new.map(|(_, one)| one.published_at).bind_iter())
        .execute(tx)
        .await?;
    Ok(())
}

/// Comments with their change-feed rows.
const INSERT: &str = "
    with stored as (
        insert into comments (site_id, comment_id, article_id, parent_id, reply_to, author_name, title, content, status,
            revision, created_at, published_at, reviewed_at, device, address, prefix, author, fingerprint, folded,
            findings, spam_score, flagged_at, skeleton, key_mark, reply_count)
        select i.*, 0 from unnest($1::text[], $2::uuid[], $3::text[], $4::uuid[], $5::uuid[], $6::text[], $7::text[],
            $8::text[], $9::text[], $10::bigint[], $11::timestamptz[], $12::timestamptz[], $13::timestamptz[],
            $14::bytea[], $15::bytea[], $16::bytea[], $17::text[], $18::bytea[], $19::text[], $20::jsonb[],
            $21::double precision[], $22::timestamptz[], $23::bytea[], $24::integer[]) i
        returning site_id, comment_id, article_id, created_at
    )
    insert into changes (site_id, change_id, kind, comment_id, article_id, at)
    select site_id, comment_id, 'COMMENT_SUBMITTED', comment_id, article_id, created_at from stored";

async fn insert_comments(tx: &mut Session, won: &[&Submission]) -> Result<()> {
    sqlx::query(INSERT)
        .bind(won.iter().map(|one| one.site.as_str()).bind_iter())
        .bind(won.iter().map(|one| one.comment.id.0).bind_iter())
        .bind(won.iter().map(|one| one.comment.article.as_str()).bind_iter())
        .bind(won.iter().map(|one| one.comment.parent.map(|id| id.0)).bind_iter())
        .bind(won.iter().map(|one| one.comment.reply_to.map(|id| id.0)).bind_iter())
        .bind(won.iter().map(|one| one.comment.author_name.as_str()).bind_iter())
        .bind(won.iter().map(|one| one.comment.title.as_str()).bind_iter())
        .bind(won.iter().map(|one| one.comment.content.as_str()).bind_iter())
        .bind(won.iter().map(|one| one.comment.status.as_str()).bind_iter())
        .bind(won.iter().map(|one| one.comment.revision).bind_iter())
        .bind(won.iter().map(|one| one.comment.created_at).bind_iter())
        .bind(won.iter().map(|one| one.comment.published_at).bind_iter())
        .bind(won.iter().map(|one| one.comment.reviewed_at).bind_iter())
        .bind(won.iter().map(|one| one.sender.device).bind_iter())
        .bind(won.iter().map(|one| one.sender.address).bind_iter())
        .bind(won.iter().map(|one| one.sender.prefix).bind_iter())
        .bind(won.iter().map(|one| one.sender.author.as_str()).bind_iter())
        .bind(won.iter().map(|one| one.fingerprint).bind_iter())
        .bind(won.iter().map(|one| one.folded.as_str()).bind_iter())
        .bind(won.iter().map(|one| Json(&one.findings)).bind_iter())
        .bind(won.iter().map(|one| one.spam_score).bind_iter())
        .bind(won.iter().map(|one| one.comment.attention.flagged_at).bind_iter())
        .bind(won.iter().map(|one| one.skeleton).bind_iter())
        .bind(won.iter().map(|one| one.sender.key.map(|key| key.0)).bind_iter())
        .execute(tx)
        .await?;
    Ok(())
}

/// Locks the roots in the order of [`super::decision::lock`].
const LOCK_ROOTS: &str = "select 1 from comments c
    join unnest($1::text[], $2::uuid[]) i (site_id, comment_id) using (site_id, comment_id)
    order by c.site_id, c.comment_id for no key update of c";

const COUNT_REPLIES: &str = "update comments c set reply_count = c.reply_count + i.published
    from unnest($1::text[], $2::uuid[], $3::integer[]) i (site_id, comment_id, published)
    where c.site_id = i.site_id and c.comment_id = i.comment_id";

/// Adds replies that are public at once to the counts of their roots. Several roots are locked first, in order; one root
/// needs no order, and its update is its lock.
async fn count_replies(tx: &mut Session, won: &[&Submission]) -> Result<()> {
    let mut roots: BTreeMap<(&SiteId, Uuid), i32> = BTreeMap::new();
    for submission in won.iter().filter(|one| one.comment.status.is_public()) {
        if let Some(parent) = submission.comment.parent {
            *roots.entry((&submission.site, parent.0)).or_default() += 1;
        }
    }
    if roots.is_empty() {
        return Ok(());
    }
    if roots.len() > 1 {
        sqlx::query(LOCK_ROOTS)
            .bind(roots.keys().map(|(site, _)| site.as_str()).bind_iter())
            .bind(roots.keys().map(|(_, id)| *id).bind_iter())
            .execute(&mut *tx)
            .await?;
    }
    sqlx::query(COUNT_REPLIES)
        .bind(roots.keys().map(|(site, _)| site.as_str()).bind_iter())
        .bind(roots.keys().map(|(_, id)| *id).bind_iter())
        .bind(roots.values().copied().bind_iter())
        .execute(tx)
        .await?;
    Ok(())
}

const LOCK_ARTICLES: &str = "select 1 from articles a
    join unnest($1::text[], $2::text[]) i (site_id, article_id) using (site_id, article_id)
    order by a.site_id, a.article_id for no key update of a";

const UPDATE_ARTICLES: &str = "update articles a set public_count = a.public_count + i.published,
        title = coalesce(i.title, a.title), url = coalesce(i.url, a.url),
        published_at = coalesce(a.published_at, i.published_at)
    from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::timestamptz[])
        i (site_id, article_id, title, url, published, published_at)
    where a.site_id = i.site_id and a.article_id = i.article_id";

/// Adds what is public at once to the articles' counts, and writes new titles and addresses, and the time of publication
/// where none was known. Several articles are locked first, in order.
async fn update_articles(tx: &mut Session, touched: &TouchedArticles<'_>) -> Result<()> {
    if touched.is_empty() {
        return Ok(());
    }
    if touched.len() > 1 {
        sqlx::query(LOCK_ARTICLES)
            .bind(touched.keys().map(|(site, _)| site.as_str()).bind_iter())
            .bind(touched.keys().map(|(_, id)| id.as_str()).bind_iter())
            .execute(&mut *tx)
            .await?;
    }
    sqlx::query(UPDATE_ARTICLES)
        .bind(touched.keys().map(|(site, _)| site.as_str()).bind_iter())
        .bind(touched.keys().map(|(_, id)| id.as_str()).bind_iter())
        .bind(touched.values().map(|one| one.title).bind_iter())
        .bind(touched.values().map(|one| one.url).bind_iter())
        .bind(touched.values().map(|one| one.published).bind_iter())
        .bind(touched.values().map(|one| one.published_at).bind_iter())
        .execute(tx)
        .await?;
    Ok(())
}
