//! The rows that stored submissions become.

use std::collections::HashSet;

use super::{Connection, List, Rows, Statement};
use crate::domain::{
    Result,
    id::{CommentId, SiteId},
    submission::Submission,
};

/// Names a submission of a batch: its site and its comment.
pub(super) type SubmissionKey = (SiteId, CommentId);

pub(super) fn key(one: &Submission) -> SubmissionKey {
    (one.site.clone(), one.comment.id)
}

/// Writes all rows of the submissions, and returns the keys of those that were written. In PostgreSQL this is one statement; what
/// depends on a row that a concurrent transaction wrote first is left out. Requests and nonces are sorted, so that two batches with the
/// same keys wait for each other in the same order.
pub(super) async fn write(tx: &mut Connection<'_>, stored: &[&Submission]) -> Result<HashSet<SubmissionKey>> {
    if !tx.dialect().has_concurrent_writers() {
        write_in_turn(tx, stored).await?;
        return Ok(stored.iter().map(|one| key(one)).collect());
    }
    let written = Statement::new(
        r#"with input as (select * from :rows given),
        claimed as (
            insert into requests (site_id, request_id, payload_hash, response, made_by, created_at)
            select site_id, request_id, payload_hash, response, comment_id, created_at from input
            order by site_id collate "C", request_id
            on conflict do nothing returning site_id, made_by
        ), spent as (
            insert into captcha_nonces (site_id, nonce, spent_by, spent_at)
            select i.site_id, i.nonce, i.comment_id, i.created_at from input i
            join claimed c on c.site_id = i.site_id and c.made_by = i.comment_id
            order by i.site_id collate "C", i.nonce
            on conflict do nothing returning site_id, spent_by
        ), stored as ("#,
    )
    .push(INSERT_COMMENTS)
    .push(
        " from input i join spent s on s.site_id = i.site_id and s.spent_by = i.comment_id
            returning site_id, comment_id, article_id, created_at
        )
        insert into changes (site_id, change_id, kind, comment_id, article_id, at)
        select site_id, comment_id, 'COMMENT_SUBMITTED', comment_id, article_id, created_at from stored
        returning site_id, comment_id",
    )
    .bind("rows", with_admission(comment_rows(stored)?, stored))
    .fetch_all(tx)
    .await?;
    written.iter().map(|row| Ok((row.fields().get("site_id")?, row.fields().get("comment_id")?))).collect()
}

/// Deletes the request rows of submissions whose nonce was spent: such a request may be made again.
pub(super) async fn withdraw(tx: &mut Connection<'_>, lost: &[&Submission]) -> Result<()> {
    if lost.is_empty() {
        return Ok(());
    }
    let rows = Rows::new()
        .column("site_id", List::texts(lost.iter().map(|one| one.site.as_str())))
        .column("request_id", List::uuids(lost.iter().map(|one| one.request.id)))
        .column("made_by", List::uuids(lost.iter().map(|one| one.comment.id.0)));
    Statement::new(
        "delete from requests where (site_id, request_id, made_by) in (select site_id, request_id, made_by from :lost given)",
    )
    .bind("lost", rows)
    .execute(tx)
    .await?;
    Ok(())
}

/// Writes the rows table by table.
async fn write_in_turn(tx: &mut Connection<'_>, stored: &[&Submission]) -> Result<()> {
    let rows = with_admission(Rows::new(), stored)
        .column("site_id", List::texts(stored.iter().map(|one| one.site.as_str())))
        .column("comment_id", List::uuids(stored.iter().map(|one| one.comment.id.0)))
        .column("article_id", List::texts(stored.iter().map(|one| one.comment.article.as_str())))
        .column("created_at", List::times(stored.iter().map(|one| one.comment.created_at)));
    Statement::new(
        "insert into requests (site_id, request_id, payload_hash, response, made_by, created_at)
        select site_id, request_id, payload_hash, response, comment_id, created_at from :rows given",
    )
    .bind("rows", rows.clone())
    .execute(&mut *tx)
    .await?;
    Statement::new(
        "insert into captcha_nonces (site_id, nonce, spent_by, spent_at)
        select site_id, nonce, comment_id, created_at from :rows given",
    )
    .bind("rows", rows.clone())
    .execute(&mut *tx)
    .await?;
    Statement::new(INSERT_COMMENTS).push(" from :rows i").bind("rows", comment_rows(stored)?).execute(&mut *tx).await?;
    Statement::new(
        "insert into changes (site_id, change_id, kind, comment_id, article_id, at)
        select site_id, comment_id, 'COMMENT_SUBMITTED', comment_id, article_id, created_at from :rows given",
    )
    .bind("rows", rows)
    .execute(tx)
    .await?;
    Ok(())
}

