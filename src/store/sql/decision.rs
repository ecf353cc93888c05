//! Moderators' decisions. Every transaction takes its locks in one order: replies, roots, articles, each sorted by its
//! key.

use std::collections::HashMap;

use async_trait::async_trait;

use super::{
    Backend, Connection, List, Statement, audit, escalation, outcomes,
    records::{self, COMMENT},
    request, revert,
};
use crate::{
    domain::{
        Result,
        comment::Comment,
        decision::{DecisionAnswer, DecisionBatch, DecisionError, Settled},
        id::{CommentId, SiteId},
        report::{Escalated, Escalation},
        revert::{Revert, RevertResult},
    },
    store::{contract::DecisionStore, outcome},
};

#[async_trait]
impl<B: Backend> DecisionStore for B {
    async fn decide(&self, batch: &DecisionBatch) -> Result<Vec<Settled>> {
        transaction!(self, tx => decide(tx, batch).await?)
    }

    async fn revert(&self, revert: &Revert) -> Result<RevertResult> {
        transaction!(self, tx => revert::revert(tx, revert).await?)
    }

    async fn escalate(&self, escalation: &Escalation) -> Result<Escalated> {
        transaction!(self, tx => escalation::escalate(tx, escalation).await?)
    }
}

/// Decides all items of a batch in the caller's transaction.
async fn decide(tx: &mut Connection<'_>, batch: &DecisionBatch) -> Result<Vec<Settled>> {
    let ids: Vec<CommentId> = batch.items.iter().map(|item| item.comment).collect();
    let mut comments = lock(tx, &batch.site, &ids).await?;
    let first: Option<Vec<Result<DecisionAnswer, DecisionError>>> =
        request::replay(tx, &batch.site, batch.request.as_ref()).await?;
    if let Some(first) = first {
        let replayed = |(id, result)| Settled { comment: comments.remove(id), result };
        return Ok(ids.iter().zip(first).map(replayed).collect());
    }
    let settled = decide_locked(tx, batch, comments).await?;
    if let Some(request) = batch.request.as_ref().filter(|_| outcome::is_remembered(batch, &settled)) {
        let row = outcome::answered(request, &outcome::remembered(&settled))?;
        request::insert(tx, &batch.site, &row, request.id, batch.at).await?;
    }
    Ok(settled)
}

/// Decides all items of a batch on locked comments. The caller writes the request row. Nothing is written before all
/// items are judged, so that all results are for the same state.
pub(super) async fn decide_locked(
    tx: &mut Connection<'_>,
    batch: &DecisionBatch,
    mut comments: HashMap<CommentId, Comment>,
) -> Result<Vec<Settled>> {
    let ids: Vec<CommentId> = batch.items.iter().map(|item| item.comment).collect();
    let mut last = audit::last_decisions(tx, &batch.site, &ids).await?;
    let mut settled = Vec::with_capacity(ids.len());
    let mut changed = Vec::new();
    for item in &batch.items {
        let Some(comment) = comments.remove(&item.comment) else {
            let result = Err(DecisionError::CommentNotFound(item.comment));
            settled.push(Settled { comment: None, result });
            continue;
        };
        let (one, outcome) = outcome::settle(batch, item, comment, last.remove(&item.comment));
        settled.push(one);
        changed.extend(outcome);
    }
    outcomes::write(tx, &batch.site, &changed).await?;
    outcome::recount(settled.iter_mut().filter_map(|one| one.comment.as_mut()), &changed);
    Ok(settled)
}

/// Locks the comments and returns those that exist. In PostgreSQL, it also locks and returns their roots, whose reply
/// counts may change, because a later lock would break the lock order. The lock is weaker than `for update`, for which
/// inserts of replies that refer to the row would wait.
pub(in crate::store) async fn lock(
    tx: &mut Connection<'_>,
    site: &SiteId,
    ids: &[CommentId],
) -> Result<HashMap<CommentId, Comment>> {
    let statement = Statement::new("select ")
        .columns(&COMMENT, "c")
        .push(
            " from comments c where c.site_id = :site and c.comment_id {= any (array (
                select unnest(:ids::uuid[])
                union select p.parent_id from comments p
                where p.site_id = :site and p.comment_id = any (:ids) and p.parent_id is not null))
            order by c.parent_id is null, c.comment_id for no key update | in :ids}",
        )
        .bind("site", site)
        .bind("ids", List::comments(ids));
    by_id(tx, statement).await
}

/// Returns the comments without locks.
pub(in crate::store) async fn find(
    tx: &mut Connection<'_>,
    site: &SiteId,
    ids: &[CommentId],
) -> Result<HashMap<CommentId, Comment>> {
    let statement = Statement::new("select ")
        .columns(&COMMENT, "c")
        .push(" from comments c where c.site_id = :site and c.comment_id in :ids")
        .bind("site", site)
        .bind("ids", List::comments(ids));
    by_id(tx, statement).await
}

async fn by_id(tx: &mut Connection<'_>, statement: Statement<'_>) -> Result<HashMap<CommentId, Comment>> {
    let rows = statement.fetch_all(tx).await?;
    let comments = rows.iter().map(|row| records::comment(row.of(&COMMENT, "c")?));
    comments.map(|comment| comment.map(|comment| (comment.id, comment))).collect()
}
