//! What is kept about persons, and how it ends.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::{SqliteStore, comment, erasure, micros, outcomes, request};
use crate::{
    domain::{
        Result,
        comment::Comment,
        id::{CommentId, SiteId},
        page::Cursor,
        privacy::{Erasure, FiledReport, Outlived, PersonErasure},
        pseudonym::{Pseudonym, Salt},
        request::RequestRow,
    },
    store::{
        contract::PrivacyStore,
        keyset, outcome, parse, privacy,
        rows::{self, Read as _, RowReader},
        sql::{Connection, change_feed},
    },
};

const MAKE_SALT: &str =
    "insert into address_salts (site_id, month, salt) values ($1, $2, $3) on conflict (site_id, month) do nothing";

const SALTS: &str = "select salt from address_salts where site_id = $1 and month in (select value from json_each($2))
    order by month desc";

const BY_AUTHOR: &str = concat!(
    "select ",
    comment_columns!("c"),
    " from comments c indexed by comments_by_author
    where c.site_id = $1 and c.author = $2 and (c.created_at, c.comment_id) > ($3, $4) and c.status <> 'ERASED'
    order by c.created_at, c.comment_id limit $5"
);

const DEVICE: &str = "select device from comments where site_id = $1 and author = $2 and device is not null limit 1";

const REPORTS: &str = "select comment_id, reason, note, created_at from reports where site_id = $1 and reporter = $2
    order by created_at, comment_id";

/// By the index of exactly these.
const OUTLIVED: &str = "select c.comment_id from comments c indexed by comments_outlived
    where c.site_id = $1 and c.status in ('SPAM', 'REJECTED') and c.due_at is null
        and coalesce(c.reviewed_at, c.created_at) < case c.status when 'SPAM' then $2 else $3 end
        and coalesce(c.reviewed_at, c.created_at) < max($2, $3)
    order by coalesce(c.reviewed_at, c.created_at) limit $4";

#[async_trait]
impl PrivacyStore for SqliteStore {
    async fn salt(&self, site: &SiteId, month: &str, fresh: Salt) -> Result<Salt> {
        if let [salt] = salts(self, site, &[month.to_owned()]).await?[..] {
            return Ok(salt);
        }
        sqlx::query(MAKE_SALT).bind(site.as_str()).bind(month).bind(&fresh[..]).execute(&self.write).await?;
        salts(self, site, &[month.to_owned()]).await?.pop().ok_or_else(crate::store::error::overtaken)
    }

    async fn earlier_salts(&self, site: &SiteId, months: &[String]) -> Result<Vec<Salt>> {
        salts(self, site, months).await
    }

    async fn forget_salts(&self, site: &SiteId, before_month: &str) -> Result<u64> {
        let sql = "delete from address_salts where site_id = $1 and month < $2";
        Ok(sqlx::query(sql).bind(site.as_str()).bind(before_month).execute(&self.write).await?.rows_affected())
    }

    async fn erase(&self, erasure: &Erasure) -> Result<u64> {
        let erased: Result<u64> = in_transaction!(self, tx => erase(&mut tx, erasure).await?);
        if matches!(erased, Ok(1..)) {
            // The log holds the pages as they were.
            self.log.owe();
        }
        erased
    }

