//! Reverts. The lock order is that of decisions: replies, roots, then bans, and articles last.

use super::{
    Connection, List, Rows, Statement, audit, decision, outcomes, request,
    revert_entries::{self, find, reverted},
};
use crate::{
    domain::{
        Result,
        id::SiteId,
        revert::{Revert, RevertResult},
    },
    store::{
        outcome,
        revert::{BanChange, CheckedRevert, Remembered, RevertState},
    },
};

/// Reverts decisions and bans. If a concurrent request with the same id commits while this one waits for a lock, the
/// unique key of the request row makes this one start again. The stored response is read after the entries: otherwise
/// the entries that the concurrent request has just reverted would seem to be missing.
pub(super) async fn revert(tx: &mut Connection<'_>, revert: &Revert) -> Result<RevertResult> {
    let site = &revert.site;
    let found = find(tx, revert).await?;
    let first: Option<Remembered> = request::replay(tx, site, revert.request.as_ref()).await?;
    if let Some(first) = first {
        let comments = decision::find(tx, site, &first.comments()).await?;
        return Ok(first.answer(&comments));
    }
    let checked = CheckedRevert::check(revert, found)?;
    let (result, changes) = checked.settle(&lock(tx, site, &checked).await?);
    outcomes::write(tx, site, &changes.comments).await?;
    write_bans(tx, site, &changes.bans).await?;
    if let Some(request) = &revert.request {
        let row = outcome::answered(request, &Remembered::of(&result))?;
        request::insert(tx, site, &row, request.id, revert.at).await?;
    }
    Ok(result)
}

/// Locks the subjects of the entries and reads their state. The latest entries are read after locking, because before
/// that they may be stale.
async fn lock(tx: &mut Connection<'_>, site: &SiteId, checked: &CheckedRevert<'_>) -> Result<RevertState> {
    let ids = checked.comments();
    let comments = decision::lock(tx, site, &ids).await?;
    let bans = revert_entries::lock_bans(tx, site, &checked.bans()).await?;
    let last = audit::last_entries(tx, site, &ids).await?;
    let reverted = reverted(tx, site, &checked.entries()).await?;
    Ok(RevertState { comments, last, bans, reverted })
}

async fn write_bans(tx: &mut Connection<'_>, site: &SiteId, changes: &[BanChange]) -> Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    let rows = Rows::new()
        .column("ban_id", List::uuids(changes.iter().map(|change| change.ban)))
        .column("revoked_at", List::times(changes.iter().map(|change| change.revoked_at)))
        .column("revoked_by", List::texts(changes.iter().map(|change| change.revoked_by.as_str())));
    Statement::new(
        "update bans as b set revoked_at = i.revoked_at, revoked_by = i.revoked_by
        from :rows i where b.site_id = :site and b.ban_id = i.ban_id",
    )
    .bind("rows", rows)
    .bind("site", site)
    .execute(&mut *tx)
    .await?;
    audit::insert_all(tx, site, changes.iter().map(|change| &change.entry)).await
}
