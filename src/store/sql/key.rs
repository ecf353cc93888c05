//! The keys that the database knows, and the change of rows from one key to another.

use std::collections::{BTreeMap, HashSet};

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{Backend, Caller, Columns, Fields, List, Row, Statement, rekey};
use crate::{
    domain::{
        Error, Result,
        ban::BanMove,
        id::SiteId,
        key::{KeyMark, KeyRecord, KeyUsage, RecordedKey, Rekeying},
        pseudonym::Pseudonym,
    },
    store::contract::{KeyRecording, KeyStore},
};

const KEY: Columns = Columns::new(&["key_mark", "kid", "fingerprint", "is_first", "given_up_at"]);

#[async_trait]
impl<B: Backend> KeyStore for B {
    async fn recorded_keys(&self) -> Result<Vec<RecordedKey>> {
        let select = Statement::new("select ").columns(&KEY, "k");
        let select = select.push(" from server_keys k order by k.recorded_at, k.key_mark");
        let rows = select.fetch_all(self.reads()).await?;
        rows.iter().map(|row| read(row.of(&KEY, "k")?)).collect()
    }

    async fn record_keys(&self, recording: &KeyRecording) -> Result<()> {
        transaction!(self, tx => rekey::record(tx, recording).await?)
    }

    async fn key_usage(
        &self,
        now: DateTime<Utc>,
        addresses_since: DateTime<Utc>,
    ) -> Result<Vec<(Option<KeyMark>, KeyUsage)>> {
        let usage = Statement::new(USAGE).bind("now", now).bind("addresses_since", addresses_since);
        read_usage(&self.read_at_length(usage).await?)
    }

    async fn rekey(&self, rekeying: &Rekeying) -> Result<()> {
        let _place = self.place_for(Caller::Portal).await?;
        transaction!(self, tx => rekey::device(tx, rekeying).await?)
    }

    async fn rekey_bans(&self, site: &SiteId, moves: &[BanMove], key: KeyMark) -> Result<u64> {
        let _place = self.place_for(Caller::Portal).await?;
        transaction!(self, tx => rekey::bans(tx, site, moves, key).await?)
    }

    async fn author_keys(&self, site: &SiteId, author: &str) -> Result<Vec<String>> {
        let rows = Statement::new(
            "with present as (
                select coalesce(
                    (select a.author from author_keys a where a.site_id = :site and a.earlier = :author), :author) as author
            )
            select p.author as author, 0 as place from present p
            union all
            select a.earlier, 1 from present p join author_keys a on a.site_id = :site and a.author = p.author
            order by place, author",
        );
        let rows = rows.bind("site", site).bind("author", author).fetch_all(self.reads()).await?;
        let mut authors: Vec<String> = rows.iter().map(|row| row.fields().get("author")).collect::<Result<_>>()?;
        let mut seen = HashSet::new();
        authors.retain(|author| seen.insert(author.clone()));
        Ok(authors)
    }

    async fn forget_author_keys(&self, site: &SiteId, authors: &[String]) -> Result<()> {
        let authors: Vec<_> = authors.iter().map(String::as_str).collect();
        transaction!(self, tx => {
            let delete = Statement::new(
                "delete from author_keys where site_id = :site and (earlier in :authors or author in :authors)",
            );
            let authors = List::texts(authors.iter().copied());
            delete.bind("site", site).bind("authors", authors).execute(tx).await?;
        })
    }

    async fn forget_idle_authors(&self, site: &SiteId) -> Result<u64> {
        let _place = self.place_for(Caller::Background).await?;
        transaction!(self, tx => {
            let delete = Statement::new(
                "delete from author_keys where site_id = :site
                    and not exists (select 1 from comments c where c.site_id = :site and c.author = author_keys.author)
                    and not exists (select 1 from comments c where c.site_id = :site and c.author = author_keys.earlier)",
            );
            delete.bind("site", site).execute(tx).await?
        })
    }

    async fn same_texts(
        &self,
        site: &SiteId,
        skeletons: &[Pseudonym],
        since: DateTime<Utc>,
        author: &str,
    ) -> Result<(i64, i64)> {
        let _place = self.place_for(Caller::Portal).await?;
        let row = Statement::new(
            "select count(*) as comments, count(distinct case when n.author <> :author then n.author end) as authors from (
                select s.author from comments s { | indexed by comments_by_skeleton}
                where s.site_id = :site and coalesce(s.skeleton, s.fingerprint) in :skeletons and s.created_at >= :since
                order by s.created_at desc limit 1000) n",
        )
        .bind("site", site)
        .bind("skeletons", List::bytes(skeletons.iter().map(|skeleton| &skeleton[..])))
        .bind("since", since)
        .bind("author", author)
        .fetch_one(self.reads())
        .await?;
        Ok((row.fields().get("comments")?, row.fields().get("authors")?))
    }
}

fn read(row: Fields<'_>) -> Result<RecordedKey> {
    Ok(RecordedKey {
        record: KeyRecord {
            mark: KeyMark(row.get("key_mark")?),
            kid: row.get::<i32>("kid")?.try_into().map_err(Error::internal)?,
            fingerprint: row.get("fingerprint")?,
        },
        is_first: row.get("is_first")?,
        given_up_at: row.get("given_up_at")?,
    })
}

/// Counts rows by key and by kind of row. The mark 0 has the same meaning as null: the keys that were recorded first.
const USAGE: &str = "
    select nullif(c.key_mark, 0) as key_mark, 'COMMENT' as kind, count(*) as number from comments c
        where c.status <> 'ERASED' group by 1
    union all
    select nullif(c.address_key_mark, 0), 'ADDRESS', count(*) from comments c
        where c.address_key_mark is not null and c.address_key_mark <> coalesce(c.key_mark, 0)
            and c.prefix is not null and c.created_at >= :addresses_since group by 1
    union all
    select nullif(b.key_mark, 0), 'BAN', count(*) from bans b where b.revoked_at is null and b.expires_at > :now group by 1
    union all
    select nullif(r.key_mark, 0), 'REPORT', count(*) from reports r group by 1";

/// Reads the rows of [`USAGE`].
fn read_usage(rows: &[Row]) -> Result<Vec<(Option<KeyMark>, KeyUsage)>> {
    let mut usage = BTreeMap::<Option<KeyMark>, KeyUsage>::new();
    for row in rows {
        let row = row.fields();
        let of_key = usage.entry(row.get::<Option<i32>>("key_mark")?.map(KeyMark)).or_default();
        let number = row.get("number")?;
        match row.get::<String>("kind")?.as_str() {
            "COMMENT" => of_key.comments = number,
            "ADDRESS" => of_key.addresses = number,
            "BAN" => of_key.bans = number,
            _ => of_key.reports = number,
        }
    }
    Ok(usage.into_iter().collect())
}