    async fn comments_by(
        &self,
        site: &SiteId,
        author: &str,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Vec<Comment>> {
        let start = keyset::ascending(after);
        let query = sqlx::query(BY_AUTHOR).bind(site.as_str()).bind(author).bind(micros(start.at)).bind(start.id);
        let rows = query.bind(parse::limit(limit)).fetch_all(&self.read).await?;
        rows.iter().map(|row| rows::comment(&mut RowReader::new(row))).collect()
    }

    async fn device_by(&self, site: &SiteId, author: &str) -> Result<Option<Pseudonym>> {
        let row = sqlx::query(DEVICE).bind(site.as_str()).bind(author).fetch_optional(&self.read).await?;
        row.map(|row| RowReader::new(&row).bytes()).transpose()
    }

    async fn reports_by(&self, site: &SiteId, reporter: Pseudonym) -> Result<Vec<FiledReport>> {
        let rows = sqlx::query(REPORTS).bind(site.as_str()).bind(&reporter[..]).fetch_all(&self.read).await?;
        rows.iter().map(|row| privacy::report(&mut RowReader::new(row))).collect()
    }

    async fn forget_reports(&self, site: &SiteId, reporter: Pseudonym, erasure: Uuid) -> Result<u64> {
        let forgotten: Result<u64> =
            in_transaction!(self, tx => erasure::forget_reports(&mut tx, site, reporter, erasure).await?);
        if matches!(forgotten, Ok(1..)) {
            self.log.owe();
        }
        forgotten
    }

    async fn begin_erasure(&self, site: &SiteId, erasure: &PersonErasure, request: &RequestRow) -> Result<()> {
        in_transaction!(self, tx => erasure::begin(&mut tx, site, erasure, request).await?)
    }

    async fn find_erasure(&self, site: &SiteId, request: Uuid) -> Result<Option<PersonErasure>> {
        erasure::find(&self.read, site, request).await
    }

    async fn erasing_sites(&self, before: DateTime<Utc>) -> Result<Vec<SiteId>> {
        erasure::sites(&self.read, before).await
    }

    async fn open_erasures(&self, site: &SiteId, limit: usize) -> Result<Vec<PersonErasure>> {
        erasure::open(&self.read, site, limit).await
    }

    async fn finish_erasure(&self, site: &SiteId, request: Uuid, at: DateTime<Utc>) -> Result<()> {
        erasure::finish(&self.write, site, request, at).await?;
        self.log.owe();
        Ok(())
    }

    async fn count_by(&self, site: &SiteId, authors: &[String], most: usize) -> Result<u64> {
        erasure::count_by(&self.read, site, authors, most).await
    }

    async fn outlived(&self, site: &SiteId, outlived: &Outlived, limit: usize) -> Result<Vec<CommentId>> {
        let query = sqlx::query(OUTLIVED)
            .bind(site.as_str())
            .bind(micros(outlived.spam_before))
            .bind(micros(outlived.rejected_before));
        let rows = query.bind(parse::limit(limit)).fetch_all(&self.read).await?;
        rows.iter().map(|row| RowReader::new(row).uuid().map(CommentId)).collect()
    }

    async fn prune_changes(&self, site: &SiteId, before: DateTime<Utc>, limit: usize) -> Result<u64> {
        in_transaction!(self, tx => change_feed::prune(&mut Connection::from(&mut *tx), site, before, limit).await?)
    }
}

async fn salts(store: &SqliteStore, site: &SiteId, months: &[String]) -> Result<Vec<Salt>> {
    let rows = sqlx::query(SALTS).bind(site.as_str()).bind(parse::json_list(months)).fetch_all(&store.read).await?;
    rows.iter().map(|row| RowReader::new(row).bytes()).collect()
}

/// Overwrites fingerprint and author key with the comment's own id, so that it can no longer be linked. Removes notes on the
/// comment and on bans made from it; the note of the erasure itself ($3) stays.
const EMPTY: &str = "
    delete from reports where site_id = $1 and comment_id = $2;
    delete from notes where site_id = $1 and comment_id = $2;
    delete from audit_notes where site_id = $1 and comment_id = $2 and audit_id <> $3;
    delete from audit_notes where site_id = $1 and ban_id in (select ban_id from bans where site_id = $1 and comment_id = $2);
    update bans set note = '' where site_id = $1 and comment_id = $2 and note <> '';
    update comments set author_name = '', title = '', content = '', folded = '', findings = '[]', spam_score = 0.0,
        device = null, address = null, prefix = null, skeleton = null,
        fingerprint = comment_id, author = lower(hex(comment_id))
    where site_id = $1 and comment_id = $2";

async fn erase(tx: &mut SqliteConnection, erasure: &Erasure) -> Result<u64> {
    let mut erased = 0;
    for (entry, id) in &erasure.items {
        let found = comment::find(&mut *tx, &erasure.site, *id).await?;
        let Some(outcome) = found.and_then(|comment| outcome::erase(erasure, *entry, comment)) else { continue };
        outcomes::write(&mut (&mut *tx).into(), &erasure.site, std::slice::from_ref(&outcome)).await?;
        sqlx::query(EMPTY).bind(erasure.site.as_str()).bind(id.0).bind(entry).execute(&mut *tx).await?;
        erased += 1;
    }
    if let Some(row) = erasure.remember.as_ref().filter(|_| erased > 0) {
        request::insert(tx, &erasure.site, row, erasure.batch, erasure.at).await?;
    }
    if let Some(request) = erasure.request_id.filter(|_| erased > 0) {
        let sql = "update erasures set comments = comments + $3 where site_id = $1 and request_id = $2";
        let query = sqlx::query(sql).bind(erasure.site.as_str()).bind(request).bind(privacy::signed(erased));
        query.execute(tx).await?;
    }
    Ok(erased)
}
