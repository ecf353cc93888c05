//! One comment with all information for a moderator's decision. It takes four round trips.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};

use super::{
    Backend, Connection, Fields, Statement, audit,
    records::{self, CASE, CASE_JOINS, COMMENT},
    row::Row,
};
use crate::{
    domain::{
        Error, Result,
        case::{AuthorHistory, CaseDetails, ReviewCase},
        id::{CommentId, SiteId},
        report::{ModeratorNote, ReportCount},
        text,
    },
    store::parse,
};

/// Maximum number of other comments of one kind.
const COMMENTS: i64 = 10;
/// Maximum number of decisions.
const DECISIONS: i64 = 100;
/// Maximum number of moderators' notes.
const NOTES: i64 = 100;
/// Maximum number of reporters' notes.
const REPORT_NOTES: i64 = 10;
/// Maximum count of comments with the same text, and of comments of the same author.
const COUNTED: i64 = 10_000;

/// Reads a row that begins with [`COMMENT`] and [`CASE`].
pub(super) fn read(row: &Row, now: DateTime<Utc>) -> Result<ReviewCase> {
    let comment = records::comment(row.starting(&COMMENT, 0))?;
    records::case(comment, row.starting(&CASE, COMMENT.len()), now)
}

pub(super) async fn find(
    backend: &impl Backend,
    site: &SiteId,
    id: CommentId,
    now: DateTime<Utc>,
) -> Result<Option<ReviewCase>> {
    let Some((mut case, same_text)) = find_with_history(backend.reads(), site, id, now).await? else {
        return Ok(None);
    };
    let decisions = audit::of_comment(backend.reads(), site, id, DECISIONS).await?;
    let mut details = CaseDetails { decisions, same_text, ..CaseDetails::default() };
    add_comments(&mut details, backend.reads(), site, id).await?;
    add_remarks(&mut details, backend.reads(), site, id).await?;
    case.details = Some(Box::new(details));
    Ok(Some(case))
}

/// Returns a case with its author's history, and how many other comments have the same text. It counts only the
/// author's newest comments, of which there are already more than a moderator can consider.
async fn find_with_history(
    on: Connection<'_>,
    site: &SiteId,
    id: CommentId,
    now: DateTime<Utc>,
) -> Result<Option<(ReviewCase, i32)>> {
    let row = Statement::new("select ")
        .columns(&COMMENT, "c")
        .push(", ")
        .columns(&CASE, "c")
        .push(
            ", (select count(*) from (select 1 from comments s { | indexed by comments_by_skeleton}
                where s.site_id = c.site_id and coalesce(s.skeleton, s.fingerprint) = coalesce(c.skeleton, c.fingerprint)
                    and s.comment_id <> c.comment_id limit :most_same) same) as same_text,
                history.approved, history.rejected, history.spam, history.pending
            from comments c",
        )
        .push(CASE_JOINS)
        .push(
            " cross join (
                select count(*) filter (where status = 'APPROVED') as approved,
                    count(*) filter (where status in ('REJECTED', 'REMOVED')) as rejected,
                    count(*) filter (where status = 'SPAM') as spam, count(*) filter (where status = 'PENDING') as pending
                from (select h.status from comments h { | indexed by comments_by_author}
                    where h.site_id = :site and h.comment_id <> :id
                        and h.author = (select o.author from comments o where o.site_id = :site and o.comment_id = :id)
                    order by h.created_at desc limit :newest) newest
            ) history
            where c.site_id = :site and c.comment_id = :id",
        )
        .bind("site", site)
        .bind("id", id)
        .bind("most_same", COUNTED + 1)
        .bind("newest", COUNTED)
        .fetch_optional(on)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let mut case = read(&row, now)?;
    let count = |name| row.fields().get(name).map(parse::small);
    case.history = AuthorHistory {
        approved: count("approved")?,
        rejected: count("rejected")?,
        spam: count("spam")?,
        pending: count("pending")?,
        author: case.history.author,
    };
    Ok(Some((case, count("same_text")?)))
}

