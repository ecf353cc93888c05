//! Bans. `begin immediate` holds the only write lock, so nothing moves between the steps.

use std::collections::HashMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::{SqliteConnection, SqlitePool};
use uuid::Uuid;

use super::{SqliteStore, audit, comment, decision, micros, request};
use crate::{
    domain::{
        Error, Result,
        ban::{Along, Ban, BanKind, BanMade, NewBan, Revocation},
        decision::MAX_ITEMS,
        id::{CommentId, SiteId},
        page::{Cursor, Page},
        submission::SenderTrace,
    },
    store::{
        ban::{self, Remembered},
        contract::BanStore,
        keyset, outcome, parse,
        rows::{Read as _, RowReader},
    },
};

#[async_trait]
impl BanStore for SqliteStore {
    async fn create_ban(&self, new: &NewBan) -> Result<BanMade> {
        in_transaction!(self, tx => create(&mut tx, new).await?)
    }

    async fn revoke_ban(&self, revocation: &Revocation) -> Result<(Ban, bool)> {
        in_transaction!(self, tx => revoke(&mut tx, revocation).await?)
    }

    async fn list_bans(
        &self,
        site: &SiteId,
        ended: bool,
        now: DateTime<Utc>,
        count: usize,
        after: Option<Cursor>,
    ) -> Result<Page<Ban>> {
        list(&self.read, site, ended, now, count, after).await
    }

    async fn find_sender(&self, site: &SiteId, id: CommentId) -> Result<Option<SenderTrace>> {
        let sql = concat!("select ", sender_columns!(), " from comments where site_id = $1 and comment_id = $2");
        let row = sqlx::query(sql).bind(site.as_str()).bind(id.0).fetch_optional(&self.read).await?;
        row.map(|row| ban::sender(&mut RowReader::new(&row))).transpose()
    }
}

async fn create(tx: &mut SqliteConnection, new: &NewBan) -> Result<BanMade> {
    let first: Option<Remembered> = request::replay(tx, &new.site, new.request.as_ref()).await?;
    if let Some(first) = first {
        let mut comments = HashMap::new();
        for id in first.comments() {
            comments.extend(comment::find(&mut *tx, &new.site, id).await?.map(|comment| (id, comment)));
        }
        let note = note(tx, &new.site, first.ban()).await?;
        return Ok(first.answer(note, |id| comments.remove(&id)));
    }
    let made = match &new.along {
        Some(along) => reject(tx, new, along).await?,
        None => ban::made(new, Vec::new(), false),
    };
    insert(tx, new, &made.ban).await?;
    audit::insert(tx, &new.site, &ban::creation(new, &made)).await?;
    if let Some(request) = &new.request {
        let row = outcome::answered(request, &Remembered::of(&made))?;
        request::insert(tx, &new.site, &row, made.ban.id, made.ban.created_at).await?;
    }
    Ok(made)
}

macro_rules! newest_of {
    ($column:literal) => {
        concat!(
            "select c.comment_id, c.revision from comments c indexed by comments_by_",
            $column,
            " where c.site_id = $1 and c.",
            $column,
            " = $2 and c.created_at >= $3 and ((c.status = 'PENDING' and $4) or (c.status = 'APPROVED' and $5))
            order by c.created_at desc, c.comment_id desc limit $6"
        )
    };
}

const fn newest_of(kind: BanKind) -> &'static str {
    match kind {
        BanKind::Device => newest_of!("device"),
        BanKind::IpPrefix => newest_of!("prefix"),
        BanKind::Fingerprint => newest_of!("fingerprint"),
        BanKind::Author => newest_of!("author"),
    }
}

/// Refuses or removes what goes along with a ban.
async fn reject(tx: &mut SqliteConnection, new: &NewBan, along: &Along) -> Result<BanMade> {
    let query = sqlx::query(newest_of(new.subject.kind)).bind(new.site.as_str());
    let query = match new.subject.kind {
        BanKind::Author => query.bind(ban::author_of(&new.subject)?),
        BanKind::Device | BanKind::IpPrefix | BanKind::Fingerprint => query.bind(&new.subject.key[..]),
    };
    let query = query.bind(micros(along.since)).bind(along.reject_pending).bind(along.remove_published);
    let rows = query.bind(parse::limit(ban::CANDIDATES)).fetch_all(&mut *tx).await?;
    let found = rows.iter().map(|row| {
        let mut columns = RowReader::new(row);
        Ok((CommentId(columns.uuid()?), columns.long()?))
    });
    let batch = ban::rejection(new, along, found.collect::<Result<_>>()?);
    let settled = decision::decide_all(tx, &batch).await?;
    Ok(ban::made(new, settled, rows.len() > MAX_ITEMS))
}

