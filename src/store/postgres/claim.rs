//! Who looks at which comment.
//!
//! Whoever writes a claim's row holds its comment's lock, so claims themselves never wait for each other, and the order of
//! locks is that of comments. New claims are taken last and step over what is locked, so they wait for nobody.

use std::collections::HashSet;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{PostgresStore, queue, session::Session};
use crate::{
    domain::{
        Result,
        claim::{ClaimRequest, Claimed, MAX_HELD},
        id::{CommentId, SiteId},
        page::queue_cursor,
        queue::QueueFilter,
    },
    store::{
        contract::ClaimStore,
        rows::{Read as _, RowReader},
    },
};

#[async_trait]
impl ClaimStore for PostgresStore {
    async fn claim_next(&self, request: &ClaimRequest<'_>) -> Result<Claimed> {
        in_transaction!(self, tx => {
            alone(&mut tx, request).await?;
            let renewed = renew(&mut tx, request).await?;
            Claimed { new: claim(&mut tx, request).await?, renewed }
        })
    }

    async fn release_claims(
        &self,
        site: &SiteId,
        moderator: &str,
        ids: &[CommentId],
        now: DateTime<Utc>,
    ) -> Result<u64> {
        in_transaction!(self, tx => release(&mut tx, site, moderator, ids, now).await?)
    }
}

/// One call at a time claims for a moderator, or two would both find room for as many as fit once. Taken before any row.
async fn alone(tx: &mut Session, request: &ClaimRequest<'_>) -> Result<()> {
    let sql = "select pg_advisory_xact_lock(hashtextextended('claims ' || $1 || ' ' || $2, 0))";
    sqlx::query(sql).bind(request.site.as_str()).bind(request.moderator).execute(tx).await?;
    Ok(())
}

/// How many the moderator holds.
async fn held(tx: &mut Session, request: &ClaimRequest<'_>) -> Result<usize> {
    let sql = "select count(*) from claims where site_id = $1 and moderator = $2 and expires_at > $3";
    let query = sqlx::query(sql).bind(request.site.as_str()).bind(request.moderator).bind(request.now);
    let held = RowReader::new(&query.fetch_one(tx).await?).long()?;
    Ok(usize::try_from(held).unwrap_or(MAX_HELD))
}

/// A claim that ended is held again, as long as its row is the moderator's: whoever takes the comment overwrites it, and a
/// decision deletes it. One whose moderator might come to hold too many stays ended.
const RENEW: &str = concat!(
    "with waiting as (
        select c.comment_id from comments c where c.site_id = $1 and c.comment_id = any ($2) and ",
    waiting!(),
    " order by c.parent_id is null, c.comment_id for no key update
    )
    update claims k set expires_at = $4 from waiting
    where k.site_id = $1 and k.comment_id = waiting.comment_id and k.moderator = $3 and k.expires_at > $5
    returning k.comment_id"
);

async fn renew(tx: &mut Session, request: &ClaimRequest<'_>) -> Result<Vec<CommentId>> {
    if request.renew.is_empty() {
        return Ok(vec![]);
    }
    let ids: Vec<_> = request.renew.iter().map(|id| id.0).collect();
    let is_crowded = held(tx, request).await? + request.renew.len() > MAX_HELD;
    let ended_after = if is_crowded { request.now } else { DateTime::UNIX_EPOCH };
    let query = sqlx::query(RENEW).bind(request.site.as_str()).bind(ids).bind(request.moderator).bind(request.until);
    let held = ids_of(&query.bind(ended_after).fetch_all(tx).await?)?;
    Ok(request.renew.iter().copied().filter(|id| held.contains(id)).collect())
}

/// How often a round goes short because colleagues were faster before the call takes what it has.
const ROUNDS: usize = 8;

/// What a round found free may have been claimed since it looked: [`take`] tells, and the next round goes on from there.
async fn claim(tx: &mut Session, request: &ClaimRequest<'_>) -> Result<Vec<CommentId>> {
    let mut new = Vec::with_capacity(request.count);
    if request.count == 0 || request.filter.claimed == Some(true) {
        return Ok(new);
    }
    let room = MAX_HELD.saturating_sub(held(tx, request).await?);
    let wanted = request.count.min(room);
    let filter = QueueFilter { claimed: Some(false), ..request.filter.clone() };
    let mut after = None;
    for _ in 0..ROUNDS {
        let missing = wanted - new.len();
        if missing == 0 {
            break;
        }
        let found = queue::lock_next(tx, request, &filter, missing, after).await?;
        let ids: Vec<CommentId> = found.iter().map(|case| case.comment.id).collect();
        let Some(last) = found.last() else { break };
        after = Some(queue_cursor(request.order, last));
        let taken = take(tx, request, &ids).await?;
        new.extend(ids.into_iter().filter(|id| taken.contains(id)));
        if found.len() < missing {
            break;
        }
    }
    Ok(new)
}

/// Refuses what somebody holds: unlike the round's look, this sees what was committed since.
const TAKE: &str = "insert into claims (site_id, comment_id, moderator, expires_at)
    select $1, i.comment_id, $3, $4 from unnest($2::uuid[]) i (comment_id)
    on conflict (site_id, comment_id) do update set moderator = excluded.moderator, expires_at = excluded.expires_at
        where claims.expires_at <= $5
    returning comment_id";

async fn take(tx: &mut Session, request: &ClaimRequest<'_>, ids: &[CommentId]) -> Result<HashSet<CommentId>> {
    let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
    let query = sqlx::query(TAKE).bind(request.site.as_str()).bind(ids).bind(request.moderator);
    ids_of(&query.bind(request.until).bind(request.now).fetch_all(tx).await?)
}

const RELEASE: &str = "
    with held as (
        select k.comment_id from claims k join comments c using (site_id, comment_id)
        where k.site_id = $1 and k.moderator = $2 and (cardinality($3::uuid[]) = 0 or k.comment_id = any ($3))
        order by c.parent_id is null, c.comment_id for no key update of c
    ), gone as (
        delete from claims k using held
        where k.site_id = $1 and k.comment_id = held.comment_id and k.moderator = $2 returning k.expires_at
    )
    select count(*) from gone where expires_at > $4";

async fn release(
    tx: &mut Session,
    site: &SiteId,
    moderator: &str,
    ids: &[CommentId],
    now: DateTime<Utc>,
) -> Result<u64> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
    let row = sqlx::query(RELEASE).bind(site.as_str()).bind(moderator).bind(ids).bind(now).fetch_one(tx).await?;
    Ok(RowReader::new(&row).long()?.unsigned_abs())
}

fn ids_of(rows: &[sqlx::postgres::PgRow]) -> Result<HashSet<CommentId>> {
    rows.iter().map(|row| RowReader::new(row).uuid().map(CommentId)).collect()
}