/// Adds the newest comments with the same text, the author's newest comments, and the comment that this one replies to.
/// The skeleton and the author are selected first, so that an index finds the newest comments.
async fn add_comments(details: &mut CaseDetails, on: Connection<'_>, site: &SiteId, id: CommentId) -> Result<()> {
    let rows = Statement::new(
        "with this as materialized (
            select coalesce(skeleton, fingerprint) as skeleton, author, reply_to from comments
            where site_id = :site and comment_id = :id
        )
        select * from (select 'SIBLING' as kind, ",
    )
    .columns(&COMMENT, "c")
    .push(
        " from comments c { | indexed by comments_by_skeleton}
            where c.site_id = :site and coalesce(c.skeleton, c.fingerprint) = (select skeleton from this)
                and c.comment_id <> :id order by c.created_at desc limit :most) siblings
        union all
        select * from (select 'AUTHOR' as kind, ",
    )
    .columns(&COMMENT, "c")
    .push(
        " from comments c { | indexed by comments_by_author}
            where c.site_id = :site and c.author = (select author from this) and c.comment_id <> :id
            order by c.created_at desc limit :most) by_author
        union all
        select 'ANSWERED' as kind, ",
    )
    .columns(&COMMENT, "c")
    .push(" from comments c where c.site_id = :site and c.comment_id = (select reply_to from this)")
    .bind("site", site)
    .bind("id", id)
    .bind("most", COMMENTS)
    .fetch_all(on)
    .await?;
    for row in &rows {
        add_comment(details, row)?;
    }
    // A union has no guaranteed order.
    for comments in [&mut details.siblings, &mut details.author_comments] {
        comments.sort_by_key(|comment| Reverse((comment.created_at, comment.id)));
    }
    Ok(())
}

fn add_comment(details: &mut CaseDetails, row: &Row) -> Result<()> {
    let mut comment = records::comment(row.of(&COMMENT, "c")?)?;
    comment.content = text::excerpt(comment.content);
    match row.fields().get::<String>("kind")?.as_str() {
        "SIBLING" => details.siblings.push(comment),
        "AUTHOR" => details.author_comments.push(comment),
        "ANSWERED" => details.answered = Some(comment),
        kind => return Err(Error::internal(format!("`{kind}` is not a kind of comment"))),
    }
    Ok(())
}

/// Adds moderators' notes, reporters' notes and the number of reports by reason.
async fn add_remarks(details: &mut CaseDetails, on: Connection<'_>, site: &SiteId, id: CommentId) -> Result<()> {
    let rows = Statement::new(
        "select kind, id, at, label, text, count from (
            select * from (select 'NOTE' as kind, note_id as id, at, actor as label, text, cast(0 as bigint) as count
                from notes where site_id = :site and comment_id = :id
                order by at desc, note_id desc limit :notes) noted
            union all
            select * from (select 'REPORT', cast(null as uuid), created_at, cast(null as text), note, cast(0 as bigint)
                from reports where site_id = :site and comment_id = :id and note <> ''
                order by created_at desc, reporter limit :report_notes) reported
            union all
            select 'COUNT', null, null, reason, '', count(*) from reports
            where site_id = :site and comment_id = :id group by reason) remarks
        order by kind, count desc, at desc, id desc, label",
    )
    .bind("site", site)
    .bind("id", id)
    .bind("notes", NOTES)
    .bind("report_notes", REPORT_NOTES)
    .fetch_all(on)
    .await?;
    rows.iter().try_for_each(|row| add_remark(details, row.fields()))
}

fn add_remark(details: &mut CaseDetails, row: Fields<'_>) -> Result<()> {
    let text = row.get("text")?;
    match row.get::<String>("kind")?.as_str() {
        "NOTE" => {
            let actor = row.get("label")?;
            details.notes.push(ModeratorNote { id: row.get("id")?, at: row.get("at")?, actor, text });
        }
        "REPORT" => details.report_notes.push(text),
        "COUNT" => {
            let (reason, count) = (row.maybe_named("label")?, parse::small(row.get("count")?));
            details.report_counts.push(ReportCount { reason, count });
        }
        kind => return Err(Error::internal(format!("`{kind}` is not a kind of remark"))),
    }
    Ok(())
}
