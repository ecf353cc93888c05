//! How sites take comments. A site's first change makes its row.

use sqlx::SqliteConnection;
use uuid::Uuid;

use super::{audit, micros, request};
use crate::{
    domain::{
        Result,
        id::SiteId,
        mode::Mode,
        site::{LockdownCall, Site, SiteChange},
    },
    store::{
        outcome,
        rows::{self, RowReader},
        site::SiteDeed,
    },
};

pub(super) async fn update(tx: &mut SqliteConnection, change: &SiteChange) -> Result<Site> {
    let done = (&change.site, change.audit_id, change.at);
    write(tx, done, change, |site| change.apply(site)).await
}

pub(super) async fn lock_down(tx: &mut SqliteConnection, call: &LockdownCall) -> Result<Site> {
    let done = (&call.site, call.audit_id, call.at);
    write(tx, done, call, |site| Ok(call.apply(site))).await
}

const FIND: &str = concat!("select ", site_columns!("s"), " from sites s where s.site_id = $1");

const PUT: &str = "
    insert into sites (site_id, mode, auto_close_days, report_threshold, revision, lockdown_until, lockdown_note, lockdown_by,
        lockdown_harder_challenges)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    on conflict (site_id) do update set mode = excluded.mode, auto_close_days = excluded.auto_close_days,
        report_threshold = excluded.report_threshold, revision = excluded.revision, lockdown_until = excluded.lockdown_until,
        lockdown_note = excluded.lockdown_note, lockdown_by = excluded.lockdown_by,
        lockdown_harder_challenges = excluded.lockdown_harder_challenges";

type Done<'a> = (&'a SiteId, Uuid, chrono::DateTime<chrono::Utc>);

async fn write(
    tx: &mut SqliteConnection,
    (site_id, audit_id, at): Done<'_>,
    deed: &(impl SiteDeed + Sync),
    apply: impl FnOnce(Site) -> Result<Site>,
) -> Result<Site> {
    if let Some(first) = request::replay(tx, site_id, deed.request()).await? {
        return Ok(first);
    }
    let row = sqlx::query(FIND).bind(site_id.as_str()).fetch_optional(&mut *tx).await?;
    let current = row.as_ref().map(|row| rows::site(&mut RowReader::new(row))).transpose()?;
    let site = apply(current.unwrap_or_default())?;
    let lockdown = site.lockdown.as_ref();
    sqlx::query(PUT)
        .bind(site_id.as_str())
        .bind(site.mode.map(Mode::as_str))
        .bind(site.auto_close_days)
        .bind(site.report_threshold)
        .bind(site.revision)
        .bind(lockdown.map(|lockdown| micros(lockdown.until)))
        .bind(lockdown.map_or("", |lockdown| &lockdown.note))
        .bind(lockdown.map_or("", |lockdown| &lockdown.called_by))
        .bind(lockdown.is_some_and(|lockdown| lockdown.harder_challenges))
        .execute(&mut *tx)
        .await?;
    audit::insert(tx, site_id, &deed.entry(&site)).await?;
    if let Some(request) = deed.request() {
        let row = outcome::answered(request, &site)?;
        request::insert(tx, site_id, &row, audit_id, at).await?;
    }
    Ok(site)
}
