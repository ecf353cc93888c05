//! One comment with all that a moderator wants to know.

use sqlx::SqlitePool;

use super::audit;
use crate::{
    domain::{
        Result,
        case::{AuthorHistory, Case, EXACT_TOTAL},
        id::{CommentId, SiteId},
    },
    store::{
        parse,
        rows::{self, Read as _, Reader},
    },
};

/// Most decisions shown.
const DECISIONS: i64 = 100;

const FIND: &str = concat!(
    "select ",
    case_columns!(),
    ", (select count(*) from (select 1 from comments s
            where s.site_id = c.site_id and s.fingerprint = c.fingerprint and s.comment_id <> c.comment_id limit $3))
    from comments c where c.site_id = $1 and c.comment_id = $2"
);

pub(super) async fn find(pool: &SqlitePool, site: &SiteId, id: CommentId) -> Result<Option<Case>> {
    let query = sqlx::query(FIND).bind(site.as_str()).bind(id.0).bind(EXACT_TOTAL + 1);
    let Some(row) = query.fetch_optional(pool).await? else { return Ok(None) };
    let mut columns = Reader::new(&row);
    let mut case = rows::case(&mut columns)?;
    case.same_text = parse::small(columns.long()?);
    case.history = history(pool, site, id, case.history.author).await?;
    case.decisions = audit::of_comment(pool, site, id, DECISIONS).await?;
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
    let row = query.fetch_one(pool).await?;
    let mut columns = Reader::new(&row);
    let mut next = || columns.long().map(parse::small);
    Ok(AuthorHistory { approved: next()?, refused: next()?, spam: next()?, pending: next()?, author })
}
