//! Moderators' decisions. `begin immediate` holds the only write lock, so nothing moves between the steps.

use async_trait::async_trait;
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::{SqliteStore, audit, comment, escalation, micros, request, revert};
use crate::{
    domain::{
        Result,
        audit::Judge,
        comment::Comment,
        decision::{DecisionAnswer, DecisionBatch, DecisionError, DecisionItem, Settled},
        id::SiteId,
        report::{Escalated, Escalation},
        revert::{Revert, RevertResult},
    },
    store::{
        contract::DecisionStore,
        outcome::{self, ChangedComment},
    },
};

#[async_trait]
impl DecisionStore for SqliteStore {
    async fn decide(&self, batch: &DecisionBatch) -> Result<Vec<Settled>> {
        in_transaction!(self, tx => decide(&mut tx, batch).await?)
    }

    async fn revert(&self, revert: &Revert) -> Result<RevertResult> {
        in_transaction!(self, tx => revert::revert(&mut tx, revert).await?)
    }

    async fn escalate(&self, escalation: &Escalation) -> Result<Escalated> {
        in_transaction!(self, tx => escalation::escalate(&mut tx, escalation).await?)
    }
}

/// Decides all of a batch in the caller's transaction.
pub(super) async fn decide(tx: &mut SqliteConnection, batch: &DecisionBatch) -> Result<Vec<Settled>> {
    let first: Option<Vec<Result<DecisionAnswer, DecisionError>>> =
        request::replay(tx, &batch.site, batch.request.as_ref()).await?;
    if let Some(first) = first {
        let mut settled = Vec::with_capacity(batch.items.len());
        for (item, result) in batch.items.iter().zip(first) {
            let comment = comment::find(&mut *tx, &batch.site, item.comment).await?;
            settled.push(Settled { comment, result });
        }
        return Ok(settled);
    }
    let settled = decide_all(tx, batch).await?;
    if let Some(request) = batch.request.as_ref().filter(|_| outcome::is_remembered(batch, &settled)) {
        let row = outcome::answered(request, &outcome::remembered(&settled))?;
        request::insert(tx, &batch.site, &row, request.id, batch.at).await?;
    }
    Ok(settled)
}

/// Decides all of a batch; its request row is the caller's business.
pub(super) async fn decide_all(tx: &mut SqliteConnection, batch: &DecisionBatch) -> Result<Vec<Settled>> {
    let mut settled = Vec::with_capacity(batch.items.len());
    let mut changed = Vec::new();
    for item in &batch.items {
        let (one, outcome) = settle(tx, batch, item).await?;
        settled.push(one);
        changed.extend(outcome);
    }
    for outcome in &changed {
        write(tx, &batch.site, outcome).await?;
    }
    outcome::recount(settled.iter_mut().filter_map(|one| one.comment.as_mut()), &changed);
    Ok(settled)
}

/// Judges one item. Nothing is written before all are judged, so that every answer is of the same moment.
async fn settle(
    tx: &mut SqliteConnection,
    batch: &DecisionBatch,
    item: &DecisionItem,
) -> Result<(Settled, Option<ChangedComment>)> {
    let Some(comment) = comment::find(&mut *tx, &batch.site, item.comment).await? else {
        return Ok((Settled { comment: None, result: Err(DecisionError::CommentNotFound(item.comment)) }, None));
    };
    let last = audit::last_decision(tx, &batch.site, item.comment).await?;
    Ok(outcome::settle(batch, item, comment, last))
}

const UPDATE: &str = "
    update comments set status = $3, revision = $4, reviewed_at = $5, published_at = $6, flagged_at = $7, open_reports = $8,
        takedown_kind = $9, due_at = $10, judged_by = iif($11, $12, judged_by)
    where site_id = $1 and comment_id = $2;
    delete from claims where site_id = $1 and comment_id = $2";

/// Comment, claim, audit row, and where they change counts and change-feed row.
pub(super) async fn write(tx: &mut SqliteConnection, site: &SiteId, outcome: &ChangedComment) -> Result<()> {
    let ChangedComment { comment, entry } = outcome;
    let takedown = comment.attention.takedown;
    sqlx::query(UPDATE)
        .bind(site.as_str())
        .bind(comment.id.0)
        .bind(comment.status.as_str())
        .bind(comment.revision)
        .bind(comment.reviewed_at.map(micros))
        .bind(comment.published_at.map(micros))
        .bind(comment.attention.flagged_at.map(micros))
        .bind(comment.attention.open_reports)
        .bind(takedown.map(|takedown| takedown.kind.as_str()))
        .bind(takedown.map(|takedown| micros(takedown.due_at)))
        .bind(outcome.judges_anew())
        .bind(entry.judge().map(Judge::as_str))
        .execute(&mut *tx)
        .await?;
    audit::insert(tx, site, entry).await?;
    count(tx, site.as_str(), comment, outcome.public_change()).await?;
    if outcome.is_news() {
        tell(tx, site, comment, entry.id, entry.at).await?;
    }
    Ok(())
}

const FEED: &str = "insert into changes (site_id, change_id, kind, comment_id, article_id, at)
    values ($1, $2, 'COMMENT_CHANGED', $3, $4, $5)";

/// Tells followers that a comment changed.
pub(super) async fn tell(
    tx: &mut SqliteConnection,
    site: &SiteId,
    comment: &Comment,
    change: Uuid,
    at: chrono::DateTime<chrono::Utc>,
) -> Result<()> {
    let query = sqlx::query(FEED).bind(site.as_str()).bind(change).bind(comment.id.0);
    query.bind(comment.article.as_str()).bind(micros(at)).execute(tx).await?;
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