const INSERT: &str =
    "insert into bans (site_id, ban_id, subject_kind, subject, effect, reason, note, created_by, created_at,
        expires_at, comment_id, batch_id, revoked_at, revoked_by, key_mark)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, null, '', $13)";

async fn insert(tx: &mut SqliteConnection, new: &NewBan, ban: &Ban) -> Result<()> {
    let subject = &new.subject;
    sqlx::query(INSERT)
        .bind(new.site.as_str())
        .bind(ban.id)
        .bind(subject.kind.as_str())
        .bind(&subject.key[..])
        .bind(ban.effect.as_str())
        .bind(ban.reason.as_str())
        .bind(&ban.note)
        .bind(&ban.created_by)
        .bind(micros(ban.created_at))
        .bind(micros(ban.expires_at))
        .bind(ban.comment.map(|id| id.0))
        .bind(ban.batch)
        .bind(new.key.map(|key| key.0))
        .execute(tx)
        .await?;
    Ok(())
}

const FIND: &str =
    concat!("select ", ban_columns!("cast(b.subject as text)"), " from bans b where b.site_id = $1 and b.ban_id = $2");

async fn find(tx: &mut SqliteConnection, site: &SiteId, id: Uuid) -> Result<Option<Ban>> {
    let row = sqlx::query(FIND).bind(site.as_str()).bind(id).fetch_optional(tx).await?;
    row.map(|row| ban::ban(&mut RowReader::new(&row))).transpose()
}

/// The note of a ban as it is now: empty when the comment it was made from is erased.
async fn note(tx: &mut SqliteConnection, site: &SiteId, id: Uuid) -> Result<String> {
    let sql = "select note from bans where site_id = $1 and ban_id = $2";
    let row = sqlx::query(sql).bind(site.as_str()).bind(id).fetch_optional(tx).await?;
    row.map_or_else(|| Ok(String::new()), |row| RowReader::new(&row).text())
}

async fn revoke(tx: &mut SqliteConnection, revocation: &Revocation) -> Result<(Ban, bool)> {
    let Revocation { site, ban: id, entry, request } = revocation;
    if let Some(first) = request::replay::<(Ban, bool)>(tx, site, request.as_ref()).await? {
        let (ban, changed) = first;
        return Ok((Ban { note: note(tx, site, *id).await?, ..ban }, changed));
    }
    let ban = find(tx, site, *id).await?.ok_or(Error::BanNotFound(*id))?;
    let changed = ban.is_in_force(entry.at);
    let ban = if changed { ban::revoked(ban, entry) } else { ban };
    if changed {
        let sql = "update bans set revoked_at = $3, revoked_by = $4 where site_id = $1 and ban_id = $2";
        let query = sqlx::query(sql).bind(site.as_str()).bind(id).bind(micros(entry.at)).bind(&entry.actor);
        query.execute(&mut *tx).await?;
        audit::insert(tx, site, entry).await?;
    }
    if let Some(request) = request {
        let row = outcome::answered(request, &(ban::without_note(&ban), changed))?;
        request::insert(tx, site, &row, entry.id, entry.at).await?;
    }
    Ok((ban, changed))
}

const LIST: &str = concat!(
    "select ",
    ban_columns!("cast(b.subject as text)"),
    " from bans b indexed by bans_by_time
    where b.site_id = $1 and ($2 or (b.revoked_at is null and b.expires_at > $3)) and (b.created_at, b.ban_id) < ($4, $5)
    order by b.created_at desc, b.ban_id desc limit $6"
);

async fn list(
    pool: &SqlitePool,
    site: &SiteId,
    ended: bool,
    now: DateTime<Utc>,
    count: usize,
    after: Option<Cursor>,
) -> Result<Page<Ban>> {
    let start = keyset::descending(after);
    let query = sqlx::query(LIST).bind(site.as_str()).bind(ended).bind(micros(now));
    let query = query.bind(micros(start.at)).bind(start.id).bind(parse::limit(count + 1));
    let rows = query.fetch_all(pool).await?;
    let bans = rows.iter().map(|row| ban::ban(&mut RowReader::new(row))).collect::<Result<_>>()?;
    Ok(Page::of(bans, count, ban::cursor))
}
