//! The moderators' queue.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::{Executor as _, postgres::PgExecutor, postgres::PgRow};
use uuid::Uuid;

use super::session::{Pool, Session};
use super::{
    PostgresStore, case,
    queue_sql::{Asked, Shape},
};
use crate::{
    domain::{
        Result,
        case::ReviewCase,
        claim::ClaimRequest,
        id::{CommentId, SiteId},
        page::{Cursor, Page, QueuePage, queue_cursor},
        queue::{EXACT_TOTAL, QueueFilter},
    },
    store::{
        contract::{MOST_CHANGES, QueueStore},
        keyset::{self, QueueKey},
        parse,
        rows::{self, Read as _, RowReader},
    },
};

#[async_trait]
impl QueueStore for PostgresStore {
    async fn list_queue(&self, page: &QueuePage<'_>) -> Result<Page<ReviewCase>> {
        let cases = if Shape::of(page.filter).is_plain() {
            fetch(&self.pool, page, page.size + 1, false).await?
        } else {
            fetch(&mut self.begin_planned_anew().await?, page, page.size + 1, false).await?
        };
        Ok(Page::of(cases, page.size, |case| queue_cursor(page.order, case)))
    }

    async fn count_queue(&self, page: &QueuePage<'_>) -> Result<i64> {
        let shape = Shape::of(page.filter);
        let query = shape.bind(shape.count(page.order), page.site, page.filter, page.now);
        let row = if shape.is_plain() {
            shape.bind_last(query.bind(EXACT_TOTAL + 1), page.filter, page.now).fetch_one(&self.pool).await?
        } else {
            let query = bind_bounds(query, page, EXACT_TOTAL + 1);
            let query = shape.bind_last(query, page.filter, page.now);
            query.fetch_one(&mut self.begin_planned_anew().await?).await?
        };
        RowReader::new(&row).long()
    }

    async fn queue_slice(&self, page: &QueuePage<'_>) -> Result<Option<Cursor>> {
        let Some(sql) = Shape::of(page.filter).slice(page.order) else { return Ok(None) };
        let (key, id) = keyset::queue_start(page.order, page.after);
        let query = bind_key(sqlx::query(sql).bind(page.site.as_str().to_owned()), key).bind(id);
        let row = query.bind(parse::limit(page.size) - 1).fetch_optional(&self.pool).await?;
        row.map(|row| keyset::read_queue_cursor(page.order, &mut RowReader::new(&row))).transpose()
    }

    async fn find_case(&self, site: &SiteId, id: CommentId, now: DateTime<Utc>) -> Result<Option<ReviewCase>> {
        case::find(&self.pool, site, id, now).await
    }

    async fn find_cases(
        &self,
        site: &SiteId,
        ids: &[CommentId],
        filter: &QueueFilter,
        now: DateTime<Utc>,
    ) -> Result<Vec<(ReviewCase, bool)>> {
        let shape = Shape::with_conditions(filter);
        let ids: Vec<_> = ids.iter().map(|id| id.0).collect();
        let query = shape.bind(shape.find(), site, filter, now).bind(ids);
        let rows = shape.bind_last(query, filter, now).fetch_all(&self.pool).await?;
        let judged = |row: &PgRow| {
            let mut columns = RowReader::new(row);
            Ok((rows::case(&mut columns, now)?, columns.flag()?))
        };
        rows.iter().map(judged).collect()
    }

    async fn changed_comments(&self, site: &SiteId, since: DateTime<Utc>) -> Result<Vec<(Uuid, CommentId)>> {
        changed(&self.pool, site, since).await
    }
}

fn bind_key(query: Asked, key: QueueKey) -> Asked {
    match key {
        QueueKey::Time(at) => query.bind(at),
        QueueKey::Score(score) => query.bind(score),
        QueueKey::Reports(reports) => query.bind(reports),
    }
}

/// Where a page with conditions starts, how much it holds at most, and where it ends.
fn bind_bounds(query: Asked, page: &QueuePage<'_>, limit: i64) -> Asked {
    let (start, end) = (keyset::queue_start(page.order, page.after), keyset::queue_end(page.order, page.until));
    bind_key(bind_key(query, start.0).bind(start.1).bind(limit), end.0).bind(end.1)
}

/// At most `limit` cases from where the page starts, locked when that is asked for.
async fn fetch(
    executor: impl PgExecutor<'_>,
    page: &QueuePage<'_>,
    limit: usize,
    lock: bool,
) -> Result<Vec<ReviewCase>> {
    let shape = Shape::of(page.filter);
    let query = shape.bind(shape.page(page.order, lock), page.site, page.filter, page.now);
    let query = if shape.is_plain() {
        let (key, id) = keyset::queue_start(page.order, page.after);
        bind_key(query, key).bind(id).bind(parse::limit(limit))
    } else {
        bind_bounds(query, page, parse::limit(limit))
    };
    let rows = shape.bind_last(query, page.filter, page.now).fetch_all(executor).await?;
    rows.iter().map(|row| rows::case(&mut RowReader::new(row), page.now)).collect()
}

/// Locks the next `count` comments that match a claim's `filter` and that nobody else has locked, in the order asked for.
pub(super) async fn lock_next(
    tx: &mut Session,
    request: &ClaimRequest<'_>,
    filter: &QueueFilter,
    count: usize,
    after: Option<Cursor>,
) -> Result<Vec<ReviewCase>> {
    let ClaimRequest { site, order, now, .. } = *request;
    if !Shape::of(filter).is_plain() {
        tx.execute(planned_anew!()).await?;
    }
    fetch(tx, &QueuePage { site, filter, order, size: count, after, until: None, now }, count, true).await
}

/// A change's id is made from its time, so that the primary key finds the newest.
const CHANGED: &str = "select change_id, comment_id from changes
    where site_id = $1 and change_id >= $2 and at >= $3 and comment_id is not null order by change_id desc limit $4";

async fn changed(pool: &Pool, site: &SiteId, since: DateTime<Utc>) -> Result<Vec<(Uuid, CommentId)>> {
    let query = sqlx::query(CHANGED).bind(site.as_str()).bind(keyset::earliest_id(since)).bind(since);
    let rows = query.bind(parse::limit(MOST_CHANGES)).fetch_all(pool).await?;
    let pair = |row| {
        let mut columns = RowReader::new(row);
        Ok((columns.uuid()?, CommentId(columns.uuid()?)))
    };
    rows.iter().map(pair).collect()
}
