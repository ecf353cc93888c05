//! Erasure of comments.

use uuid::Uuid;

use super::{Connection, List, Statement, decision, erasure, outcomes, request, search_index};
use crate::{
    domain::{
        Result,
        id::{CommentId, SiteId},
        privacy::Erasure,
    },
    store::outcome,
};

pub(super) async fn erase(tx: &mut Connection<'_>, erasure: &Erasure) -> Result<u64> {
    let ids: Vec<CommentId> = erasure.items.iter().map(|(_, comment)| *comment).collect();
    let mut comments = decision::lock(tx, &erasure.site, &ids).await?;
    let found = erasure.items.iter().filter_map(|(entry, id)| outcome::erase(erasure, *entry, comments.remove(id)?));
    let erased: Vec<_> = found.collect();
    if erased.is_empty() {
        return Ok(0);
    }
    outcomes::write(tx, &erasure.site, &erased).await?;
    let ids: Vec<CommentId> = erased.iter().map(|one| one.comment.id).collect();
    let entries: Vec<Uuid> = erased.iter().map(|one| one.entry.id).collect();
    delete_notes(tx, &erasure.site, &ids, &entries).await?;
    overwrite(tx, &erasure.site, &ids).await?;
    if let Some(row) = &erasure.remember {
        request::insert(tx, &erasure.site, row, erasure.batch, erasure.at).await?;
    }
    let count = erased.len() as u64;
    if let Some(request) = erasure.request_id {
        erasure::add_comments(tx, &erasure.site, request, count).await?;
    }
    search_index::forget(tx, &erasure.site, &ids).await?;
    Ok(count)
}

/// Deletes reports and notes on the comments, and the notes of bans that were made from them. The notes of the
/// erasure's own `entries` are kept.
async fn delete_notes(tx: &mut Connection<'_>, site: &SiteId, ids: &[CommentId], entries: &[Uuid]) -> Result<()> {
    let of_comments = |text| Statement::new(text).bind("site", site).bind("ids", List::comments(ids));
    of_comments("delete from reports where site_id = :site and comment_id in :ids").execute(&mut *tx).await?;
    of_comments("delete from notes where site_id = :site and comment_id in :ids").execute(&mut *tx).await?;
    of_comments(
        "delete from audit_notes { | indexed by audit_notes_by_comment}
        where site_id = :site and comment_id in :ids and not audit_id in :entries",
    )
    .bind("entries", List::uuids(entries.iter().copied()))
    .execute(&mut *tx)
    .await?;
    of_comments(
        "delete from audit_notes { | indexed by audit_notes_by_ban} where site_id = :site and ban_id in (
            select b.ban_id from bans b where b.site_id = :site and b.comment_id in :ids)",
    )
    .execute(&mut *tx)
    .await?;
    let bans = "update bans set note = '' where site_id = :site and comment_id in :ids and note <> ''";
    of_comments(bans).execute(tx).await?;
    Ok(())
}

/// Overwrites the texts. Fingerprint and author key become the comment's own id, so that the comment can no longer be
/// linked to others.
async fn overwrite(tx: &mut Connection<'_>, site: &SiteId, ids: &[CommentId]) -> Result<()> {
    Statement::new(
        "update comments set author_name = '', title = '', content = '', folded = '', findings = '[]', spam_score = 0.0,
            device = null, address = null, prefix = null, skeleton = null,
            fingerprint = {uuid_send(comment_id) | comment_id},
            author = {encode(uuid_send(comment_id), 'hex') | lower(hex(comment_id))}
        where site_id = :site and comment_id in :ids",
    )
    .bind("site", site)
    .bind("ids", List::comments(ids))
    .execute(tx)
    .await?;
    Ok(())
}
