//! Writes for key rotation: they record the server's keys, and move rows from one key to another.

use super::{Connection, List, Rows, Statement, token::macs_to_bytes};
use crate::{
    domain::{
        Result,
        ban::BanMove,
        id::{CommentId, SiteId},
        key::{DeviceNames, KeyMark, Rekeying},
    },
    store::contract::KeyRecording,
};

/// Records the keys of a starting server.
pub(super) async fn record(tx: &mut Connection<'_>, recording: &KeyRecording) -> Result<()> {
    let KeyRecording { keys, are_first, macs, given_up, at } = recording;
    let rows = Rows::new()
        .column("key_mark", List::ints(keys.iter().map(|key| key.mark.0)))
        .column("kid", List::ints(keys.iter().map(|key| i32::from(key.kid))))
        .column("fingerprint", List::bytes(keys.iter().map(|key| &key.fingerprint[..])));
    // Replicas that start concurrently lock the rows in the same order, so that no deadlock occurs.
    let insert = Statement::new(
        "insert into server_keys (key_mark, kid, fingerprint, is_first, recorded_at)
        select i.key_mark, i.kid, i.fingerprint, :are_first, :at from :keys i where true order by i.key_mark
        on conflict (key_mark) do update set given_up_at = null where server_keys.given_up_at is not null",
    );
    insert.bind("keys", rows).bind("are_first", *are_first).bind("at", *at).execute(&mut *tx).await?;

    let bytes: Vec<_> = macs.iter().map(|(_, macs)| macs_to_bytes(macs)).collect();
    let rows = Rows::new()
        .column("token_id", List::uuids(macs.iter().map(|(token, _)| *token)))
        .column("macs", List::bytes(bytes.iter().map(Option::as_deref)));
    let update = Statement::new(
        "update tokens as t set macs = i.macs from :macs i where t.token_id = i.token_id and t.revoked_at is null",
    );
    update.bind("macs", rows).execute(&mut *tx).await?;

    let update =
        Statement::new("update server_keys set given_up_at = :at where key_mark in :given_up and given_up_at is null");
    let given_up = List::ints(given_up.iter().map(|mark| mark.0));
    update.bind("given_up", given_up).bind("at", *at).execute(tx).await?;
    Ok(())
}

/// Moves a device's comments, reports and author key to another key.
pub(super) async fn device(tx: &mut Connection<'_>, rekeying: &Rekeying) -> Result<()> {
    let Rekeying { site, from, to, key, .. } = rekeying;
    comments(tx, rekeying).await?;
    reports(tx, site, (from, to), *key).await?;
    author(tx, site, from, to).await
}

async fn comments(tx: &mut Connection<'_>, rekeying: &Rekeying) -> Result<()> {
    let Rekeying { site, from, to, key, texts } = rekeying;
    let ids: Vec<CommentId> = texts.iter().map(|text| text.comment).collect();
    // Locks the comments in the same order as decisions do, so that no deadlock occurs.
    Statement::new(
        "select 1 as locked from comments c where c.site_id = :site and c.comment_id in :ids
        order by c.parent_id is null, c.comment_id {for no key update | }",
    )
    .bind("site", site)
    .bind("ids", List::comments(&ids))
    .fetch_all(&mut *tx)
    .await?;
    let rows = Rows::new()
        .column("comment_id", List::comments(&ids))
        .column("fingerprint", List::bytes(texts.iter().map(|text| &text.fingerprint[..])))
        .column("skeleton", List::bytes(texts.iter().map(|text| text.skeleton.as_ref().map(|hash| &hash[..]))));
    // The address keeps its key, because a hash with another key cannot be computed from the stored hash.
    Statement::new(
        "update comments as c set device = :device, author = :author, fingerprint = i.fingerprint, skeleton = i.skeleton,
            address_key_mark = coalesce(c.address_key_mark, c.key_mark, 0), key_mark = :key
        from :texts i where c.site_id = :site and c.comment_id = i.comment_id and c.author = :from and c.status <> 'ERASED'",
    )
    .bind("site", site)
    .bind("texts", rows)
    .bind("device", &to.device)
    .bind("author", &to.author)
    .bind("key", key.0)
    .bind("from", &from.author)
    .execute(tx)
    .await?;
    Ok(())
}

/// Moves the device's reports to another key. If the device reported a comment under both keys, one report remains.
async fn reports(
    tx: &mut Connection<'_>,
    site: &SiteId,
    (from, to): (&DeviceNames, &DeviceNames),
    key: KeyMark,
) -> Result<()> {
    Statement::new(
        "delete from reports where site_id = :site and reporter = :from and comment_id in (
            select r.comment_id from reports r where r.site_id = :site and r.reporter = :to)",
    )
    .bind("site", site)
    .bind("from", &from.device)
    .bind("to", &to.device)
    .execute(&mut *tx)
    .await?;
    Statement::new("update reports { | indexed by reports_by_reporter} set reporter = :to, key_mark = :key where site_id = :site and reporter = :from")
        .bind("site", site)
        .bind("from", &from.device)
        .bind("to", &to.device)
        .bind("key", key.0)
        .execute(tx)
        .await?;
    Ok(())
}

/// Maps all earlier author keys of the author to the current one, which has no row of its own.
async fn author(tx: &mut Connection<'_>, site: &SiteId, from: &DeviceNames, to: &DeviceNames) -> Result<()> {
    let pair = |text| Statement::new(text).bind("site", site).bind("from", &from.author).bind("to", &to.author);
    pair("update author_keys set author = :to where site_id = :site and author = :from").execute(&mut *tx).await?;
    Statement::new("delete from author_keys where site_id = :site and earlier = :to")
        .bind("site", site)
        .bind("to", &to.author)
        .execute(&mut *tx)
        .await?;
    pair(
        "insert into author_keys (site_id, earlier, author) values (:site, :from, :to)
        on conflict (site_id, earlier) do update set author = excluded.author",
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Moves the subjects of bans to another key, as `moves` says. Revoked bans stay unchanged.
pub(super) async fn bans(tx: &mut Connection<'_>, site: &SiteId, moves: &[BanMove], key: KeyMark) -> Result<u64> {
    let rows = Rows::new()
        .column("kind", List::texts(moves.iter().map(|one| one.from.kind.as_str())))
        .column("earlier", List::bytes(moves.iter().map(|one| one.from.key.as_slice())))
        .column("subject", List::bytes(moves.iter().map(|one| one.to.key.as_slice())));
    Statement::new(
        "update bans as b set subject = i.subject, key_mark = :key from :moves i
        where b.site_id = :site and b.subject_kind = i.kind and b.subject = i.earlier and b.revoked_at is null",
    )
    .bind("site", site)
    .bind("moves", rows)
    .bind("key", key.0)
    .execute(tx)
    .await
}
