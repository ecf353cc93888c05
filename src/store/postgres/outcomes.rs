//! What decisions write, whole sets at a time. All rows are locked already, but for articles, which come last.

use std::collections::BTreeMap;

use sqlx::postgres::PgBindIterExt as _;
use uuid::Uuid;

use super::{audit, session::Session};
use crate::{
    domain::{Result, audit::Judge, id::SiteId},
    store::outcome::ChangedComment,
};

pub(super) async fn write(tx: &mut Session, site: &SiteId, outcomes: &[ChangedComment]) -> Result<()> {
    if outcomes.is_empty() {
        return Ok(());
    }
    update_comments(tx, site, outcomes).await?;
    audit::insert_all(tx, site, outcomes.iter().map(|outcome| &outcome.entry)).await?;
    tell(tx, site, outcomes).await?;
    count_replies(tx, site, outcomes).await?;
    count_comments(tx, site, outcomes).await
}

/// Claims end with the decision. The lock of its comment protects a claim's row, so that it needs no lock of its own.
const UPDATE: &str = "
    with ended as (
        delete from claims k where k.site_id = $1 and k.comment_id = any ($2::uuid[])
    )
    update comments c set status = i.status, revision = i.revision, reviewed_at = i.reviewed_at, published_at = i.published_at,
        flagged_at = i.flagged_at, open_reports = i.open_reports, takedown_kind = i.takedown_kind, due_at = i.due_at,
        judged_by = case when i.judged_anew then i.judged_by else c.judged_by end
    from unnest($2::uuid[], $3::text[], $4::bigint[], $5::timestamptz[], $6::timestamptz[], $7::timestamptz[], $8::integer[],
        $9::text[], $10::timestamptz[], $11::boolean[], $12::text[])
        i (comment_id, status, revision, reviewed_at, published_at, flagged_at, open_reports, takedown_kind, due_at, judged_anew,
            judged_by)
    where c.site_id = $1 and c.comment_id = i.comment_id";

async fn update_comments(tx: &mut Session, site: &SiteId, outcomes: &[ChangedComment]) -> Result<()> {
    let comments = outcomes.iter().map(|outcome| &outcome.comment);
    let takedowns = comments.clone().map(|comment| comment.attention.takedown);
    sqlx::query(UPDATE)
        .bind(site.as_str())
        .bind(comments.clone().map(|comment| comment.id.0).bind_iter())
        .bind(comments.clone().map(|comment| comment.status.as_str()).bind_iter())
        .bind(comments.clone().map(|comment| comment.revision).bind_iter())
        .bind(comments.clone().map(|comment| comment.reviewed_at).bind_iter())
        .bind(comments.clone().map(|comment| comment.published_at).bind_iter())
        .bind(comments.clone().map(|comment| comment.attention.flagged_at).bind_iter())
        .bind(comments.map(|comment| comment.attention.open_reports).bind_iter())
        .bind(takedowns.clone().map(|takedown| takedown.map(|one| one.kind.as_str())).bind_iter())
        .bind(takedowns.map(|takedown| takedown.map(|one| one.due_at)).bind_iter())
        .bind(outcomes.iter().map(ChangedComment::judges_anew).bind_iter())
        .bind(outcomes.iter().map(|outcome| outcome.entry.judge().map(Judge::as_str)).bind_iter())
        .execute(tx)
        .await?;
    Ok(())
}

const FEED: &str = "insert into changes (site_id, change_id, kind, comment_id, article_id, at)
    select $1, i.change_id, 'COMMENT_CHANGED', i.comment_id, i.article_id, i.at
    from unnest($2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[]) i (change_id, comment_id, article_id, at)";

/// Tells followers of what is news.
pub(super) async fn tell(tx: &mut Session, site: &SiteId, outcomes: &[ChangedComment]) -> Result<()> {
    let news = outcomes.iter().filter(|outcome| outcome.is_news());
    if news.clone().next().is_none() {
        return Ok(());
    }
    sqlx::query(FEED)
        .bind(site.as_str())
        .bind(news.clone().map(|outcome| outcome.entry.id).bind_iter())
        .bind(news.clone().map(|outcome| outcome.comment.id.0).bind_iter())
        .bind(news.clone().map(|outcome| outcome.comment.article.as_str()).bind_iter())
        .bind(news.map(|outcome| outcome.entry.at).bind_iter())
        .execute(tx)
        .await?;
    Ok(())
}

const COUNT_REPLIES: &str = "
    update comments c set reply_count = c.reply_count + i.change
    from unnest($2::uuid[], $3::integer[]) i (comment_id, change)
    where c.site_id = $1 and c.comment_id = i.comment_id";

async fn count_replies(tx: &mut Session, site: &SiteId, outcomes: &[ChangedComment]) -> Result<()> {
    let mut roots: BTreeMap<Uuid, i32> = BTreeMap::new();
    for outcome in outcomes {
        if let Some(parent) = outcome.comment.parent {
            *roots.entry(parent.0).or_default() += outcome.public_change();
        }
    }
    roots.retain(|_, change| *change != 0);
    if roots.is_empty() {
        return Ok(());
    }
    let query = sqlx::query(COUNT_REPLIES).bind(site.as_str()).bind(roots.keys().copied().bind_iter());
    query.bind(roots.values().copied().bind_iter()).execute(tx).await?;
    Ok(())
}

const LOCK_ARTICLES: &str = "select 1 from articles a where a.site_id = $1 and a.article_id = any ($2::text[])
    order by a.site_id, a.article_id for no key update";

const COUNT_COMMENTS: &str = "
    update articles a set public_count = a.public_count + i.change
    from unnest($2::text[], $3::integer[]) i (article_id, change)
    where a.site_id = $1 and a.article_id = i.article_id";

async fn count_comments(tx: &mut Session, site: &SiteId, outcomes: &[ChangedComment]) -> Result<()> {
    let mut articles: BTreeMap<&str, i32> = BTreeMap::new();
    for outcome in outcomes {
        *articles.entry(outcome.comment.article.as_str()).or_default() += outcome.public_change();
    }
    articles.retain(|_, change| *change != 0);
    if articles.is_empty() {
        return Ok(());
    }
    // One article needs no order: its update is its lock.
    if articles.len() > 1 {
        let lock = sqlx::query(LOCK_ARTICLES).bind(site.as_str()).bind(articles.keys().copied().bind_iter());
        lock.execute(&mut *tx).await?;
    }
    let query = sqlx::query(COUNT_COMMENTS).bind(site.as_str()).bind(articles.keys().copied().bind_iter());
    query.bind(articles.values().copied().bind_iter()).execute(tx).await?;
    Ok(())
}
