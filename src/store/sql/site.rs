//! The policies of sites. A site's first change creates its row, which later changes lock.

use super::{
    Connection, Statement, audit,
    change_feed::{self, NewChange},
    records::{self, SITE},
    request,
};
use crate::{
    domain::{
        Result,
        audit::{AuditAction, AuditEntry},
        change::ChangeKind,
        id::SiteId,
        mode::Mode,
        request::RequestRow,
        site::{LockdownCall, Site, SiteChange},
    },
    store::{error, outcome},
};

pub(super) async fn update(tx: &mut Connection<'_>, change: &SiteChange) -> Result<Site> {
    let SiteChange { site: id, request, .. } = change;
    let current = lock(tx, id).await?;
    if let Some(first) = request::replay(tx, id, request.as_ref()).await? {
        return Ok(first);
    }
    let is_new = current.is_none();
    let site = change.apply(current.unwrap_or_default())?;
    write(tx, id, &site, is_new).await?;
    let entry = AuditEntry::new(change.audit_id, AuditAction::UpdateSite, &change.actor, change.at);
    let entry = AuditEntry { note: change.summary(), ..entry };
    record(tx, id, &site, entry, request.as_ref()).await?;
    Ok(site)
}

pub(super) async fn lock_down(tx: &mut Connection<'_>, call: &LockdownCall) -> Result<Site> {
    let LockdownCall { site: id, request, .. } = call;
    let current = lock(tx, id).await?;
    if let Some(first) = request::replay(tx, id, request.as_ref()).await? {
        return Ok(first);
    }
    let is_new = current.is_none();
    let site = call.apply(current.unwrap_or_default());
    write(tx, id, &site, is_new).await?;
    let entry = AuditEntry::new(call.audit_id, AuditAction::Lockdown, &call.actor, call.at);
    let entry = AuditEntry { note: call.summary(), ..entry };
    record(tx, id, &site, entry, request.as_ref()).await?;
    Ok(site)
}

async fn lock(tx: &mut Connection<'_>, id: &SiteId) -> Result<Option<Site>> {
    let row = Statement::new("select ")
        .columns(&SITE, "s")
        .push(" from sites s where s.site_id = :site {for no key update | }")
        .bind("site", id)
        .fetch_optional(tx)
        .await?;
    row.map(|row| records::site(Some(row.of(&SITE, "s")?))).transpose()
}

async fn write(tx: &mut Connection<'_>, id: &SiteId, site: &Site, is_new: bool) -> Result<()> {
    let write = if is_new {
        "insert into sites (site_id, mode, auto_close_days, report_threshold, revision, lockdown_until, lockdown_note, lockdown_by,
            lockdown_harder_challenges)
        values (:site, :mode, :auto_close_days, :report_threshold, :revision, :lockdown_until, :lockdown_note, :lockdown_by,
            :lockdown_harder_challenges)
        on conflict do nothing"
    } else {
        "update sites set mode = :mode, auto_close_days = :auto_close_days, report_threshold = :report_threshold,
            revision = :revision, lockdown_until = :lockdown_until, lockdown_note = :lockdown_note, lockdown_by = :lockdown_by,
            lockdown_harder_challenges = :lockdown_harder_challenges
        where site_id = :site"
    };
    let lockdown = site.lockdown.as_ref();
    let written = Statement::new(write)
        .bind("site", id)
        .bind("mode", site.mode.map(Mode::as_str))
        .bind("auto_close_days", site.auto_close_days)
        .bind("report_threshold", site.report_threshold)
        .bind("revision", site.revision)
        .bind("lockdown_until", lockdown.map(|lockdown| lockdown.until))
        .bind("lockdown_note", lockdown.map_or("", |lockdown| &lockdown.note))
        .bind("lockdown_by", lockdown.map_or("", |lockdown| &lockdown.called_by))
        .bind("lockdown_harder_challenges", lockdown.is_some_and(|lockdown| lockdown.harder_challenges))
        .execute(tx)
        .await?;
    // No row is written if a concurrent transaction created the row. This transaction then starts again, so that the
    // other change is not lost.
    if written == 0 { Err(error::overtaken()) } else { Ok(()) }
}

/// Writes the audit entry and the change-feed row of a change whose result is `site`, and stores the request.
async fn record(
    tx: &mut Connection<'_>,
    id: &SiteId,
    site: &Site,
    entry: AuditEntry,
    request: Option<&RequestRow>,
) -> Result<()> {
    let (audit_id, at) = (entry.id, entry.at);
    let entry = AuditEntry { revision: site.revision, request_id: request.map(|request| request.id), ..entry };
    audit::insert(tx, id, &entry).await?;
    let kind = ChangeKind::SiteChanged;
    let change = NewChange { site: id, kind, comment: None, article: None, revision: site.revision, at };
    change_feed::add(tx, &[change]).await?;
    if let Some(request) = request {
        let row = outcome::answered(request, site)?;
        request::insert(tx, id, &row, audit_id, at).await?;
    }
    Ok(())
}