/// Adds what makes each submission one: its request and its nonce.
fn with_admission<'q>(rows: Rows<'q>, stored: &[&'q Submission]) -> Rows<'q> {
    let all = || stored.iter();
    rows.column("request_id", List::uuids(all().map(|one| one.request.id)))
        .column("payload_hash", List::bytes(all().map(|one| &one.request.payload_hash[..])))
        .column("response", List::texts(all().map(|one| one.request.response.as_str())))
        .column("nonce", List::bytes(all().map(|one| &one.nonce[..])))
}

const INSERT_COMMENTS: &str = "
    insert into comments (site_id, comment_id, article_id, parent_id, reply_to, author_name, title, content, status, revision,
        created_at, published_at, reviewed_at, reply_count, device, address, prefix, author, fingerprint, folded, findings,
        spam_score, flagged_at, skeleton, key_mark)
    select i.site_id, i.comment_id, i.article_id, i.parent_id, i.reply_to, i.author_name, i.title, i.content, i.status, i.revision,
        i.created_at, i.published_at, i.reviewed_at, 0, i.device, i.address, i.prefix, i.author, i.fingerprint, i.folded,
        i.findings, i.spam_score, i.flagged_at, i.skeleton, i.key_mark";

fn comment_rows<'q>(stored: &[&'q Submission]) -> Result<Rows<'q>> {
    let all = || stored.iter().copied();
    let comments = || all().map(|one| &one.comment);
    let senders = || all().map(|one| &one.sender);
    let hash = |hash: &'q Option<[u8; 16]>| hash.as_ref().map(|hash| &hash[..]);
    Ok(Rows::new()
        .column("site_id", List::texts(all().map(|one| one.site.as_str())))
        .column("comment_id", List::uuids(comments().map(|comment| comment.id.0)))
        .column("article_id", List::texts(comments().map(|comment| comment.article.as_str())))
        .column("parent_id", List::uuids(comments().map(|comment| comment.parent.map(|id| id.0))))
        .column("reply_to", List::uuids(comments().map(|comment| comment.reply_to.map(|id| id.0))))
        .column("author_name", List::texts(comments().map(|comment| comment.author_name.as_str())))
        .column("title", List::texts(comments().map(|comment| comment.title.as_str())))
        .column("content", List::texts(comments().map(|comment| comment.content.as_str())))
        .column("status", List::texts(comments().map(|comment| comment.status.as_str())))
        .column("revision", List::longs(comments().map(|comment| comment.revision)))
        .column("created_at", List::times(comments().map(|comment| comment.created_at)))
        .column("published_at", List::times(comments().map(|comment| comment.published_at)))
        .column("reviewed_at", List::times(comments().map(|comment| comment.reviewed_at)))
        .column("flagged_at", List::times(comments().map(|comment| comment.attention.flagged_at)))
        .column("device", List::bytes(senders().map(|sender| hash(&sender.device))))
        .column("address", List::bytes(senders().map(|sender| hash(&sender.address))))
        .column("prefix", List::bytes(senders().map(|sender| hash(&sender.prefix))))
        .column("author", List::texts(senders().map(|sender| sender.author.as_str())))
        .column("key_mark", List::ints(senders().map(|sender| sender.key.map(|key| key.0))))
        .column("fingerprint", List::bytes(all().map(|one| &one.fingerprint[..])))
        .column("skeleton", List::bytes(all().map(|one| hash(&one.skeleton))))
        .column("folded", List::texts(all().map(|one| one.folded.as_str())))
        .column("findings", List::jsons(all().map(|one| Some(&one.findings)))?)
        .column("spam_score", List::reals(all().map(|one| one.spam_score))))
}
