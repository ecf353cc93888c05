//! The moderators' queue.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::{
    SqlitePool,
    sqlite::{SqliteExecutor, SqliteRow},
};
use uuid::Uuid;

use super::{
    SqliteStore, case, json_ids, micros,
    queue_sql::{Asked, Shape, ask},
};
use crate::{
    domain::{
        Result,
        case::ReviewCase,
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
impl QueueStore for SqliteStore {
    async fn list_queue(&self, page: &QueuePage<'_>) -> Result<Page<ReviewCase>> {
        list(&self.read, page).await
    }

    async fn count_queue(&self, page: &QueuePage<'_>) -> Result<i64> {
        let query = ask_page(Shape::of(page.filter).count(page.order), page, EXACT_TOTAL + 1);
        RowReader::new(&query.fetch_one(&self.read).await?).long()
    }

    async fn queue_slice(&self, page: &QueuePage<'_>) -> Result<Option<Cursor>> {
        let Some(sql) = Shape::of(page.filter).slice(page.order) else { return Ok(None) };
        let row = ask_page(sql, page, parse::limit(page.size) - 1).fetch_optional(&self.read).await?;
        row.map(|row| keyset::read_queue_cursor(page.order, &mut RowReader::new(&row))).transpose()
    }

    async fn find_case(&self, site: &SiteId, id: CommentId, now: DateTime<Utc>) -> Result<Option<ReviewCase>> {
        case::find(&self.read, site, id, now).await
    }

    async fn find_cases(
        &self,
        site: &SiteId,
        ids: &[CommentId],
        filter: &QueueFilter,
        now: DateTime<Utc>,
    ) -> Result<Vec<(ReviewCase, bool)>> {
        let query = ask(Shape::of(filter).find(), site, filter, now).bind(json_ids(ids));
        let judged = |row: &SqliteRow| {
            let mut columns = RowReader::new(row);
            Ok((rows::case(&mut columns, now)?, columns.flag()?))
        };
        query.fetch_all(&self.read).await?.iter().map(judged).collect()
    }

    async fn changed_comments(&self, site: &SiteId, since: DateTime<Utc>) -> Result<Vec<(Uuid, CommentId)>> {
        changed(&self.read, site, since).await
    }
}

fn bind_key(query: Asked, key: QueueKey) -> Asked {
    match key {
        QueueKey::Time(at) => query.bind(micros(at)),
        QueueKey::Score(score) => query.bind(score),
        QueueKey::Reports(reports) => query.bind(reports),
    }
}

/// A statement with where a page starts, a number, and where the page ends.
fn ask_page(sql: &'static str, page: &QueuePage<'_>, number: i64) -> Asked {
    let (start, end) = (keyset::queue_start(page.order, page.after), keyset::queue_end(page.order, page.until));
    let query = bind_key(ask(sql, page.site, page.filter, page.now), start.0).bind(start.1).bind(number);
    bind_key(query, end.0).bind(end.1)
}

pub(super) async fn list(executor: impl SqliteExecutor<'_>, page: &QueuePage<'_>) -> Result<Page<ReviewCase>> {
    let query = ask_page(Shape::of(page.filter).page(page.order), page, parse::limit(page.size + 1));
    let rows = query.fetch_all(executor).await?;
    let cases = rows.iter().map(|row| rows::case(&mut RowReader::new(row), page.now)).collect::<Result<_>>()?;
    Ok(Page::of(cases, page.size, |case| queue_cursor(page.order, case)))
}

/// A change's id is made from its time, so that the primary key finds the newest.
const CHANGED: &str = "select change_id, comment_id from changes
    where site_id = $1 and change_id >= $2 and at >= $3 and comment_id is not null order by change_id desc limit $4";

async fn changed(pool: &SqlitePool, site: &SiteId, since: DateTime<Utc>) -> Result<Vec<(Uuid, CommentId)>> {
    let query = sqlx::query(CHANGED).bind(site.as_str()).bind(keyset::earliest_id(since)).bind(micros(since));
    let rows = query.bind(parse::limit(MOST_CHANGES)).fetch_all(pool).await?;
    let pair = |row| {
        let mut columns = RowReader::new(row);
        Ok((columns.uuid()?, CommentId(columns.uuid()?)))
    };
    rows.iter().map(pair).collect()
}
