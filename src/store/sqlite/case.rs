//! One comment with all that a moderator wants to know.

use chrono::{DateTime, Utc};
use sqlx::SqlitePool;

use super::audit;
use crate::{
    domain::{
        Result,
        case::{AuthorHistory, CaseDetails, ReviewCase},
        id::{CommentId, SiteId},
        queue::EXACT_TOTAL,
    },
    store::{
        around::{self, COMMENTS, DECISIONS, NOTES, REPORT_NOTES},
        parse,
        rows::{self, Read as _, RowReader},
    },
};

const FIND: &str = concat!(
    "select ",
    case_columns!(),
    ", (select count(*) from (select 1 from comments s
            where s.site_id = c.site_id and coalesce(s.skeleton, s.fingerprint) = coalesce(c.skeleton, c.fingerprint) and s.comment_id <> c.comment_id limit $3))
    from comments c where c.site_id = $1 and c.comment_id = $2"
);

pub(super) async fn find(
    pool: &SqlitePool,
    site: &SiteId,
    id: CommentId,
    now: DateTime<Utc>,
) -> Result<Option<ReviewCase>> {
    let query = sqlx::query(FIND).bind(site.as_str()).bind(id.0).bind(EXACT_TOTAL + 1);
    let Some(row) = query.fetch_optional(pool).await? else { return Ok(None) };
    let mut columns = RowReader::new(&row);
    let mut case = rows::case(&mut columns, now)?;
    let same_text = parse::small(columns.long()?);
    case.history = history(pool, site, id, case.history.author).await?;
    let decisions = audit::of_comment(pool, site, id, DECISIONS).await?;
    let mut details = CaseDetails { decisions, same_text, ..CaseDetails::default() };
    add_comments(&mut details, pool, site, id).await?;
    add_remarks(&mut details, pool, site, id).await?;
    case.details = Some(Box::new(details));
    Ok(Some(case))
}

/// Looks at the author's newest comments only: more than a moderator can weigh.
const HISTORY: &str =
    "select coalesce(sum(status = 'APPROVED'), 0), coalesce(sum(status in ('REJECTED', 'REMOVED')), 0),
        coalesce(sum(status = 'SPAM'), 0), coalesce(sum(status = 'PENDING'), 0)
    from (select status from comments where site_id = $1 and author = $2 and comment_id <> $3
        order by created_at desc limit $4)";

async fn history(pool: &SqlitePool, site: &SiteId, id: CommentId, author: String) -> Result<AuthorHistory> {
    let query = sqlx::query(HISTORY).bind(site.as_str()).bind(&author).bind(id.0).bind(EXACT_TOTAL);
    around::history(&mut RowReader::new(&query.fetch_one(pool).await?), author)
}

const AROUND: &str = concat!(
    "select * from (select 'SIBLING', ",
    comment_columns!("c"),
    " from comments c indexed by comments_by_skeleton
        where c.site_id = $1 and coalesce(c.skeleton, c.fingerprint)
            = (select coalesce(skeleton, fingerprint) from comments where site_id = $1 and comment_id = $2)
        and c.comment_id <> $2 order by c.created_at desc limit $3)
    union all
    select * from (select 'AUTHOR', ",
    comment_columns!("c"),
    " from comments c indexed by comments_by_author
        where c.site_id = $1 and c.author = (select author from comments where site_id = $1 and comment_id = $2)
        and c.comment_id <> $2 order by c.created_at desc limit $3)
    union all
    select 'ANSWERED', ",
    comment_columns!("c"),
    " from comments c where c.site_id = $1
        and c.comment_id = (select reply_to from comments where site_id = $1 and comment_id = $2)"
);

async fn add_comments(details: &mut CaseDetails, pool: &SqlitePool, site: &SiteId, id: CommentId) -> Result<()> {
    let query = sqlx::query(AROUND).bind(site.as_str()).bind(id.0).bind(COMMENTS);
    for row in query.fetch_all(pool).await? {
        around::add_comment(details, &mut RowReader::new(&row))?;
    }
    around::sort_comments(details);
    Ok(())
}

const REMARKS: &str = "
    select kind, id, at, label, text, count from (
        select * from (select 'NOTE' kind, note_id id, at, actor label, text, 0 count from notes
            where site_id = $1 and comment_id = $2 order by at desc, note_id desc limit $3)
        union all
        select * from (select 'REPORT', null, created_at, null, note, 0 from reports
            where site_id = $1 and comment_id = $2 and note <> '' order by created_at desc, reporter limit $4)
        union all
        select 'COUNT', null, null, reason, '', count(*) from reports
            where site_id = $1 and comment_id = $2 group by reason)
    order by kind, count desc, at desc, id desc, label";

async fn add_remarks(details: &mut CaseDetails, pool: &SqlitePool, site: &SiteId, id: CommentId) -> Result<()> {
    let query = sqlx::query(REMARKS).bind(site.as_str()).bind(id.0).bind(NOTES).bind(REPORT_NOTES);
    for row in query.fetch_all(pool).await? {
        around::add_remark(details, &mut RowReader::new(&row))?;
    }
    Ok(())
}
