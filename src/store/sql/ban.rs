//! Bans. Creating a ban takes no lock for the ban itself. Comments that are rejected along with it are locked in the
//! same way as for decisions.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Backend, Columns, Connection, Fields, List, Statement, audit, decision, request, value::Value};
use crate::{
    domain::{
        Error, Result,
        ban::{Along, Ban, BanKind, BanMade, NewBan, Revocation},
        decision::MAX_ITEMS,
        id::{CommentId, SiteId},
        key::KeyMark,
        lifecycle::Status,
        page::{Cursor, Page},
        submission::{Sender, SenderTrace},
    },
    store::{
        ban::{self, Remembered},
        contract::BanStore,
        keyset, outcome, parse,
    },
};

/// The columns of a ban. Only an author ban's subject is read, as text. Other subjects are never read from the database
/// with a ban.
const BAN: Columns = Columns::new(&[
    "ban_id",
    "subject_kind",
    "effect",
    "reason",
    "note",
    "created_by",
    "created_at",
    "expires_at",
    "comment_id",
    "batch_id",
    "revoked_at",
    "revoked_by",
])
.with(&[(
    "author",
    "case @.subject_kind when 'AUTHOR' then {convert_from(@.subject, 'UTF8') | cast(@.subject as text)} else '' end",
)]);

#[async_trait]
impl<B: Backend> BanStore for B {
    async fn create_ban(&self, new: &NewBan) -> Result<BanMade> {
        transaction!(self, tx => create(tx, new).await?)
    }

    async fn revoke_ban(&self, revocation: &Revocation) -> Result<(Ban, bool)> {
        transaction!(self, tx => revoke(tx, revocation).await?)
    }

    async fn list_bans(
        &self,
        site: &SiteId,
        ended: bool,
        now: DateTime<Utc>,
        count: usize,
        after: Option<Cursor>,
    ) -> Result<Page<Ban>> {
        let start = keyset::descending(after);
        let rows = Statement::new("select ")
            .columns(&BAN, "b")
            .push(
                " from bans b { | indexed by bans_by_time}
                where b.site_id = :site and (b.created_at, b.ban_id) < (:at, :id)",
            )
            .bind("site", site)
            .bind("at", start.at)
            .bind("id", start.id)
            .condition(" and b.revoked_at is null and b.expires_at > :now", "now", (!ended).then_some(now))
            .push(" order by b.created_at desc, b.ban_id desc limit :count")
            .bind("count", parse::limit(count + 1))
            .fetch_all(self.reads())
            .await?;
        let bans = rows.iter().map(|row| read_ban(row.of(&BAN, "b")?)).collect::<Result<_>>()?;
        Ok(Page::of(bans, count, ban::cursor))
    }

    async fn find_sender(&self, site: &SiteId, id: CommentId) -> Result<Option<SenderTrace>> {
        let row = Statement::new(
            "select device, address, prefix, author, key_mark, address_key_mark, fingerprint, created_at
            from comments where site_id = :site and comment_id = :comment",
        );
        let row = row.bind("site", site).bind("comment", id).fetch_optional(self.reads()).await?;
        row.map(|row| read_sender(row.fields())).transpose()
    }
}

fn read_ban(row: Fields<'_>) -> Result<Ban> {
    Ok(Ban {
        id: row.get("ban_id")?,
        kind: row.named("subject_kind")?,
        author: row.get("author")?,
        effect: row.named("effect")?,
        reason: row.named("reason")?,
        note: row.get("note")?,
        created_by: row.get("created_by")?,
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
        comment: row.get("comment_id")?,
        batch: row.get("batch_id")?,
        revoked_at: row.get("revoked_at")?,
        revoked_by: row.get("revoked_by")?,
    })
}

fn read_sender(row: Fields<'_>) -> Result<SenderTrace> {
    Ok(SenderTrace {
        sender: Sender {
            device: row.get("device")?,
            address: row.get("address")?,
            prefix: row.get("prefix")?,
            author: row.get("author")?,
            key: row.get::<Option<i32>>("key_mark")?.map(KeyMark),
        },
        address_key: row.get::<Option<i32>>("address_key_mark")?.map(KeyMark),
        fingerprint: row.get("fingerprint")?,
        created_at: row.get("created_at")?,
    })
}

