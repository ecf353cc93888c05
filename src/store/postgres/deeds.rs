//! Audit entries that are to be taken back, and what happened after them.

use std::collections::{HashMap, HashSet};

use sqlx::postgres::PgBindIterExt as _;
use uuid::Uuid;

use super::session::Session;
use crate::{
    domain::{
        Result,
        audit::{AuditAction, AuditEntry},
        comment::Comment,
        id::{CommentId, SiteId},
        revert::{Revert, Target},
    },
    store::{
        outcome::LastDecision,
        rows::{self, Read as _, RowReader},
        undo::{BanState, Found},
    },
};

/// The entries of the revert's target.
pub(super) async fn find(tx: &mut Session, revert: &Revert) -> Result<Found> {
    let lone = match revert.target {
        Target::Batch(id) => return batch(tx, &revert.site, id).await,
        Target::Entry(id) => entry(tx, &revert.site, id).await?,
        Target::Last => newest(tx, revert).await?,
    };
    match lone.as_ref().and_then(|entry| entry.batch) {
        Some(id) if revert.target == Target::Last => batch(tx, &revert.site, id).await,
        _ => Ok(Found { entries: lone.into_iter().collect(), is_batch: false }),
    }
}

async fn entry(tx: &mut Session, site: &SiteId, id: Uuid) -> Result<Option<AuditEntry>> {
    let sql = concat!("select ", audit_entry_columns!(), " from audit where site_id = $1 and audit_id = $2");
    let row = sqlx::query(sql).bind(site.as_str()).bind(id).fetch_optional(tx).await?;
    row.map(|row| rows::audit_entry(&mut RowReader::new(&row))).transpose()
}

async fn batch(tx: &mut Session, site: &SiteId, id: Uuid) -> Result<Found> {
    let sql = concat!(
        "select ",
        audit_entry_columns!(),
        " from audit where site_id = $1 and batch_id = $2 order by audit_id"
    );
    let rows = sqlx::query(sql).bind(site.as_str()).bind(id).fetch_all(tx).await?;
    let entries = rows.iter().map(|row| rows::audit_entry(&mut RowReader::new(row))).collect::<Result<_>>()?;
    Ok(Found { entries, is_batch: true })
}

const NEWEST: &str = concat!(
    "select ",
    audit_entry_columns!(),
    " from audit where site_id = $1 and actor = $2 and at >= $3 and action = any ($4)
        and not exists (select 1 from audit r where r.site_id = $1 and r.reverts = audit.audit_id)
    order by at desc, audit_id desc limit 1"
);

/// The actor's newest deed that can be taken back and was not yet.
async fn newest(tx: &mut Session, revert: &Revert) -> Result<Option<AuditEntry>> {
    let query = sqlx::query(NEWEST).bind(revert.site.as_str()).bind(&revert.actor).bind(revert.own_since());
    let actions = AuditAction::revertible_as_last().map(AuditAction::as_str);
    let row = query.bind(actions.bind_iter()).fetch_optional(tx).await?;
    row.map(|row| rows::audit_entry(&mut RowReader::new(&row))).transpose()
}

/// The last entry of each comment, demands included.
pub(super) async fn last_entries(
    tx: &mut Session,
    site: &SiteId,
    ids: &[CommentId],
) -> Result<HashMap<CommentId, LastDecision>> {
    let sql = "select l.comment_id, l.audit_id, l.actor, l.at from unnest($2::uuid[]) i (comment_id)
        cross join lateral (
            select a.comment_id, a.audit_id, a.actor, a.at from audit a
            where a.site_id = $1 and a.comment_id = i.comment_id and a.to_status is not null
            order by a.revision desc, a.at desc, a.audit_id desc limit 1) l";
    let rows = sqlx::query(sql).bind(site.as_str()).bind(ids.iter().map(|id| id.0).bind_iter()).fetch_all(tx).await?;
    let pair = |row| {
        let mut columns = RowReader::new(row);
        let comment = CommentId(columns.uuid()?);
        Ok((comment, LastDecision { id: columns.uuid()?, actor: columns.text()?, at: columns.time()? }))
    };
    rows.iter().map(pair).collect()
}

/// Those of the entries that were taken back.
pub(super) async fn taken_back(tx: &mut Session, site: &SiteId, entries: &[Uuid]) -> Result<HashSet<Uuid>> {
    let sql = "select reverts from audit where site_id = $1 and reverts = any ($2)";
    let rows = sqlx::query(sql).bind(site.as_str()).bind(entries).fetch_all(tx).await?;
    rows.iter().map(|row| RowReader::new(row).uuid()).collect()
}

const LOCK_BANS: &str = "select ban_id, expires_at, revoked_at from bans where site_id = $1 and ban_id = any ($2)
    order by ban_id for no key update";

/// Two statements: the second sees what was written while the first waited.
const LAST_OF_BANS: &str = "select i.ban_id, l.audit_id from unnest($2::uuid[]) i (ban_id)
    cross join lateral (
        select a.audit_id from audit a where a.site_id = $1 and a.ban_id = i.ban_id and a.to_status is null
        order by a.at desc, a.audit_id desc limit 1) l";

/// Locks the bans.
pub(super) async fn lock_bans(tx: &mut Session, site: &SiteId, ids: &[Uuid]) -> Result<HashMap<Uuid, BanState>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let bans = sqlx::query(LOCK_BANS).bind(site.as_str()).bind(ids).fetch_all(&mut *tx).await?;
    let state = |row| {
        let mut columns = RowReader::new(row);
        let id = columns.uuid()?;
        Ok((id, BanState { expires_at: columns.time()?, revoked_at: columns.maybe_time()?, last: None }))
    };
    let mut bans = bans.iter().map(state).collect::<Result<HashMap<_, _>>>()?;
    let last = sqlx::query(LAST_OF_BANS).bind(site.as_str()).bind(ids).fetch_all(tx).await?;
    for row in &last {
        let mut columns = RowReader::new(row);
        if let Some(ban) = bans.get_mut(&columns.uuid()?) {
            ban.last = Some(columns.uuid()?);
        }
    }
    Ok(bans)
}

/// Comments as they are, without locks.
pub(super) async fn comments(
    tx: &mut Session,
    site: &SiteId,
    ids: &[CommentId],
) -> Result<HashMap<CommentId, Comment>> {
    let sql =
        concat!("select ", comment_columns!("c"), " from comments c where c.site_id = $1 and c.comment_id = any ($2)");
    let rows = sqlx::query(sql).bind(site.as_str()).bind(ids.iter().map(|id| id.0).bind_iter()).fetch_all(tx).await?;
    let pair = |row| rows::comment(&mut RowReader::new(row)).map(|comment| (comment.id, comment));
    rows.iter().map(pair).collect()
}
