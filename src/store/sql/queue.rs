//! The moderators' queue.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{Backend, Connection, case, queue_sql, row::Row, search};
use crate::{
    domain::{
        Result,
        case::ReviewCase,
        claim::ClaimRequest,
        id::{CommentId, SiteId},
        page::{Cursor, Page, QueuePage, queue_cursor},
        queue::{QueueFilter, QueueOrder},
        search::Search,
    },
    store::contract::QueueStore,
};

#[async_trait]
impl<B: Backend> QueueStore for B {
    async fn list_queue(&self, page: &QueuePage<'_>) -> Result<Page<ReviewCase>> {
        let rows = queue_sql::page(page, page.size + 1).fetch_all(self.reads()).await?;
        let cases = rows.iter().map(|row| case::read(row, page.now)).collect::<Result<_>>()?;
        let mut cases = Page::of(cases, page.size, |case| queue_cursor(page.order, case));
        if let Some(search) = page.filter.read_for() {
            cases.items.retain(|case| search.finds(&case.comment));
        }
        Ok(cases)
    }

    async fn count_queue(&self, page: &QueuePage<'_>, most: i64) -> Result<i64> {
        if let Some(search) = page.filter.read_for() {
            return count_found(self.reads(), page, search, most).await;
        }
        queue_sql::count(page, most).fetch_one(self.reads()).await?.fields().get("total")
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
        let found = |case: &ReviewCase| filter.query.as_ref().is_none_or(|search| search.finds(&case.comment));
        let read = |row: &Row| {
            let case = case::read(row, now)?;
            let matches = row.fields().get::<bool>("matches")? && found(&case);
            Ok((case, matches))
        };
        rows.iter().map(read).collect()
    }
}

/// Number of comments that a count reads at a time.
const COUNTED: usize = 1_000;

/// Counts the comments of a page that a search finds, up to `most`.
async fn count_found(on: Connection<'_>, page: &QueuePage<'_>, search: &Search, most: i64) -> Result<i64> {
    let mut on = on;
    let (mut total, mut page) = (0, page.clone());
    loop {
        let rows = queue_sql::texts(&page, COUNTED).fetch_all(&mut on).await?;
        for row in &rows {
            total += i64::from(search::finds(search, row.fields())?);
        }
        match rows.last() {
            Some(last) if rows.len() == COUNTED && total < most => {
                page.after = Some(read_cursor(page.order, last)?);
            }
            _ => return Ok(total.min(most)),
        }
    }
}

/// Locks the next `count` comments that match a claim's `filter`, and returns their keys in the requested order. Skips
/// comments that another transaction has locked.
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

/// Reads the cursor after a row of the queue.
fn read_cursor(order: QueueOrder, row: &Row) -> Result<Cursor> {
    let row = row.fields();
    let (id, created_at, due_at) = (row.get("comment_id")?, row.get("created_at")?, row.get("due_at")?);
    Ok(Cursor::in_queue(order, id, created_at, due_at, row.get("spam_score")?, row.get("open_reports")?))
}
