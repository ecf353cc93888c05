//! A moderator's decision. Locks are taken from child to parent to article, everywhere.

use sqlx::PgConnection;

use super::{audit, request};
use crate::{
    domain::{
        Error, Result,
        comment::Comment,
        decision::{Decided, Decision, Verdict},
        id::{CommentId, SiteId},
    },
    store::{
        outcome::{self, Outcome},
        rows::{self, Reader},
    },
};

pub(super) async fn decide(tx: &mut PgConnection, decision: &Decision) -> Result<Decided> {
    let comment = lock(tx, &decision.site, decision.comment).await?;
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

/// Weaker than `for update`, which would hold up replies that refer to the row.
const LOCK: &str = concat!(
    "select ",
    comment_columns!("c"),
    " from comments c where c.site_id = $1 and c.comment_id = $2 for no key update"
);

async fn lock(tx: &mut PgConnection, site: &SiteId, id: CommentId) -> Result<Comment> {
    let row = sqlx::query(LOCK).bind(site.as_str()).bind(id.0).fetch_optional(tx).await?;
    rows::comment(&mut Reader::new(&row.ok_or(Error::CommentNotFound(id))?))
}

const UPDATE: &str = "update comments set status = $3, revision = $4, reviewed_at = $5, published_at = $6
    where site_id = $1 and comment_id = $2";

const COUNT_REPLY: &str = "update comments set reply_count = reply_count + $3 where site_id = $1 and comment_id = $2";

const COUNT_COMMENT: &str =
    "update articles set public_count = public_count + $3 where site_id = $1 and article_id = $2";

const FEED: &str = "insert into changes (site_id, change_id, kind, comment_id, article_id, at)
    values ($1, $2, 'COMMENT_CHANGED', $3, $4, $5)";

async fn write(tx: &mut PgConnection, decision: &Decision, outcome: &Outcome) -> Result<()> {
    let comment = &outcome.decided.comment;
    let site = decision.site.as_str();
    let query = sqlx::query(UPDATE).bind(site).bind(comment.id.0).bind(comment.status.as_str()).bind(comment.revision);
    query.bind(comment.reviewed_at).bind(comment.published_at).execute(&mut *tx).await?;
    let change = outcome.public_change;
    if let (Some(parent), true) = (comment.parent, change != 0) {
        sqlx::query(COUNT_REPLY).bind(site).bind(parent.0).bind(change).execute(&mut *tx).await?;
    }
    if change != 0 {
        sqlx::query(COUNT_COMMENT).bind(site).bind(comment.article.as_str()).bind(change).execute(&mut *tx).await?;
    }
    if outcome.moved {
        let query = sqlx::query(FEED).bind(site).bind(decision.id).bind(comment.id.0);
        query.bind(comment.article.as_str()).bind(decision.at).execute(tx).await?;
    }
    Ok(())
}
