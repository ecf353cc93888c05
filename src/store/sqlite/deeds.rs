//! Audit entries that are to be taken back, and what happened after them.

use sqlx::SqliteConnection;
use uuid::Uuid;

use super::micros;
use crate::{
    domain::{
        Result,
        audit::{AuditAction, AuditEntry},
        id::{CommentId, SiteId},
        revert::{Revert, Target},
    },
    store::{
        outcome::LastDecision,
        parse,
        rows::{self, Read as _, RowReader},
        undo::{BanState, Found},
    },
};

/// The entries of the revert's target.
pub(super) async fn find(tx: &mut SqliteConnection, revert: &Revert) -> Result<Found> {
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

async fn entry(tx: &mut SqliteConnection, site: &SiteId, id: Uuid) -> Result<Option<AuditEntry>> {
    let sql = concat!("select ", audit_entry_columns!(), " from audit where site_id = $1 and audit_id = $2");
    let row = sqlx::query(sql).bind(site.as_str()).bind(id).fetch_optional(tx).await?;
    row.map(|row| rows::audit_entry(&mut RowReader::new(&row))).transpose()
}

async fn batch(tx: &mut SqliteConnection, site: &SiteId, id: Uuid) -> Result<Found> {
    let sql = concat!(
        "select ",
        audit_entry_columns!(),
        " from audit indexed by audit_by_batch where site_id = $1 and batch_id = $2 order by audit_id"
    );
    let rows = sqlx::query(sql).bind(site.as_str()).bind(id).fetch_all(tx).await?;
    let entries = rows.iter().map(|row| rows::audit_entry(&mut RowReader::new(row))).collect::<Result<_>>()?;
    Ok(Found { entries, is_batch: true })
}

const NEWEST: &str = concat!(
    "select ",
    audit_entry_columns!(),
    " from audit indexed by audit_by_actor
    where site_id = $1 and actor = $2 and at >= $3 and action in (select value from json_each($4))
        and not exists (select 1 from audit r indexed by audit_by_reverted where r.site_id = $1 and r.reverts = audit.audit_id)
    order by at desc, audit_id desc limit 1"
);

/// The actor's newest deed that can be taken back and was not yet.
async fn newest(tx: &mut SqliteConnection, revert: &Revert) -> Result<Option<AuditEntry>> {
    let query = sqlx::query(NEWEST).bind(revert.site.as_str()).bind(&revert.actor).bind(micros(revert.own_since()));
    let actions = parse::json_list(AuditAction::revertible_as_last().map(AuditAction::as_str));
    let row = query.bind(actions).fetch_optional(tx).await?;
    row.map(|row| rows::audit_entry(&mut RowReader::new(&row))).transpose()
}

/// The last entry of a comment, demands included.
pub(super) async fn last_entry(
    tx: &mut SqliteConnection,
    site: &SiteId,
    id: CommentId,
) -> Result<Option<LastDecision>> {
    let sql = "select audit_id, actor, at from audit where site_id = $1 and comment_id = $2 and to_status is not null
        order by revision desc, at desc, audit_id desc limit 1";
    let row = sqlx::query(sql).bind(site.as_str()).bind(id.0).fetch_optional(tx).await?;
    row.map(|row| {
        let mut columns = RowReader::new(&row);
        Ok(LastDecision { id: columns.uuid()?, actor: columns.text()?, at: columns.time()? })
    })
    .transpose()
}

pub(super) async fn is_taken_back(tx: &mut SqliteConnection, site: &SiteId, entry: Uuid) -> Result<bool> {
    let sql = "select exists (select 1 from audit indexed by audit_by_reverted where site_id = $1 and reverts = $2)";
    let row = sqlx::query(sql).bind(site.as_str()).bind(entry).fetch_one(tx).await?;
    RowReader::new(&row).flag()
}

const BAN: &str = "select expires_at, revoked_at,
        (select a.audit_id from audit a indexed by audit_by_ban
            where a.site_id = b.site_id and a.ban_id = b.ban_id and a.to_status is null
            order by a.at desc, a.audit_id desc limit 1)
    from bans b where b.site_id = $1 and b.ban_id = $2";

pub(super) async fn ban(tx: &mut SqliteConnection, site: &SiteId, id: Uuid) -> Result<Option<BanState>> {
    let row = sqlx::query(BAN).bind(site.as_str()).bind(id).fetch_optional(tx).await?;
    row.map(|row| {
        let mut columns = RowReader::new(&row);
        let (expires_at, revoked_at) = (columns.time()?, columns.maybe_time()?);
        Ok(BanState { expires_at, revoked_at, last: columns.maybe_uuid()? })
    })
    .transpose()
}