async fn create(tx: &mut Connection<'_>, new: &NewBan) -> Result<BanMade> {
    let first: Option<Remembered> = request::replay(tx, &new.site, new.request.as_ref()).await?;
    if let Some(first) = first {
        let mut comments = decision::find(tx, &new.site, &first.comments()).await?;
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

/// Rejects the pending and removes the published comments of the banned subject, as far as the ban asks for it.
async fn reject(tx: &mut Connection<'_>, new: &NewBan, along: &Along) -> Result<BanMade> {
    let found = newest(tx, new, along).await?;
    let more = found.len() > MAX_ITEMS;
    let batch = ban::rejection(new, along, found);
    let ids: Vec<CommentId> = batch.items.iter().map(|item| item.comment).collect();
    let comments = decision::lock(tx, &new.site, &ids).await?;
    let settled = decision::decide_locked(tx, &batch, comments).await?;
    Ok(ban::made(new, settled, more))
}

/// Selects the comments with the text of a given comment. They have the same skeleton, which has an index. Without a
/// given comment, only the time has an index.
const OF_SAME_TEXT: &str = "{ | indexed by comments_by_skeleton}
    where coalesce(c.skeleton, c.fingerprint) = (select coalesce(o.skeleton, o.fingerprint) from comments o
        where o.site_id = :site and o.comment_id = :comment) and c.fingerprint = :subject";

/// Returns the subject's newest comments with their revisions, without locks.
async fn newest(tx: &mut Connection<'_>, new: &NewBan, along: &Along) -> Result<Vec<(CommentId, i64)>> {
    let subject: Value<'_> = match new.subject.kind {
        BanKind::Author => ban::author_of(&new.subject)?.into(),
        BanKind::Device | BanKind::IpPrefix | BanKind::Fingerprint => (&new.subject.key[..]).into(),
    };
    let statuses = [(along.reject_pending, Status::Pending), (along.remove_published, Status::Approved)];
    let statuses = statuses.into_iter().filter_map(|(chosen, status)| chosen.then_some(status.as_str()));
    let select = Statement::new("select c.comment_id, c.revision from comments c ")
        .push(match new.subject.kind {
            BanKind::Device => "{ | indexed by comments_by_device} where c.device = :subject",
            BanKind::IpPrefix => "{ | indexed by comments_by_prefix} where c.prefix = :subject",
            BanKind::Fingerprint if new.ban.comment.is_some() => OF_SAME_TEXT,
            BanKind::Fingerprint => "{ | indexed by comments_by_age} where c.fingerprint = :subject",
            BanKind::Author => "{ | indexed by comments_by_author} where c.author = :subject",
        })
        .push(
            " and c.site_id = :site and c.created_at >= :since and c.status in :statuses
            order by c.created_at desc, c.comment_id desc limit :limit",
        )
        .bind("subject", subject)
        .bind("site", &new.site)
        .bind("since", along.since)
        .bind("statuses", List::texts(statuses))
        .bind("limit", parse::limit(ban::CANDIDATES));
    let select = match (new.subject.kind, new.ban.comment) {
        (BanKind::Fingerprint, Some(comment)) => select.bind("comment", comment),
        _ => select,
    };
    let rows = select.fetch_all(tx).await?;
    rows.iter().map(|row| Ok((row.fields().get("comment_id")?, row.fields().get("revision")?))).collect()
}

async fn insert(tx: &mut Connection<'_>, new: &NewBan, ban: &Ban) -> Result<()> {
    let insert = Statement::insert(
        "bans",
        vec![
            ("site_id", (&new.site).into()),
            ("ban_id", ban.id.into()),
            ("subject_kind", new.subject.kind.as_str().into()),
            ("subject", (&new.subject.key[..]).into()),
            ("effect", ban.effect.as_str().into()),
            ("reason", ban.reason.as_str().into()),
            ("note", (&ban.note).into()),
            ("created_by", (&ban.created_by).into()),
            ("created_at", ban.created_at.into()),
            ("expires_at", ban.expires_at.into()),
            ("comment_id", ban.comment.into()),
            ("batch_id", ban.batch.into()),
            ("revoked_by", "".into()),
            ("key_mark", new.key.map(|key| key.0).into()),
        ],
    );
    insert.execute(tx).await?;
    Ok(())
}

/// Returns the current note of a ban. It is empty if the comment that the ban was made from is erased.
async fn note(tx: &mut Connection<'_>, site: &SiteId, id: Uuid) -> Result<String> {
    let row = Statement::new("select note from bans where site_id = :site and ban_id = :ban");
    let row = row.bind("site", site).bind("ban", id).fetch_optional(tx).await?;
    Ok(row.map(|row| row.fields().get("note")).transpose()?.unwrap_or_default())
}

async fn lock(tx: &mut Connection<'_>, site: &SiteId, id: Uuid) -> Result<Option<Ban>> {
    let row = Statement::new("select ")
        .columns(&BAN, "b")
        .push(" from bans b where b.site_id = :site and b.ban_id = :ban {for no key update | }")
        .bind("site", site)
        .bind("ban", id)
        .fetch_optional(tx)
        .await?;
    row.map(|row| read_ban(row.of(&BAN, "b")?)).transpose()
}

async fn revoke(tx: &mut Connection<'_>, revocation: &Revocation) -> Result<(Ban, bool)> {
    let Revocation { site, ban: id, entry, request } = revocation;
    let locked = lock(tx, site, *id).await?;
    if let Some(first) = request::replay::<(Ban, bool)>(tx, site, request.as_ref()).await? {
        let (ban, changed) = first;
        return Ok((Ban { note: note(tx, site, *id).await?, ..ban }, changed));
    }
    let ban = locked.ok_or(Error::BanNotFound(*id))?;
    let changed = ban.is_in_force(entry.at);
    let ban = if changed { ban::revoked(ban, entry) } else { ban };
    if changed {
        Statement::new("update bans set revoked_at = :at, revoked_by = :actor where site_id = :site and ban_id = :ban")
            .bind("at", entry.at)
            .bind("actor", &entry.actor)
            .bind("site", site)
            .bind("ban", *id)
            .execute(&mut *tx)
            .await?;
        audit::insert(tx, site, entry).await?;
    }
    if let Some(request) = request {
        let row = outcome::answered(request, &(ban::without_note(&ban), changed))?;
        request::insert(tx, site, &row, entry.id, entry.at).await?;
    }
    Ok((ban, changed))
}
