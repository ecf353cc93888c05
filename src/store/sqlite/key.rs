//! Recorded keys.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::{SqliteConnection, sqlite::SqliteRow};

use super::{SqliteStore, micros};
use crate::{
    domain::{
        Result,
        ban::BanMove,
        id::SiteId,
        key::{KeyMark, KeyUsage, RecordedKey, Rekeying},
        pseudonym::Pseudonym,
    },
    store::{
        contract::{KeyRecording, KeyStore},
        key as sql, parse,
        rows::{self, Read as _, RowReader},
    },
};

#[async_trait]
impl KeyStore for SqliteStore {
    async fn recorded_keys(&self) -> Result<Vec<RecordedKey>> {
        let sql = concat!("select ", key_columns!(), " from server_keys order by recorded_at, key_mark");
        let rows = sqlx::query(sql).fetch_all(&self.read).await?;
        rows.iter().map(|row| rows::recorded_key(&mut RowReader::new(row))).collect()
    }

    async fn record_keys(&self, recording: &KeyRecording) -> Result<()> {
        in_transaction!(self, tx => record(&mut tx, recording).await?)
    }

    async fn key_usage(
        &self,
        now: DateTime<Utc>,
        addresses_since: DateTime<Utc>,
    ) -> Result<Vec<(Option<KeyMark>, KeyUsage)>> {
        const USAGE: &str = key_usage!("$1", "$2");
        let query = sqlx::query(USAGE).bind(micros(now)).bind(micros(addresses_since));
        usage(&query.fetch_all(&self.read).await?)
    }

    async fn rekey(&self, rekeying: &Rekeying) -> Result<()> {
        in_transaction!(self, tx => rekey(&mut tx, rekeying).await?)
    }

    async fn rekey_bans(&self, site: &SiteId, moves: &[BanMove], key: KeyMark) -> Result<u64> {
        in_transaction!(self, tx => rekey_bans(&mut tx, site, moves, key).await?)
    }

    async fn author_keys(&self, site: &SiteId, author: &str) -> Result<Vec<String>> {
        let rows = sqlx::query(sql::AUTHOR_KEYS).bind(site.as_str()).bind(author).fetch_all(&self.read).await?;
        rows.iter().map(|row| RowReader::new(row).text()).collect::<Result<_>>().map(sql::once)
    }

    async fn forget_author_keys(&self, site: &SiteId, authors: &[String]) -> Result<()> {
        for author in authors {
            sqlx::query(sql::FORGET_AUTHOR).bind(site.as_str()).bind(author).execute(&self.write).await?;
        }
        Ok(())
    }

    async fn forget_idle_authors(&self, site: &SiteId) -> Result<u64> {
        Ok(sqlx::query(sql::FORGET_IDLE).bind(site.as_str()).execute(&self.write).await?.rows_affected())
    }

    async fn same_texts(
        &self,
        site: &SiteId,
        skeletons: &[Pseudonym],
        since: DateTime<Utc>,
        author: &str,
    ) -> Result<(i64, i64)> {
        let query =
            sqlx::query(SAME_TEXTS).bind(site.as_str()).bind(parse::json_list(skeletons.iter().map(hex::encode)));
        let row = query.bind(micros(since)).bind(author).fetch_one(&self.read).await?;
        let mut columns = RowReader::new(&row);
        Ok((columns.long()?, columns.long()?))
    }
}

fn usage(rows: &[SqliteRow]) -> Result<Vec<(Option<KeyMark>, KeyUsage)>> {
    let mut usage = BTreeMap::new();
    for row in rows {
        rows::key_usage(&mut RowReader::new(row), &mut usage)?;
    }
    Ok(usage.into_iter().collect())
}

const RECORD: &str =
    "insert into server_keys (key_mark, kid, fingerprint, is_first, recorded_at) values ($1, $2, $3, $4, $5)
    on conflict (key_mark) do update set given_up_at = null where given_up_at is not null";

const GIVE_UP: &str = "update server_keys set given_up_at = $2 where key_mark = $1 and given_up_at is null";

const VOUCH: &str = "update tokens set macs = $2 where token_id = $1 and revoked_at is null";

async fn record(tx: &mut SqliteConnection, recording: &KeyRecording) -> Result<()> {
    for key in &recording.keys {
        let query = sqlx::query(RECORD).bind(key.mark.0).bind(i32::from(key.kid)).bind(&key.fingerprint[..]);
        query.bind(recording.are_first).bind(micros(recording.at)).execute(&mut *tx).await?;
    }
    for (token, macs) in &recording.macs {
        sqlx::query(VOUCH).bind(token).bind(sql::macs_as_bytes(macs)).execute(&mut *tx).await?;
    }
    for mark in &recording.given_up {
        sqlx::query(GIVE_UP).bind(mark.0).bind(micros(recording.at)).execute(&mut *tx).await?;
    }
    Ok(())
}

const SAME_TEXTS: &str = "
    select count(*), count(distinct case when n.author <> $4 then n.author end) from (
        select s.author from comments s indexed by comments_by_skeleton
        where s.site_id = $1 and coalesce(s.skeleton, s.fingerprint) in (select unhex(value) from json_each($2))
            and s.created_at >= $3
        order by s.created_at desc limit 1000) n";

async fn rekey(tx: &mut SqliteConnection, rekeying: &Rekeying) -> Result<()> {
    let Rekeying { site, from, to, key, texts } = rekeying;
    for text in texts {
        sqlx::query(sql::REKEY_COMMENT)
            .bind(site.as_str())
            .bind(text.comment.0)
            .bind(&to.device[..])
            .bind(&to.author)
            .bind(&text.fingerprint[..])
            .bind(text.skeleton.map(|hash| hash.to_vec()))
            .bind(key.0)
            .bind(&from.author)
            .execute(&mut *tx)
            .await?;
    }
    let drop = sqlx::query(sql::DROP_TWICE_REPORTED).bind(site.as_str()).bind(&from.device[..]).bind(&to.device[..]);
    drop.execute(&mut *tx).await?;
    let reports = sqlx::query(sql::REKEY_REPORTS).bind(site.as_str()).bind(&from.device[..]).bind(&to.device[..]);
    reports.bind(key.0).execute(&mut *tx).await?;
    let names = |words: &'static str| sqlx::query(words).bind(site.as_str());
    names(sql::POINT_ON).bind(&from.author).bind(&to.author).execute(&mut *tx).await?;
    names(sql::POINT_NOWHERE).bind(&to.author).execute(&mut *tx).await?;
    names(sql::REMEMBER_AUTHOR).bind(&from.author).bind(&to.author).execute(&mut *tx).await?;
    Ok(())
}

async fn rekey_bans(tx: &mut SqliteConnection, site: &SiteId, moves: &[BanMove], key: KeyMark) -> Result<u64> {
    let mut count = 0;
    for BanMove { from, to } in moves {
        let query = sqlx::query(sql::REKEY_BAN).bind(site.as_str()).bind(from.kind.as_str());
        let query = query.bind(&from.key[..]).bind(&to.key[..]).bind(key.0);
        count += query.execute(&mut *tx).await?.rows_affected();
    }
    Ok(count)
}
