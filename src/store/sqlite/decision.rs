//! A moderator's decision. `begin immediate` holds the only write lock, so nothing moves between its steps.

use sqlx::SqliteConnection;

use super::{audit, comment, micros, request};
use crate::{
    domain::{
        Error, Result,
        comment::Comment,
        decision::{Decided, Decision, Verdict},
    },
    store::outcome::{self, Outcome},
};

pub(super) async fn decide(tx: &mut SqliteConnection, decision: &Decision) -> Result<Decided> {
    let found = comment::find(&mut *tx, &decision.site, decision.comment).await?;
    let comment = found.ok_or(Error::CommentNotFound(decision.comment))?;
    if let Some(verdict) = request::replay::<Verdict>(tx, &decision.site, decision.request.as_ref()).await? {
        return Ok(Decided { verdict, comment });
    }
    let last = audit::last(tx, &decision.site, decision.comment).await?;
    let outcome = outcome::settle(decision, comment, last)?;
    if let Some(entry) = &outcome.audit {
        write(tx, decision, &outcome).await?;
        audit::insert(tx, &decision.site, entry).await?;
    }
    if let Some(request) = &decision.request {
        let row = outcome::answered(request, &outcome.decided.verdict)?;
        request::insert(tx, &decision.site, &row, decision.id, decision.at).await?;
    }
    Ok(outcome.decided)
}

const UPDATE: &str = "update comments set status = $3, revision = $4, reviewed_at = $5, published_at = $6
    where site_id = $1 and comment_id = $2";

const FEED: &str = "insert into changes (site_id, change_id, kind, comment_id, article_id, at)
    values ($1, $2, 'COMMENT_CHANGED', $3, $4, $5)";

async fn write(tx: &mut SqliteConnection, decision: &Decision, outcome: &Outcome) -> Result<()> {
    let comment = &outcome.decided.comment;
    sqlx::query(UPDATE)
        .bind(decision.site.as_str())
        .bind(comment.id.0)
        .bind(comment.status.as_str())
        .bind(comment.revision)
        .bind(comment.reviewed_at.map(micros))
        .bind(comment.published_at.map(micros))
        .execute(&mut *tx)
        .await?;
    count(tx, decision.site.as_str(), comment, outcome.public_change).await?;
    if outcome.moved {
        sqlx::query(FEED)
            .bind(decision.site.as_str())
            .bind(decision.id)
            .bind(comment.id.0)
            .bind(comment.article.as_str())
            .bind(micros(decision.at))
            .execute(tx)
            .await?;
    }
    Ok(())
}

const COUNT: &str = "
    update comments set reply_count = reply_count + $4 where site_id = $1 and comment_id = $3;
    update articles set public_count = public_count + $4 where site_id = $1 and article_id = $2";

/// Adds `change` to the public counts around `comment`.
pub(super) async fn count(tx: &mut SqliteConnection, site: &str, comment: &Comment, change: i32) -> Result<()> {
    if change != 0 {
        let query = sqlx::query(COUNT).bind(site).bind(comment.article.as_str()).bind(comment.parent.map(|id| id.0));
        query.bind(change).execute(tx).await?;
    }
    Ok(())
}
