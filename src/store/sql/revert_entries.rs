//! Audit entries to revert, and the later entries of their subjects.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::{Connection, List, Row, Rows, Statement, audit, records::AUDIT_ENTRY};
use crate::{
    domain::{
        Result,
        audit::{AuditAction, AuditEntry},
        id::SiteId,
        revert::{Revert, Target},
    },
    store::revert::{BanState, FoundEntries},
};

pub(super) async fn find(tx: &mut Connection<'_>, revert: &Revert) -> Result<FoundEntries> {
    let lone = match revert.target {
        Target::Batch(id) => return batch(tx, &revert.site, id).await,
        Target::Entry(id) => entry(tx, &revert.site, id).await?,
        Target::Last => newest(tx, revert).await?,
    };
    match lone.as_ref().and_then(|entry| entry.batch) {
        Some(id) if revert.target == Target::Last => batch(tx, &revert.site, id).await,
        _ => Ok(FoundEntries { entries: lone.into_iter().collect(), is_batch: false }),
    }
}

async fn entry(tx: &mut Connection<'_>, site: &SiteId, id: Uuid) -> Result<Option<AuditEntry>> {
    let entries = Statement::new("select ")
        .columns(&AUDIT_ENTRY, "a")
        .push(" from audit a where a.site_id = :site and a.audit_id = :id")
        .bind("site", site)
        .bind("id", id)
        .fetch_all(tx)
        .await?;
    Ok(audit::read_all(&entries)?.pop())
}

async fn batch(tx: &mut Connection<'_>, site: &SiteId, id: Uuid) -> Result<FoundEntries> {
    let entries = Statement::new("select ")
        .columns(&AUDIT_ENTRY, "a")
        .push(
            " from audit a { | indexed by audit_by_batch} where a.site_id = :site and a.batch_id = :batch
            order by a.audit_id",
        )
        .bind("site", site)
        .bind("batch", id)
        .fetch_all(tx)
        .await?;
    Ok(FoundEntries { entries: audit::read_all(&entries)?, is_batch: true })
}

/// Returns the actor's newest entry that can be reverted and has not been reverted.
async fn newest(tx: &mut Connection<'_>, revert: &Revert) -> Result<Option<AuditEntry>> {
    let entries = Statement::new("select ")
        .columns(&AUDIT_ENTRY, "a")
        .push(
            " from audit a { | indexed by audit_by_actor}
            where a.site_id = :site and a.actor = :actor and a.at >= :since and a.action in :actions
                and not exists (select 1 from audit r { | indexed by audit_by_reverted}
                    where r.site_id = :site and r.reverts = a.audit_id)
            order by a.at desc, a.audit_id desc limit 1",
        )
        .bind("site", &revert.site)
        .bind("actor", &revert.actor)
        .bind("since", revert.own_since())
        .bind("actions", List::texts(AuditAction::revertible_as_last().map(AuditAction::as_str)))
        .fetch_all(tx)
        .await?;
    Ok(audit::read_all(&entries)?.pop())
}

pub(super) async fn reverted(tx: &mut Connection<'_>, site: &SiteId, entries: &[Uuid]) -> Result<HashSet<Uuid>> {
    let rows = Statement::new(
        "select a.reverts from audit a { | indexed by audit_by_reverted}
        where a.site_id = :site and a.reverts in :entries",
    )
    .bind("site", site)
    .bind("entries", List::uuids(entries.iter().copied()))
    .fetch_all(tx)
    .await?;
    rows.iter().map(|row| row.fields().get("reverts")).collect()
}

/// Locks the bans. A second statement reads their last entries, so that it sees what was written while the first one
/// waited for the locks.
pub(super) async fn lock_bans(tx: &mut Connection<'_>, site: &SiteId, ids: &[Uuid]) -> Result<HashMap<Uuid, BanState>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let locked = Statement::new(
        "select b.ban_id, b.expires_at, b.revoked_at from bans b where b.site_id = :site and b.ban_id in :ids
        order by b.ban_id {for no key update | }",
    )
    .bind("site", site)
    .bind("ids", List::uuids(ids.iter().copied()))
    .fetch_all(&mut *tx)
    .await?;
    let mut last = last_of_bans(tx, site, ids).await?;
    let state = |row: &Row| {
        let row = row.fields();
        let id: Uuid = row.get("ban_id")?;
        let (expires_at, revoked_at) = (row.get("expires_at")?, row.get("revoked_at")?);
        Ok((id, BanState { expires_at, revoked_at, last: last.remove(&id) }))
    };
    locked.iter().map(state).collect()
}

async fn last_of_bans(tx: &mut Connection<'_>, site: &SiteId, ids: &[Uuid]) -> Result<HashMap<Uuid, Uuid>> {
    let rows = Statement::new(
        "select i.ban_id, (
            select a.audit_id from audit a { | indexed by audit_by_ban}
            where a.site_id = :site and a.ban_id = i.ban_id and a.to_status is null
            order by a.at desc, a.audit_id desc limit 1) as audit_id
        from :bans i",
    )
    .bind("site", site)
    .bind("bans", Rows::new().column("ban_id", List::uuids(ids.iter().copied())))
    .fetch_all(tx)
    .await?;
    let mut last = HashMap::new();
    for row in &rows {
        let row = row.fields();
        if let Some(entry) = row.get("audit_id")? {
            last.insert(row.get("ban_id")?, entry);
        }
    }
    Ok(last)
}
