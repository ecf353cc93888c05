//! The moderators' queue.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{Backend, Connection, case, queue_sql, row::Row};
use crate::{
    domain::{
        Result,
        case::ReviewCase,
        claim::ClaimRequest,
        id::{CommentId, SiteId},
        page::{Cursor, Page, QueuePage, queue_cursor},
        queue::{EXACT_TOTAL, QueueFilter, QueueOrder},
    },
    store::contract::QueueStore,
};

#[async_trait]
impl<B: Backend> QueueStore for B {
    async fn list_queue(&self, page: &QueuePage<'_>) -> Result<Page<ReviewCase>> {
        let rows = queue_sql::page(page, page.size + 1).fetch_all(self.reads()).await?;
        let cases = rows.iter().map(|row| case::read(row, page.now)).collect::<Result<_>>()?;
        Ok(Page::of(cases, page.size, |case| queue_cursor(page.order, case)))
    }

    async fn count_queue(&self, page: &QueuePage<'_>) -> Result<i64> {
        queue_sql::count(page, EXACT_TOTAL + 1).fetch_one(self.reads()).await?.fields().get("total")
    }

    async fn queue_slice(&self, page: &QueuePage<'_>) -> Result<Option<Cursor>> {
        let Some(slice) = queue_sql::slice(page) else { return Ok(None) };
        let last = slice.fetch_optional(self.reads()).await?;
        last.map(|row| read_cursor(page.order, &row)).transpose()
    }

    async fn find_case(&self, site: &SiteId, id: CommentId, now: DateTime<Utc>) -> Result<Option<ReviewCase>> {
        case::find(self, site, id, now).await
    }

    async fn find_cases(
        &self,
        site: &SiteId,
        ids: &[CommentId],
        filter: &QueueFilter,
        now: DateTime<Utc>,
    ) -> Result<Vec<(ReviewCase, bool)>> {
        let rows = queue_sql::find(site, ids, filter, now).fetch_all(self.reads()).await?;
        rows.iter().map(|row| Ok((case::read(row, now)?, row.fields().get("matches")?))).collect()
    }
}

/// Locks the next `count` comments that match a claim's `filter`, and returns their keys in the order asked for. Comments that another
/// transaction has locked are skipped.
pub(super) async fn lock_next(
    tx: &mut Connection<'_>,
    request: &ClaimRequest<'_>,
    filter: &QueueFilter,
    count: usize,
    after: Option<Cursor>,
) -> Result<Vec<Cursor>> {
    let ClaimRequest { site, order, now, .. } = *request;
    let page = QueuePage { site, filter, order, size: count, after, until: None, now };
    let rows = queue_sql::lock(&page, count).fetch_all(tx).await?;
    rows.iter().map(|row| read_cursor(order, row)).collect()
}

/// Reads where a page of the queue continues.
fn read_cursor(order: QueueOrder, row: &Row) -> Result<Cursor> {
    let row = row.fields();
    let (id, created_at, due_at) = (row.get("comment_id")?, row.get("created_at")?, row.get("due_at")?);
    Ok(Cursor::in_queue(order, id, created_at, due_at, row.get("spam_score")?, row.get("open_reports")?))
}
