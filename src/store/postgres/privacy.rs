//! What is kept about persons, and how it ends.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{PostgresStore, decision, erasure, outcomes, request, session::Session};
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

/// The conflict waits for whoever makes the same, so that the next look sees it.
const MAKE_SALT: &str =
    "insert into address_salts (site_id, month, salt) values ($1, $2, $3) on conflict (site_id, month) do nothing";

const SALTS: &str = "select salt from address_salts where site_id = $1 and month = any($2::text[]) order by month desc";

const BY_AUTHOR: &str = concat!(
    "select ",
    comment_columns!("c"),
    " from comments c where c.site_id = $1 and c.author = $2 and (c.created_at, c.comment_id) > ($3, $4) and c.status <> 'ERASED'
    order by c.created_at, c.comment_id limit $5"
);

const DEVICE: &str = "select device from comments where site_id = $1 and author = $2 and device is not null limit 1";

const REPORTS: &str = "select comment_id, reason, note, created_at from reports where site_id = $1 and reporter = $2
    order by created_at, comment_id";

/// By the index of exactly these.
const OUTLIVED: &str = "select c.comment_id from comments c
    where c.site_id = $1 and c.status in ('SPAM', 'REJECTED') and c.due_at is null
        and coalesce(c.reviewed_at, c.created_at) < case c.status when 'SPAM' then $2 else $3 end
        and coalesce(c.reviewed_at, c.created_at) < greatest($2, $3)
    order by coalesce(c.reviewed_at, c.created_at) limit $4";

#[async_trait]
impl PrivacyStore for PostgresStore {
    async fn salt(&self, site: &SiteId, month: &str, fresh: Salt) -> Result<Salt> {
        let _turn = self.portals_turn().await?;
        if let [salt] = salts(self, site, &[month.to_owned()]).await?[..] {
            return Ok(salt);
        }
        sqlx::query(MAKE_SALT).bind(site.as_str()).bind(month).bind(fresh).execute(&self.pool).await?;
        salts(self, site, &[month.to_owned()]).await?.pop().ok_or_else(crate::store::error::overtaken)
    }

    async fn earlier_salts(&self, site: &SiteId, months: &[String]) -> Result<Vec<Salt>> {
        let _turn = self.portals_turn().await?;
        salts(self, site, months).await
    }

    async fn forget_salts(&self, site: &SiteId, before_month: &str) -> Result<u64> {
        let _turn = self.background_turn().await?;
        let sql = "delete from address_salts where site_id = $1 and month < $2";
        Ok(sqlx::query(sql).bind(site.as_str()).bind(before_month).execute(&self.pool).await?.rows_affected())
    }

    async fn erase(&self, erasure: &Erasure) -> Result<u64> {
        in_transaction!(self, tx => erase(&mut tx, erasure).await?)
    }

