//! Taking something back. Locks as decisions do: replies, roots, then bans, and articles last.

use sqlx::postgres::PgBindIterExt as _;

use super::{audit, decision, deeds, outcomes, request, session::Session};
use crate::{
    domain::{
        Result,
        id::SiteId,
        revert::{Revert, RevertResult},
    },
    store::{
        outcome,
        undo::{BanChange, Ground, Remembered, Undo},
    },
};

/// A twin of the request that commits while this one waits for a lock lets it start again, through the request row's unique key. Its
/// answer is looked for after the entries, so that what a twin took back is never just missing.
pub(super) async fn revert(tx: &mut Session, revert: &Revert) -> Result<RevertResult> {
    let site = &revert.site;
    let found = deeds::find(tx, revert).await?;
    let first: Option<Remembered> = request::replay(tx, site, revert.request.as_ref()).await?;
    if let Some(first) = first {
        let comments = deeds::comments(tx, site, &first.comments()).await?;
        return Ok(first.answer(&comments));
    }
    let undo = Undo::check(revert, found)?;
    let (undone, changes) = undo.settle(&ground(tx, site, &undo).await?);
    outcomes::write(tx, site, &changes.comments).await?;
    write_bans(tx, site, &changes.bans).await?;
    if let Some(request) = &revert.request {
        let row = outcome::answered(request, &Remembered::of(&undone))?;
        request::insert(tx, site, &row, request.id, revert.at).await?;
    }
    Ok(undone)
}

async fn ground(tx: &mut Session, site: &SiteId, undo: &Undo<'_>) -> Result<Ground> {
    let ids = undo.comments();
    let comments = decision::lock(tx, site, &ids).await?;
    let bans = deeds::lock_bans(tx, site, &undo.bans()).await?;
    // Only now, under the locks, is the last entry the last.
    let last = deeds::last_entries(tx, site, &ids).await?;
    let taken_back = deeds::taken_back(tx, site, &undo.entries()).await?;
    Ok(Ground { comments, last, bans, taken_back })
}

const UPDATE: &str = "
    update bans b set revoked_at = i.revoked_at, revoked_by = i.revoked_by
    from unnest($2::uuid[], $3::timestamptz[], $4::text[]) i (ban_id, revoked_at, revoked_by)
    where b.site_id = $1 and b.ban_id = i.ban_id";

async fn write_bans(tx: &mut Session, site: &SiteId, changes: &[BanChange]) -> Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    sqlx::query(UPDATE)
        .bind(site.as_str())
        .bind(changes.iter().map(|change| change.ban).bind_iter())
        .bind(changes.iter().map(|change| change.revoked_at).bind_iter())
        .bind(changes.iter().map(|change| change.revoked_by.as_str()).bind_iter())
        .execute(&mut *tx)
        .await?;
    audit::insert_all(tx, site, changes.iter().map(|change| &change.entry)).await
}
