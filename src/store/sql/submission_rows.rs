//! The rows of stored submissions.

use std::collections::HashSet;

use super::{
    Connection, List, Rows, Statement, change_feed, search_index::INSERT_BACKLOG, stats_changes::StatsChanges,
};
use crate::domain::{
    Result,
    change::ChangeKind,
    id::{CommentId, SiteId},
    submission::{Submission, duplicates_since},
};

/// The key of a submission in a batch: its site and its comment.
pub(super) type SubmissionKey = (SiteId, CommentId);

pub(super) fn key(one: &Submission) -> SubmissionKey {
    (one.site.clone(), one.comment.id)
}

/// The condition that comment `o` has the same text as `q`, and is public or is shown to its author as pending.
pub(super) const IS_REPEATED: &str = "o.created_at >= q.duplicates_since and o.article_id = q.article_id
    and o.reply_to is not distinct from q.reply_to and o.author_name = q.author_name and o.title = q.title
    and o.content = q.content
    and (o.status in ('PENDING', 'APPROVED') or (o.status = 'SPAM' and o.reviewed_at is null))";

/// Writes all rows of the submissions, and returns the keys of those that were written. In PostgreSQL this is one
/// statement. It leaves out a submission if a concurrent transaction wrote its request or nonce first. Nonces are
/// sorted, so that batches with the same nonces wait for each other in the same order. Requests need no order, because
/// their advisory locks are held.
pub(super) async fn write(tx: &mut Connection<'_>, stored: &[&Submission]) -> Result<HashSet<SubmissionKey>> {
    if !tx.dialect().has_concurrent_writers() {
        write_in_turn(tx, stored).await?;
        return Ok(stored.iter().map(|one| key(one)).collect());
    }
    let input = Statement::new("with input as (select * from :rows given), ");
    write_at_once(tx, input, with_request(comment_rows(stored)?, stored).column("kind", kinds(stored))).await
}

/// Does the same as [`write()`] in PostgreSQL, but also leaves out submissions that repeat a stored comment or whose
/// article has changed.
pub(super) async fn write_unchanged(tx: &mut Connection<'_>, stored: &[&Submission]) -> Result<HashSet<SubmissionKey>> {
    let articles = || stored.iter().map(|one| one.known_article.as_ref());
    let rows = with_request(comment_rows(stored)?, stored)
        .column("kind", kinds(stored))
        .column("duplicates_since", List::times(stored.iter().map(|one| duplicates_since(one.comment.created_at))))
        .column("known_revision", List::longs(articles().map(|article| article.map(|article| article.revision))))
        .column("known_published_at", List::times(articles().map(|article| article.and_then(|one| one.published_at))));
    let input = Statement::new(
        "with input as (
            select q.* from :rows q
            cross join lateral (
                select a.revision, a.published_at from articles a
                where a.site_id = q.site_id and a.article_id = q.article_id limit 1) a
            left join lateral (
                select o.comment_id from comments o
                where o.site_id = q.site_id and o.device between q.device and q.device and ",
    )
    .push(IS_REPEATED)
    .push(
        " order by o.device desc, o.created_at desc limit 1) d on true
            where a.revision = q.known_revision and a.published_at is not distinct from q.known_published_at
                and d.comment_id is null
        ), ",
    );
    write_at_once(tx, input, rows).await
}

/// Writes the rows of `input`, a query that reads from `:rows`.
async fn write_at_once<'q>(
    tx: &mut Connection<'_>,
    input: Statement<'q>,
    rows: Rows<'q>,
) -> Result<HashSet<SubmissionKey>> {
    let written = input
        .push(
            r#"admitted as (
            insert into requests (site_id, request_id, nonce, payload_hash, response, made_by, created_at)
            select site_id, request_id, nonce, payload_hash, response, comment_id, created_at from input
            order by site_id collate "C", nonce
            on conflict do nothing returning site_id, made_by
        ), stored as ("#,
        )
        .push(INSERT_COMMENTS)
        .push(
            " from input i join admitted a on a.site_id = i.site_id and a.made_by = i.comment_id
            returning site_id, comment_id, created_at, status, flagged_at
        ), counted as (
            insert into stats_changes (site_id, kind, bucket, name, amount)
            select site_id, case when status = 'PENDING' or flagged_at is not null then 'WAITING' else 'SETTLED' end,
                date_trunc('hour', created_at, 'UTC'), status, count(*)
            from stored group by 1, 2, 3, 4
        ), unindexed as (",
        )
        .push(INSERT_BACKLOG)
        .push("stored group by site_id), ")
        .push(change_feed::GATE)
        .push(
            "
        insert into changes (site_id, seq, kind, comment_id, article_id, revision, at)
        select i.site_id, nextval('change_numbers'), i.kind, i.comment_id, i.article_id, i.revision, i.created_at
        from input i join stored s on s.site_id = i.site_id and s.comment_id = i.comment_id, gate
        returning site_id, comment_id",
        )
        .bind("rows", rows)
        .fetch_all(tx)
        .await?;
    written.iter().map(|row| Ok((row.fields().get("site_id")?, row.fields().get("comment_id")?))).collect()
}

/// Writes the rows table by table.
async fn write_in_turn(tx: &mut Connection<'_>, stored: &[&Submission]) -> Result<()> {
    let rows = with_request(Rows::new(), stored)
        .column("site_id", List::texts(stored.iter().map(|one| one.site.as_str())))
        .column("comment_id", List::uuids(stored.iter().map(|one| one.comment.id.0)))
        .column("created_at", List::times(stored.iter().map(|one| one.comment.created_at)));
    Statement::new(
        "insert into requests (site_id, request_id, nonce, payload_hash, response, made_by, created_at)
        select site_id, request_id, nonce, payload_hash, response, comment_id, created_at from :rows given",
    )
    .bind("rows", rows.clone())
    .execute_later(&mut *tx)
    .await?;
    Statement::new(INSERT_COMMENTS)
        .push(" from :rows i")
        .bind("rows", comment_rows(stored)?)
        .execute_later(&mut *tx)
        .await?;
    StatsChanges::of_submissions(stored).append(tx).await?;
    let changes = stored.iter().map(|one| change_feed::NewChange {
        site: &one.site,
        kind: kind(one),
        comment: Some(one.comment.id),
        article: Some(&one.comment.article),
        revision: one.comment.revision,
        at: one.comment.created_at,
    });
    Statement::new(INSERT_BACKLOG)
        .push(":rows given group by site_id")
        .bind("rows", rows)
        .execute_later(&mut *tx)
        .await?;
    change_feed::add(tx, &changes.collect::<Vec<_>>()).await
}

fn kind(one: &Submission) -> ChangeKind {
    ChangeKind::of_comment(None, one.comment.status, one.comment.published_at, one.comment.created_at)
}

fn kinds<'q>(stored: &[&'q Submission]) -> List<'q> {
    List::texts(stored.iter().map(|one| kind(one).as_str()))
}

/// Adds the columns of each submission's request and of the nonce that it spends.
fn with_request<'q>(rows: Rows<'q>, stored: &[&'q Submission]) -> Rows<'q> {
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
