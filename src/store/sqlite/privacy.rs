//! What is kept about persons, and how it ends.

use async_trait::async_trait;
use sqlx::SqliteConnection;

use super::{SqliteStore, comment, decision, micros, request};
use crate::{
    domain::{
        Result,
        comment::Comment,
        id::{CommentId, SiteId},
        page::Cursor,
        privacy::{Erasure, FiledReport, Outlived},
        submission::{Pseudonym, Salt},
    },
    store::{
        contract::PrivacyStore,
        keyset, outcome, parse, privacy,
        rows::{self, Read as _, Reader},
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
        rows.iter().map(|row| rows::comment(&mut Reader::new(row))).collect()
    }

    async fn device_by(&self, site: &SiteId, author: &str) -> Result<Option<Pseudonym>> {
        let row = sqlx::query(DEVICE).bind(site.as_str()).bind(author).fetch_optional(&self.read).await?;
        row.map(|row| Reader::new(&row).bytes()).transpose()
    }

    async fn reports_by(&self, site: &SiteId, reporter: Pseudonym) -> Result<Vec<FiledReport>> {
        let rows = sqlx::query(REPORTS).bind(site.as_str()).bind(&reporter[..]).fetch_all(&self.read).await?;
        rows.iter().map(|row| privacy::report(&mut Reader::new(row))).collect()
    }

    async fn forget_reports(&self, site: &SiteId, reporter: Pseudonym) -> Result<u64> {
        let sql = "delete from reports where site_id = $1 and reporter = $2";
        let query = sqlx::query(sql).bind(site.as_str()).bind(&reporter[..]);
        let forgotten = query.execute(&self.write).await?.rows_affected();
        if forgotten > 0 {
            self.log.owe();
        }
        Ok(forgotten)
    }

    async fn outlived(&self, site: &SiteId, outlived: &Outlived, limit: usize) -> Result<Vec<CommentId>> {
        let query = sqlx::query(OUTLIVED)
            .bind(site.as_str())
            .bind(micros(outlived.spam_before))
            .bind(micros(outlived.rejected_before));
        let rows = query.bind(parse::limit(limit)).fetch_all(&self.read).await?;
        rows.iter().map(|row| Reader::new(row).uuid().map(CommentId)).collect()
    }
}

async fn salts(store: &SqliteStore, site: &SiteId, months: &[String]) -> Result<Vec<Salt>> {
    let rows = sqlx::query(SALTS).bind(site.as_str()).bind(parse::json_list(months)).fetch_all(&store.read).await?;
    rows.iter().map(|row| Reader::new(row).bytes()).collect()
}

/// What it is alike to and whose it is become its own id: nothing else has those.
const EMPTY: &str = "
    delete from reports where site_id = $1 and comment_id = $2;
    delete from notes where site_id = $1 and comment_id = $2;
    update comments set author_name = '', title = '', content = '', folded = '', findings = '[]', spam_score = 0.0,
        device = null, address = null, prefix = null, skeleton = null,
        fingerprint = comment_id, author = lower(hex(comment_id))
    where site_id = $1 and comment_id = $2";

async fn erase(tx: &mut SqliteConnection, erasure: &Erasure) -> Result<u64> {
    let mut erased = 0;
    for (entry, id) in &erasure.items {
        let found = comment::find(&mut *tx, &erasure.site, *id).await?;
        let Some(outcome) = found.and_then(|comment| outcome::erase(erasure, *entry, comment)) else { continue };
        decision::write(tx, &erasure.site, &outcome).await?;
        sqlx::query(EMPTY).bind(erasure.site.as_str()).bind(id.0).execute(&mut *tx).await?;
        erased += 1;
    }
    if let Some(row) = &erasure.remember {
        request::insert(tx, &erasure.site, row, erasure.batch, erasure.at).await?;
    }
    Ok(erased)
}
