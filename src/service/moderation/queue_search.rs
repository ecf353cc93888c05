//! Searches and counts in the queue. If no index covers a filter, comments are examined in slices. After a bounded
//! time, a call returns what it has found so far, so its duration does not depend on the number of comments.

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    domain::{
        Result,
        budget::ByteBudget,
        case::ReviewCase,
        id::SiteId,
        page::{Page, QueuePage, queue_cursor},
        queue::{EXACT_TOTAL, QueueFilter},
        search::Found,
    },
    store::Store,
};

/// Number of comments in the first slice. If the query is a frequent word, they contain enough matches for a page.
/// Examining them takes about a millisecond.
const FIRST_SLICE: usize = 500;

/// Factor by which each slice is larger than the one before.
const GROWTH: usize = 4;

/// Largest number of comments that one statement examines. Such a statement takes about ten milliseconds, and far
/// less than the statement timeout even when the comments are not in the database's memory.
const SLICE: usize = 10_000;

/// Time after which no further slice is begun. It applies to a page and to its count separately, so that both together
/// take about a second, which is an acceptable wait for a person.
const PATIENCE: Duration = Duration::from_millis(500);

/// Replaces a filter's query by the ids of the site's comments that match it, regardless of the filter's other
/// conditions. If they are too many to list, the query stays, and comments are examined in the order of the queue.
pub(super) async fn resolved(store: &dyn Store, site: &SiteId, mut filter: QueueFilter) -> Result<QueueFilter> {
    let Some(search) = &filter.query else { return Ok(filter) };
    match store.search(site, search).await? {
        Found::Comments(found) => {
            filter.query = None;
            filter.among = Some(found);
        }
        Found::Many(unindexed) => filter.unindexed = Some(unindexed),
        Found::Unknown => {}
    }
    Ok(filter)
}

/// Returns a page. It may have fewer comments than requested, even none, and still have a next page.
pub(super) async fn list(store: &dyn Store, page: QueuePage<'_>) -> Result<Page<ReviewCase>> {
    let is_sliced = page.filter.is_search();
    if !is_sliced && page.filter.query.is_none() {
        return store.list_queue(&page).await;
    }
    let (began, mut items, mut after) = (Instant::now(), Vec::new(), page.after);
    let mut sizes = slices();
    loop {
        let slice = QueuePage { size: sizes.next().unwrap_or(SLICE), after, ..page.clone() };
        let until = if is_sliced { store.queue_slice(&slice).await? } else { None };
        let missing = page.size - items.len();
        let found = store.list_queue(&QueuePage { size: missing, after, until, ..page.clone() }).await?;
        items.extend(found.items);
        after = found.next.or(until);
        if after.is_none() || items.len() >= page.size || began.elapsed() >= PATIENCE {
            // Each slice fits into a response, but all together may not.
            return Ok(Page { items, next: after }.within(ByteBudget::default(), |case| queue_cursor(page.order, case)));
        }
    }
}

/// Returns the number of comments on all pages, up to [`EXACT_TOTAL`] + 1. For a search without an index, returns the
/// number that was counted within about [`PATIENCE`].
pub(super) async fn count(store: &dyn Store, page: QueuePage<'_>) -> Result<i64> {
    let page = QueuePage { after: None, until: None, ..page };
    if !page.filter.is_search() {
        return store.count_queue(&page, EXACT_TOTAL + 1).await;
    }
    let (began, mut total, mut after) = (Instant::now(), 0, None);
    let mut sizes = slices();
    loop {
        let size = sizes.next().unwrap_or(SLICE);
        let until = store.queue_slice(&QueuePage { size, after, ..page.clone() }).await?;
        total += store.count_queue(&QueuePage { after, until, ..page.clone() }, EXACT_TOTAL + 1).await?;
        if until.is_none() || total > EXACT_TOTAL || began.elapsed() >= PATIENCE {
            return Ok(total.min(EXACT_TOTAL + 1));
        }
        after = until;
    }
}

/// Returns the number of comments in each slice.
fn slices() -> impl Iterator<Item = usize> {
    std::iter::successors(Some(FIRST_SLICE), |size| Some((size * GROWTH).min(SLICE)))
}
