//! Pages and counts of the queue. What a filter asks for may stand in no index: then comments are looked through slice by slice, and
//! whoever asks is answered in good time with what was found so far, however many comments there are.

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

/// Comments that the first slice has: a word that many say fills a page from them in a millisecond or so.
const FIRST_SLICE: usize = 500;

/// How many times as long the next slice is.
const GROWTH: usize = 4;

/// Comments that one statement looks through at most: some ten milliseconds' work, far from the statement time-out even
/// when none of them is in the database's memory.
const SLICE: usize = 10_000;

/// No slice is begun later than this, by a page and by its count each: a second or so is what people wait without a thought.
const PATIENCE: Duration = Duration::from_millis(500);

/// Replaces a filter's query by the comments that it finds, on any page and in any status. When they are too many to name, comments are
/// looked through in their order, by the index where it knows all.
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

/// A page. It may hold less than was asked for, even nothing, and have a next page.
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
            // Each slice fits a response; together they need not.
            return Ok(Page { items, next: after }.within(ByteBudget::default(), |case| queue_cursor(page.order, case)));
        }
    }
}

/// How many all pages hold together, up to [`EXACT_TOTAL`] + 1; of a search that takes too long, how many were found so far.
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

/// Returns how many comments each slice has.
fn slices() -> impl Iterator<Item = usize> {
    std::iter::successors(Some(FIRST_SLICE), |size| Some((size * GROWTH).min(SLICE)))
}
