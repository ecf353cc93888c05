//! Claims, which reserve comments for a moderator.
//!
//! A transaction writes a claim's row only while it holds the lock of the claim's comment. Claims therefore never wait
//! for each other, and the lock order is that of comments. New claims come last and skip locked comments, so they wait
//! for no other transaction.

use std::collections::HashSet;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{Backend, Connection, List, Rows, Statement, dialect::Dialect, queue, queue_sql::WAITING, row::Row};
use crate::{
    domain::{
        Error, Result,
        claim::{ClaimRequest, Claimed, MAX_HELD},
        id::{CommentId, SiteId},
        queue::QueueFilter,
    },
    store::contract::ClaimStore,
};

#[async_trait]
impl<B: Backend> ClaimStore for B {
    async fn claim_next(&self, request: &ClaimRequest<'_>) -> Result<Claimed> {
        transaction!(self, tx => {
            lock_moderator(tx, request).await?;
            let renewed = renew(tx, request).await?;
            Claimed { new: claim(tx, request).await?, renewed }
        })
    }

    async fn release_claims(
        &self,
        site: &SiteId,
        moderator: &str,
        ids: &[CommentId],
        now: DateTime<Utc>,
    ) -> Result<u64> {
        transaction!(self, tx => release(tx, site, moderator, ids, now).await?)
    }
}

/// Serialises calls that claim for the same moderator, because concurrent ones could together exceed the maximum number
/// of claims. The advisory lock is taken before all row locks. SQLite has one writer and needs no lock.
async fn lock_moderator(tx: &mut Connection<'_>, request: &ClaimRequest<'_>) -> Result<()> {
    if tx.dialect() == Dialect::Postgres {
        Statement::new("select pg_advisory_xact_lock(hashtextextended('claims ' || :site || ' ' || :moderator, 0))")
            .bind("site", request.site)
            .bind("moderator", request.moderator)
            .execute(tx)
            .await?;
    }
    Ok(())
}

/// Returns how many claims in force the moderator has.
async fn held(tx: &mut Connection<'_>, request: &ClaimRequest<'_>) -> Result<usize> {
    let row = Statement::new(
        "select count(*) as held from claims { | indexed by claims_by_moderator}
        where site_id = :site and moderator = :moderator and expires_at > :now",
    )
    .bind("site", request.site)
    .bind("moderator", request.moderator)
    .bind("now", request.now)
    .fetch_one(tx)
    .await?;
    Ok(usize::try_from(row.fields().get::<i64>("held")?).unwrap_or(MAX_HELD))
}

/// Renews claims, even expired ones, if their rows still belong to the moderator: another claim overwrites the row, and
/// a decision deletes it. If the moderator might exceed the maximum number of claims, expired ones are not renewed.
async fn renew(tx: &mut Connection<'_>, request: &ClaimRequest<'_>) -> Result<Vec<CommentId>> {
    if request.renew.is_empty() {
        return Ok(vec![]);
    }
    let is_crowded = held(tx, request).await? + request.renew.len() > MAX_HELD;
    let expired_after = if is_crowded { request.now } else { DateTime::UNIX_EPOCH };
    let rows = Statement::new(
        "with waiting as (
            select c.comment_id as id from comments c where c.site_id = :site and c.comment_id in :ids and ",
    )
    .push(WAITING)
    .push(
        " order by c.parent_id is null, c.comment_id {for no key update | }
        )
        update claims set expires_at = :until
        where site_id = :site and moderator = :moderator and expires_at > :expired_after
            and comment_id in (select id from waiting)
        returning comment_id",
    )
    .bind("site", request.site)
    .bind("ids", List::comments(request.renew))
    .bind("moderator", request.moderator)
    .bind("until", request.until)
    .bind("expired_after", expired_after)
    .fetch_all(tx)
    .await?;
    let held = read_ids(&rows)?;
    Ok(request.renew.iter().copied().filter(|id| held.contains(id)).collect())
}

/// Maximum number of rounds. A round finds fewer comments than it wants when concurrent claims take them first.
const ROUNDS: usize = 8;

/// Claims new comments. A comment that a round found free may have been claimed concurrently. [`take`] leaves it out,
/// and the next round continues after it.
async fn claim(tx: &mut Connection<'_>, request: &ClaimRequest<'_>) -> Result<Vec<CommentId>> {
    if request.filter.query.is_some() {
        return Err(Error::internal("the filter of a claim must not have a query"));
    }
    let mut new = Vec::with_capacity(request.count);
    if request.count == 0 || request.filter.claimed == Some(true) {
        return Ok(new);
    }
    let free = MAX_HELD.saturating_sub(held(tx, request).await?);
    let wanted = request.count.min(free);
    let filter = QueueFilter { claimed: Some(false), ..request.filter.clone() };
    let mut after = None;
    for _ in 0..ROUNDS {
        let missing = wanted - new.len();
        if missing == 0 {
            break;
        }
        let found = queue::lock_next(tx, request, &filter, missing, after).await?;
        let ids: Vec<CommentId> = found.iter().map(|key| CommentId(key.id)).collect();
        let Some(last) = found.last() else { break };
        after = Some(*last);
        let taken = take(tx, request, &ids).await?;
        new.extend(ids.into_iter().filter(|id| taken.contains(id)));
        if found.len() < missing {
            break;
        }
    }
    Ok(new)
}

/// Claims those of `ids` that are free. Unlike the statement that found them, this one sees claims that were committed
/// since.
async fn take(tx: &mut Connection<'_>, request: &ClaimRequest<'_>, ids: &[CommentId]) -> Result<HashSet<CommentId>> {
    let rows = Statement::new(
        "insert into claims (site_id, comment_id, moderator, expires_at)
        select :site, i.comment_id, :moderator, :until from :free i where true
        on conflict (site_id, comment_id) do update set moderator = excluded.moderator, expires_at = excluded.expires_at
            where claims.expires_at <= :now
        returning comment_id",
    )
    .bind("site", request.site)
    .bind("moderator", request.moderator)
    .bind("until", request.until)
    .bind("now", request.now)
    .bind("free", Rows::new().column("comment_id", List::comments(ids)))
    .fetch_all(tx)
    .await?;
    read_ids(&rows)
}

async fn release(
    tx: &mut Connection<'_>,
    site: &SiteId,
    moderator: &str,
    ids: &[CommentId],
    now: DateTime<Utc>,
) -> Result<u64> {
    let mut statement = Statement::new(
        "with held as (
            select k.comment_id as id from claims k
                join comments c on c.site_id = k.site_id and c.comment_id = k.comment_id
            where k.site_id = :site and k.moderator = :moderator",
    );
    if !ids.is_empty() {
        statement = statement.push(" and k.comment_id in :ids").bind("ids", List::comments(ids));
    }
    let rows = statement
        .push(
            " order by c.parent_id is null, c.comment_id {for no key update of c | }
            )
            delete from claims where site_id = :site and moderator = :moderator and comment_id in (select id from held)
            returning expires_at > :now as in_force",
        )
        .bind("site", site)
        .bind("moderator", moderator)
        .bind("now", now)
        .fetch_all(tx)
        .await?;
    let in_force = rows.iter().map(|row| row.fields().get("in_force")).collect::<Result<Vec<bool>>>()?;
    Ok(in_force.into_iter().map(u64::from).sum())
}

fn read_ids(rows: &[Row]) -> Result<HashSet<CommentId>> {
    rows.iter().map(|row| row.fields().get("comment_id")).collect()
}
