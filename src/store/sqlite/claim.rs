//! Who looks at which comment. The one writer makes it safe to look first and claim then.

use std::collections::HashSet;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::{SqliteConnection, sqlite::SqliteRow};

use super::{SqliteStore, json_ids, micros, queue};
use crate::{
    domain::{
        Result,
        claim::{ClaimRequest, Claimed, MAX_HELD},
        id::{CommentId, SiteId},
        page::QueuePage,
        queue::QueueFilter,
    },
    store::{
        contract::ClaimStore,
        rows::{Read as _, RowReader},
    },
};

#[async_trait]
impl ClaimStore for SqliteStore {
    async fn claim_next(&self, request: &ClaimRequest<'_>) -> Result<Claimed> {
        in_transaction!(self, tx => {
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

/// A claim that ended is held again, as long as its row is the moderator's: whoever takes the comment overwrites it, and a
/// decision deletes it. One whose moderator might come to hold too many stays ended.
const RENEW: &str = concat!(
    "update claims set expires_at = $4
    where site_id = $1 and moderator = $3 and expires_at > $5 and comment_id in (select unhex(value) from json_each($2))
    and exists (select 1 from comments c where c.site_id = claims.site_id and c.comment_id = claims.comment_id and ",
    waiting!(),
    ") returning comment_id"
);

async fn renew(tx: &mut SqliteConnection, request: &ClaimRequest<'_>) -> Result<Vec<CommentId>> {
    if request.renew.is_empty() {
        return Ok(vec![]);
    }
    let is_crowded = held(tx, request).await? + request.renew.len() > MAX_HELD;
    let ended_after = if is_crowded { request.now } else { DateTime::UNIX_EPOCH };
    let query = sqlx::query(RENEW).bind(request.site.as_str()).bind(json_ids(request.renew)).bind(request.moderator);
    let held = ids_of(&query.bind(micros(request.until)).bind(micros(ended_after)).fetch_all(tx).await?)?;
    Ok(request.renew.iter().copied().filter(|id| held.contains(id)).collect())
}

const TAKE: &str = "insert into claims (site_id, comment_id, moderator, expires_at)
    select $1, unhex(value), $3, $4 from json_each($2) where true
    on conflict (site_id, comment_id) do update set moderator = excluded.moderator, expires_at = excluded.expires_at
        where claims.expires_at <= $5
    returning comment_id";

/// How many the moderator holds.
async fn held(tx: &mut SqliteConnection, request: &ClaimRequest<'_>) -> Result<usize> {
    let sql = "select count(*) from claims where site_id = $1 and moderator = $2 and expires_at > $3";
    let query = sqlx::query(sql).bind(request.site.as_str()).bind(request.moderator).bind(micros(request.now));
    let held = RowReader::new(&query.fetch_one(tx).await?).long()?;
    Ok(usize::try_from(held).unwrap_or(MAX_HELD))
}

async fn claim(tx: &mut SqliteConnection, request: &ClaimRequest<'_>) -> Result<Vec<CommentId>> {
    if request.count == 0 || request.filter.claimed == Some(true) {
        return Ok(vec![]);
    }
    let filter = QueueFilter { claimed: Some(false), ..request.filter.clone() };
    let ClaimRequest { site, order, now, .. } = *request;
    let room = MAX_HELD.saturating_sub(held(tx, request).await?);
    let size = request.count.min(room);
    if size == 0 {
        return Ok(vec![]);
    }
    let page = QueuePage { site, filter: &filter, order, size, after: None, until: None, now };
    let found = queue::list(&mut *tx, &page).await?.items;
    let ids: Vec<CommentId> = found.iter().map(|case| case.comment.id).collect();
    let query = sqlx::query(TAKE).bind(site.as_str()).bind(json_ids(&ids)).bind(request.moderator);
    let taken = ids_of(&query.bind(micros(request.until)).bind(micros(now)).fetch_all(tx).await?)?;
    Ok(ids.into_iter().filter(|id| taken.contains(id)).collect())
}

const RELEASE: &str = "delete from claims where site_id = $1 and moderator = $2
    and ($3 = '[]' or comment_id in (select unhex(value) from json_each($3))) returning expires_at > $4";

async fn release(
    tx: &mut SqliteConnection,
    site: &SiteId,
    moderator: &str,
    ids: &[CommentId],
    now: DateTime<Utc>,
) -> Result<u64> {
    let query = sqlx::query(RELEASE).bind(site.as_str()).bind(moderator).bind(json_ids(ids)).bind(micros(now));
    let rows = query.fetch_all(tx).await?;
    let in_force = rows.iter().map(|row| RowReader::new(row).flag()).collect::<Result<Vec<_>>>()?;
    Ok(in_force.into_iter().map(u64::from).sum())
}

fn ids_of(rows: &[SqliteRow]) -> Result<HashSet<CommentId>> {
    rows.iter().map(|row| RowReader::new(row).uuid().map(CommentId)).collect()
}