    async fn comments_by(
        &self,
        site: &SiteId,
        author: &str,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Vec<Comment>> {
        let start = keyset::ascending(after);
        let query = sqlx::query(BY_AUTHOR).bind(site.as_str()).bind(author).bind(start.at).bind(start.id);
        let rows = query.bind(parse::limit(limit)).fetch_all(&self.pool).await?;
        rows.iter().map(|row| rows::comment(&mut RowReader::new(row))).collect()
    }

    async fn device_by(&self, site: &SiteId, author: &str) -> Result<Option<Pseudonym>> {
        let row = sqlx::query(DEVICE).bind(site.as_str()).bind(author).fetch_optional(&self.pool).await?;
        row.map(|row| RowReader::new(&row).bytes()).transpose()
    }

    async fn reports_by(&self, site: &SiteId, reporter: Pseudonym) -> Result<Vec<FiledReport>> {
        let rows = sqlx::query(REPORTS).bind(site.as_str()).bind(reporter).fetch_all(&self.pool).await?;
        rows.iter().map(|row| privacy::report(&mut RowReader::new(row))).collect()
    }

    async fn forget_reports(&self, site: &SiteId, reporter: Pseudonym, erasure: Uuid) -> Result<u64> {
        in_transaction!(self, tx => erasure::forget_reports(&mut tx, site, reporter, erasure).await?)
    }

    async fn begin_erasure(&self, site: &SiteId, erasure: &PersonErasure, request: &RequestRow) -> Result<()> {
        in_transaction!(self, tx => erasure::begin(&mut tx, site, erasure, request).await?)
    }

    async fn find_erasure(&self, site: &SiteId, request: Uuid) -> Result<Option<PersonErasure>> {
        erasure::find(&self.pool, site, request).await
    }

    async fn erasing_sites(&self, before: DateTime<Utc>) -> Result<Vec<SiteId>> {
        let _turn = self.background_turn().await?;
        erasure::sites(&self.pool, before).await
    }

    async fn open_erasures(&self, site: &SiteId, limit: usize) -> Result<Vec<PersonErasure>> {
        let _turn = self.background_turn().await?;
        erasure::open(&self.pool, site, limit).await
    }

    async fn finish_erasure(&self, site: &SiteId, request: Uuid, at: DateTime<Utc>) -> Result<()> {
        erasure::finish(&self.pool, site, request, at).await
    }

    async fn count_by(&self, site: &SiteId, authors: &[String], most: usize) -> Result<u64> {
        erasure::count_by(&self.pool, site, authors, most).await
    }

    async fn outlived(&self, site: &SiteId, outlived: &Outlived, limit: usize) -> Result<Vec<CommentId>> {
        let _turn = self.background_turn().await?;
        let query = sqlx::query(OUTLIVED).bind(site.as_str()).bind(outlived.spam_before).bind(outlived.rejected_before);
        let rows = query.bind(parse::limit(limit)).fetch_all(&self.pool).await?;
        rows.iter().map(|row| RowReader::new(row).uuid().map(CommentId)).collect()
    }

    async fn prune_changes(&self, site: &SiteId, before: DateTime<Utc>, limit: usize) -> Result<u64> {
        let _turn = self.background_turn().await?;
        in_transaction!(self, tx => change_feed::prune(&mut Connection::from(&mut tx), site, before, limit).await?)
    }
}

async fn salts(store: &PostgresStore, site: &SiteId, months: &[String]) -> Result<Vec<Salt>> {
    let rows = sqlx::query(SALTS).bind(site.as_str()).bind(months).fetch_all(&store.pool).await?;
    rows.iter().map(|row| RowReader::new(row).bytes()).collect()
}

/// Overwrites fingerprint and author key with the comment's own id, so that it can no longer be linked. Removes notes on the
/// comments and on bans made from them; the notes of the erasure itself ($3) stay.
const EMPTY: &str = "
    with reported as (
        delete from reports r where r.site_id = $1 and r.comment_id = any ($2::uuid[])
    ), noted as (
        delete from notes n where n.site_id = $1 and n.comment_id = any ($2)
    ), explained as (
        delete from audit_notes n where n.site_id = $1 and n.comment_id = any ($2) and n.audit_id <> all ($3::uuid[])
    ), banned as (
        update bans b set note = '' where b.site_id = $1 and b.comment_id = any ($2) and b.note <> ''
    ), ban_explained as (
        delete from audit_notes n where n.site_id = $1
            and n.ban_id in (select b.ban_id from bans b where b.site_id = $1 and b.comment_id = any ($2))
    )
    update comments c set author_name = '', title = '', content = '', folded = '', findings = '[]', spam_score = 0,
        device = null, address = null, prefix = null, skeleton = null,
        fingerprint = uuid_send(c.comment_id), author = encode(uuid_send(c.comment_id), 'hex')
    where c.site_id = $1 and c.comment_id = any ($2)";

async fn erase(tx: &mut Session, erasure: &Erasure) -> Result<u64> {
    let ids: Vec<CommentId> = erasure.items.iter().map(|(_, comment)| *comment).collect();
    let mut comments = decision::lock(&mut (&mut *tx).into(), &erasure.site, &ids).await?;
    let found = erasure.items.iter().filter_map(|(entry, id)| outcome::erase(erasure, *entry, comments.remove(id)?));
    let erased: Vec<_> = found.collect();
    outcomes::write(&mut (&mut *tx).into(), &erasure.site, &erased).await?;
    let ids: Vec<Uuid> = erased.iter().map(|one| one.comment.id.0).collect();
    let entries: Vec<Uuid> = erased.iter().map(|one| one.entry.id).collect();
    sqlx::query(EMPTY).bind(erasure.site.as_str()).bind(ids).bind(entries).execute(&mut *tx).await?;
    if let Some(row) = erasure.remember.as_ref().filter(|_| !erased.is_empty()) {
        request::insert(tx, &erasure.site, row, erasure.batch, erasure.at).await?;
    }
    let erased = erased.len() as u64;
    if let Some(request) = erasure.request_id.filter(|_| erased > 0) {
        let sql = "update erasures set comments = comments + $3 where site_id = $1 and request_id = $2";
        let query = sqlx::query(sql).bind(erasure.site.as_str()).bind(request).bind(privacy::signed(erased));
        query.execute(tx).await?;
    }
    Ok(erased)
}
