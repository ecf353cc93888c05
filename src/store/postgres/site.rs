//! How sites take comments. A site's first change makes its row.

use uuid::Uuid;

use super::{audit, request, session::Session};
use crate::{
    domain::{
        Result,
        id::SiteId,
        mode::Mode,
        site::{LockdownCall, Site, SiteChange},
    },
    store::{
        error, outcome,
        rows::{self, RowReader},
        site::SiteDeed,
    },
};

pub(super) async fn update(tx: &mut Session, change: &SiteChange) -> Result<Site> {
    let done = (&change.site, change.audit_id, change.at);
    write(tx, done, change, |site| change.apply(site)).await
}

pub(super) async fn lock_down(tx: &mut Session, call: &LockdownCall) -> Result<Site> {
    let done = (&call.site, call.audit_id, call.at);
    write(tx, done, call, |site| Ok(call.apply(site))).await
}

const LOCK: &str = concat!("select ", site_columns!("s"), " from sites s where s.site_id = $1 for no key update");

const CREATE: &str = "
    insert into sites (site_id, mode, auto_close_days, report_threshold, revision, lockdown_until, lockdown_note, lockdown_by,
        lockdown_harder_challenges)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing";

const CHANGE: &str = "update sites set mode = $2, auto_close_days = $3, report_threshold = $4, revision = $5,
        lockdown_until = $6, lockdown_note = $7, lockdown_by = $8, lockdown_harder_challenges = $9
        where site_id = $1";

type Done<'a> = (&'a SiteId, Uuid, chrono::DateTime<chrono::Utc>);

async fn write(
    tx: &mut Session,
    (site_id, audit_id, at): Done<'_>,
    deed: &(impl SiteDeed + Sync),
    apply: impl FnOnce(Site) -> Result<Site>,
) -> Result<Site> {
    let row = sqlx::query(LOCK).bind(site_id.as_str()).fetch_optional(&mut *tx).await?;
    if let Some(first) = request::replay(tx, site_id, deed.request()).await? {
        return Ok(first);
    }
    let current = row.as_ref().map(|row| rows::site(&mut RowReader::new(row))).transpose()?;
    let sql = if current.is_none() { CREATE } else { CHANGE };
    let site = apply(current.unwrap_or_default())?;
    let lockdown = site.lockdown.as_ref();
    let query = sqlx::query(sql).bind(site_id.as_str()).bind(site.mode.map(Mode::as_str)).bind(site.auto_close_days);
    let query = query.bind(site.report_threshold).bind(site.revision).bind(lockdown.map(|lockdown| lockdown.until));
    let query = query.bind(lockdown.map_or("", |lockdown| &lockdown.note));
    let query = query.bind(lockdown.map_or("", |lockdown| &lockdown.called_by));
    let query = query.bind(lockdown.is_some_and(|lockdown| lockdown.harder_challenges));
    if query.execute(&mut *tx).await?.rows_affected() == 0 {
        // Somebody made the row in between: what they wrote must not be lost.
        return Err(error::overtaken());
    }
    audit::insert(tx, site_id, &deed.entry(&site)).await?;
    if let Some(request) = deed.request() {
        let row = outcome::answered(request, &site)?;
        request::insert(tx, site_id, &row, audit_id, at).await?;
    }
    Ok(site)
}
