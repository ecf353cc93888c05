//! Personal data: salts, erasures, exports and retention.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    Backend, Caller, Connection, Fields, List, Statement, erase, erasure,
    records::{self, COMMENT},
};
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
    store::{contract::PrivacyStore, error, keyset, parse},
};

#[async_trait]
impl<B: Backend> PrivacyStore for B {
    async fn salt(&self, site: &SiteId, month: &str, fresh: Salt) -> Result<Salt> {
        let _place = self.place_for(Caller::Portal).await?;
        let months = [month.to_owned()];
        if let [salt] = salts(self.reads(), site, &months).await?[..] {
            return Ok(salt);
        }
        transaction!(self, tx => insert_salt(tx, site, month, fresh).await?)?;
        salts(self.reads(), site, &months).await?.pop().ok_or_else(error::overtaken)
    }

    async fn earlier_salts(&self, site: &SiteId, months: &[String]) -> Result<Vec<Salt>> {
        let _place = self.place_for(Caller::Portal).await?;
        salts(self.reads(), site, months).await
    }

    async fn forget_salts(&self, site: &SiteId, before_month: &str) -> Result<u64> {
        let _place = self.place_for(Caller::Background).await?;
        transaction!(self, tx => {
            let delete = Statement::new("delete from address_salts where site_id = :site and month < :before");
            delete.bind("site", site).bind("before", before_month).execute(tx).await?
        })
    }

    async fn erase(&self, erasure: &Erasure) -> Result<u64> {
        let erased: Result<u64> = transaction!(self, tx => erase::erase(tx, erasure).await?);
        if matches!(erased, Ok(1..)) {
            self.note_erased();
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
        let rows = Statement::new("select ")
            .columns(&COMMENT, "c")
            .push(
                " from comments c { | indexed by comments_by_author}
                where c.site_id = :site and c.author = :author and (c.created_at, c.comment_id) > (:at, :id)
                    and c.status <> 'ERASED'
                order by c.created_at, c.comment_id limit :limit",
            )
            .bind("site", site)
            .bind("author", author)
            .bind("at", start.at)
            .bind("id", start.id)
            .bind("limit", parse::limit(limit))
            .fetch_all(self.reads())
            .await?;
        rows.iter().map(|row| records::comment(row.of(&COMMENT, "c")?)).collect()
    }

    async fn device_by(&self, site: &SiteId, author: &str) -> Result<Option<Pseudonym>> {
        let select = Statement::new(
            "select device from comments where site_id = :site and author = :author and device is not null limit 1",
        );
        let row = select.bind("site", site).bind("author", author).fetch_optional(self.reads()).await?;
        row.map(|row| row.fields().get("device")).transpose()
    }

    async fn reports_by(&self, site: &SiteId, reporter: Pseudonym) -> Result<Vec<FiledReport>> {
        let select = Statement::new(
            "select comment_id, reason, note, created_at from reports where site_id = :site and reporter = :reporter
            order by created_at, comment_id",
        );
        let rows = select.bind("site", site).bind("reporter", &reporter).fetch_all(self.reads()).await?;
        let read = |row: Fields<'_>| {
            Ok(FiledReport {
                comment: row.get("comment_id")?,
                reason: row.maybe_named("reason")?,
                note: row.get("note")?,
                created_at: row.get("created_at")?,
            })
        };
        rows.iter().map(|row| read(row.fields())).collect()
    }

    async fn forget_reports(&self, site: &SiteId, reporter: Pseudonym, erasure: Uuid) -> Result<u64> {
        let deleted: Result<u64> =
            transaction!(self, tx => erasure::forget_reports(tx, site, reporter, erasure).await?);
        if matches!(deleted, Ok(1..)) {
            self.note_erased();
        }
        deleted
    }

    async fn begin_erasure(&self, site: &SiteId, erasure: &PersonErasure, request: &RequestRow) -> Result<()> {
        transaction!(self, tx => erasure::begin(tx, site, erasure, request).await?)
    }

    async fn find_erasure(&self, site: &SiteId, request: Uuid) -> Result<Option<PersonErasure>> {
        erasure::find(self.reads(), site, request).await
    }

    async fn erasing_sites(&self, before: DateTime<Utc>) -> Result<Vec<SiteId>> {
        let _place = self.place_for(Caller::Background).await?;
        erasure::sites(self.reads(), before).await
    }

    async fn open_erasures(&self, site: &SiteId, limit: usize) -> Result<Vec<PersonErasure>> {
        let _place = self.place_for(Caller::Background).await?;
        erasure::open(self.reads(), site, limit).await
    }

    async fn finish_erasure(&self, site: &SiteId, request: Uuid, at: DateTime<Utc>) -> Result<()> {
        let finished: Result<()> = transaction!(self, tx => erasure::finish(tx, site, request, at).await?);
        if finished.is_ok() {
            self.note_erased();
        }
        finished
    }

    async fn count_by(&self, site: &SiteId, authors: &[String], most: usize) -> Result<u64> {
        erasure::count_by(self.reads(), site, authors, most).await
    }

    async fn outlived(&self, site: &SiteId, outlived: &Outlived, limit: usize) -> Result<Vec<CommentId>> {
        let _place = self.place_for(Caller::Background).await?;
        // The conditions are those of the partial index.
        let rows = Statement::new(
            "select c.comment_id from comments c { | indexed by comments_outlived}
            where c.site_id = :site and c.status in ('SPAM', 'REJECTED') and c.due_at is null
                and coalesce(c.reviewed_at, c.created_at)
                    < case c.status when 'SPAM' then :spam_before else :rejected_before end
                and coalesce(c.reviewed_at, c.created_at) < {greatest | max}(:spam_before, :rejected_before)
            order by coalesce(c.reviewed_at, c.created_at) limit :limit",
        )
        .bind("site", site)
        .bind("spam_before", outlived.spam_before)
        .bind("rejected_before", outlived.rejected_before)
        .bind("limit", parse::limit(limit))
        .fetch_all(self.reads())
        .await?;
        rows.iter().map(|row| row.fields().get("comment_id")).collect()
    }
}

async fn salts(on: Connection<'_>, site: &SiteId, months: &[String]) -> Result<Vec<Salt>> {
    let select =
        Statement::new("select salt from address_salts where site_id = :site and month in :months order by month desc");
    let months = List::texts(months.iter().map(String::as_str));
    let rows = select.bind("site", site).bind("months", months).fetch_all(on).await?;
    rows.iter().map(|row| row.fields().get("salt")).collect()
}

/// Inserts a salt, unless the month has one. On a conflict, the statement waits for the concurrent transaction, so that
/// the next select sees its salt.
async fn insert_salt(tx: &mut Connection<'_>, site: &SiteId, month: &str, salt: Salt) -> Result<()> {
    let values = vec![("site_id", site.into()), ("month", month.into()), ("salt", (&salt).into())];
    let insert = Statement::insert("address_salts", values).push(" on conflict (site_id, month) do nothing");
    insert.execute(tx).await?;
    Ok(())
}
