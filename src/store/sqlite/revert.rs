//! Taking something back.

use sqlx::SqliteConnection;

use super::{audit, comment, decision, deeds, micros, request};
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

pub(super) async fn revert(tx: &mut SqliteConnection, revert: &Revert) -> Result<RevertResult> {
    let site = &revert.site;
    let first: Option<Remembered> = request::replay(tx, site, revert.request.as_ref()).await?;
    if let Some(first) = first {
        let mut comments = std::collections::HashMap::new();
        for id in first.comments() {
            comments.extend(comment::find(&mut *tx, site, id).await?.map(|comment| (id, comment)));
        }
        return Ok(first.answer(&comments));
    }
    let undo = Undo::check(revert, deeds::find(tx, revert).await?)?;
    let (undone, changes) = undo.settle(&ground(tx, site, &undo).await?);
    for outcome in &changes.comments {
        decision::write(tx, site, outcome).await?;
    }
    for change in &changes.bans {
        write_ban(tx, site, change).await?;
    }
    if let Some(request) = &revert.request {
        let row = outcome::answered(request, &Remembered::of(&undone))?;
        request::insert(tx, site, &row, request.id, revert.at).await?;
    }
    Ok(undone)
}

async fn ground(tx: &mut SqliteConnection, site: &SiteId, undo: &Undo<'_>) -> Result<Ground> {
    let mut ground = Ground::default();
    for id in undo.comments() {
        ground.comments.extend(comment::find(&mut *tx, site, id).await?.map(|comment| (id, comment)));
        ground.last.extend(deeds::last_entry(tx, site, id).await?.map(|last| (id, last)));
    }
    for id in undo.bans() {
        ground.bans.extend(deeds::ban(tx, site, id).await?.map(|ban| (id, ban)));
    }
    for entry in undo.entries() {
        if deeds::is_taken_back(tx, site, entry).await? {
            ground.taken_back.insert(entry);
        }
    }
    Ok(ground)
}

const UPDATE: &str = "update bans set revoked_at = $3, revoked_by = $4 where site_id = $1 and ban_id = $2";

async fn write_ban(tx: &mut SqliteConnection, site: &SiteId, change: &BanChange) -> Result<()> {
    let query = sqlx::query(UPDATE).bind(site.as_str()).bind(change.ban).bind(change.revoked_at.map(micros));
    query.bind(&change.revoked_by).execute(&mut *tx).await?;
    audit::insert(tx, site, &change.entry).await
}
