//! Moderators' decisions. Locks are taken from replies to roots to articles, and each of them sorted, everywhere.

use std::collections::HashMap;

use async_trait::async_trait;
use uuid::Uuid;

use super::{PostgresStore, audit, escalation, outcomes, request, revert, session::Session};
use crate::{
    domain::{
        Result,
        comment::Comment,
        decision::{DecisionAnswer, DecisionBatch, DecisionError, Settled},
        id::{CommentId, SiteId},
        report::{Escalated, Escalation},
        revert::{Revert, RevertResult},
    },
    store::{
        contract::DecisionStore,
        outcome,
        rows::{self, RowReader},
    },
};

#[async_trait]
impl DecisionStore for PostgresStore {
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
pub(super) async fn decide(tx: &mut Session, batch: &DecisionBatch) -> Result<Vec<Settled>> {
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

/// Decides all of a batch on comments that are locked; its request row is the caller's business.
pub(super) async fn decide_locked(
    tx: &mut Session,
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

/// Weaker than `for update`, which would hold up replies that refer to the row. Roots whose counts may change are locked along,
/// so that no lock is ever taken out of order.
const LOCK: &str = concat!(
    "select ",
    comment_columns!("c"),
    " from comments c where c.site_id = $1 and c.comment_id = any (array (
        select unnest($2::uuid[])
        union select p.parent_id from comments p where p.site_id = $1 and p.comment_id = any ($2) and p.parent_id is not null))
    order by c.parent_id is null, c.comment_id for no key update"
);

/// Locks the comments, and answers those that there are. Some of their roots may be among them.
pub(super) async fn lock(tx: &mut Session, site: &SiteId, ids: &[CommentId]) -> Result<HashMap<CommentId, Comment>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let rows = sqlx::query(LOCK).bind(site.as_str()).bind(ids).fetch_all(tx).await?;
    let pair = |row| rows::comment(&mut RowReader::new(row)).map(|comment| (comment.id, comment));
    rows.iter().map(pair).collect()
}
