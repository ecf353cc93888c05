//! One comment with all that a moderator wants to know, in four round trips.

use chrono::{DateTime, Utc};

use super::{audit, session::Pool};
use crate::{
    domain::{
        Result,
        case::{CaseDetails, ReviewCase},
        id::{CommentId, SiteId},
        queue::EXACT_TOTAL,
    },
    store::{
        around::{self, COMMENTS, DECISIONS, NOTES, REPORT_NOTES},
        parse,
        rows::{self, Read as _, RowReader},
    },
};

/// Looks at the author's newest comments only: more than a moderator can weigh.
const FIND: &str = concat!(
    "select ",
    case_columns!(),
    ", (select count(*) from (select 1 from comments s
            where s.site_id = c.site_id and coalesce(s.skeleton, s.fingerprint) = coalesce(c.skeleton, c.fingerprint) and s.comment_id <> c.comment_id limit $3) same),
        history.* from comments c
    cross join lateral (
        select count(*) filter (where status = 'APPROVED'), count(*) filter (where status in ('REJECTED', 'REMOVED')),
            count(*) filter (where status = 'SPAM'), count(*) filter (where status = 'PENDING')
        from (select h.status from comments h
            where h.site_id = c.site_id and h.author = c.author and h.comment_id <> c.comment_id
            order by h.created_at desc limit $4) newest) history
    where c.site_id = $1 and c.comment_id = $2"
);

pub(super) async fn find(pool: &Pool, site: &SiteId, id: CommentId, now: DateTime<Utc>) -> Result<Option<ReviewCase>> {
    let query = sqlx::query(FIND).bind(site.as_str()).bind(id.0).bind(EXACT_TOTAL + 1).bind(EXACT_TOTAL);
    let Some(row) = query.fetch_optional(pool).await? else { return Ok(None) };
    let mut columns = RowReader::new(&row);
    let mut case = rows::case(&mut columns, now)?;
    let same_text = parse::small(columns.long()?);
    case.history = around::history(&mut columns, case.history.author)?;
    let decisions = audit::of_comment(pool, site, id, DECISIONS).await?;
    let mut details = CaseDetails { decisions, same_text, ..CaseDetails::default() };
    add_comments(&mut details, pool, site, id).await?;
    add_remarks(&mut details, pool, site, id).await?;
    case.details = Some(Box::new(details));
    Ok(Some(case))
}

/// What the comments around share with it is asked first, so that an index brings the newest of them at once.
const AROUND: &str = concat!(
    "with this as materialized (
        select coalesce(skeleton, fingerprint) skeleton, author, reply_to from comments where site_id = $1 and comment_id = $2
    )
    (select 'SIBLING', ",
    comment_columns!("c"),
    " from comments c where c.site_id = $1 and coalesce(c.skeleton, c.fingerprint) = (select skeleton from this) and c.comment_id <> $2
        order by c.created_at desc limit $3)
    union all
    (select 'AUTHOR', ",
    comment_columns!("c"),
    " from comments c where c.site_id = $1 and c.author = (select author from this) and c.comment_id <> $2
        order by c.created_at desc limit $3)
    union all
    (select 'ANSWERED', ",
    comment_columns!("c"),
    " from comments c where c.site_id = $1 and c.comment_id = (select reply_to from this))"
);

async fn add_comments(details: &mut CaseDetails, pool: &Pool, site: &SiteId, id: CommentId) -> Result<()> {
    let query = sqlx::query(AROUND).bind(site.as_str()).bind(id.0).bind(COMMENTS);
    for row in query.fetch_all(pool).await? {
        around::add_comment(details, &mut RowReader::new(&row))?;
    }
    around::sort_comments(details);
    Ok(())
}

const REMARKS: &str = "
    select kind, id, at, label, text, count from (
        (select 'NOTE' kind, note_id id, at, actor label, text, 0::bigint count from notes
            where site_id = $1 and comment_id = $2 order by at desc, note_id desc limit $3)
        union all
        (select 'REPORT', null, created_at, null, note, 0 from reports
            where site_id = $1 and comment_id = $2 and note <> '' order by created_at desc, reporter limit $4)
        union all
        (select 'COUNT', null, null, reason, '', count(*) from reports
            where site_id = $1 and comment_id = $2 group by reason)) remarks
    order by kind, count desc, at desc, id desc, label";

async fn add_remarks(details: &mut CaseDetails, pool: &Pool, site: &SiteId, id: CommentId) -> Result<()> {
    let query = sqlx::query(REMARKS).bind(site.as_str()).bind(id.0).bind(NOTES).bind(REPORT_NOTES);
    for row in query.fetch_all(pool).await? {
        around::add_remark(details, &mut RowReader::new(&row))?;
    }
    Ok(())
}
