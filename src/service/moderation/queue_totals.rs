//! A short-lived cache of the queues that are longer than [`EXACT_TOTAL`]. Counting that far costs more than reading
//! the page, and such a queue stays long for a while. Shorter queues are counted each time, so their totals are
//! current.

use std::time::Duration;

use quick_cache::sync::Cache;
use tokio::time::Instant;

use super::queue_search;
use crate::{
    domain::{
        Error, Result,
        id::SiteId,
        page::QueuePage,
        queue::{EXACT_TOTAL, QueueOrder},
    },
    store::Store,
};

/// Time after a count during which a queue is assumed to be longer than [`EXACT_TOTAL`].
const REMEMBERED: Duration = Duration::from_secs(1);

/// Largest number of remembered queues, which allows several for each moderator.
const QUEUES: usize = 1_000;

/// The key of a queue: the site, whether only takedowns are listed, and the filter as JSON.
type QueueKey = (SiteId, bool, String);

/// The long queues, each with the time from which it must be counted again.
pub(super) struct QueueTotals(Cache<QueueKey, Instant>);

impl Default for QueueTotals {
    fn default() -> Self {
        Self(Cache::new(QUEUES))
    }
}

impl QueueTotals {
    /// Returns the number of comments on all pages, up to [`EXACT_TOTAL`] + 1. This upper bound may be a second old.
    pub(super) async fn count(&self, store: &dyn Store, page: QueuePage<'_>) -> Result<i64> {
        let key = key(&page)?;
        if self.is_long(&key) {
            return Ok(EXACT_TOTAL + 1);
        }
        let total = queue_search::count(store, page).await?;
        if total > EXACT_TOTAL {
            self.0.insert(key, Instant::now() + REMEMBERED);
        }
        Ok(total)
    }

    fn is_long(&self, key: &QueueKey) -> bool {
        self.0.get(key).is_some_and(|until| Instant::now() < until)
    }
}

fn key(page: &QueuePage<'_>) -> Result<QueueKey> {
    let filter = serde_json::to_string(page.filter).map_err(Error::internal)?;
    Ok((page.site.clone(), page.order == QueueOrder::Due, filter))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        domain::queue::QueueFilter,
        store::{contract::DatabaseStore as _, sqlite::SqliteStore},
    };

    fn page<'a>(site: &'a SiteId, filter: &'a QueueFilter, order: QueueOrder) -> QueuePage<'a> {
        QueuePage { site, filter, order, size: 20, after: None, until: None, now: chrono::DateTime::UNIX_EPOCH }
    }

    #[tokio::test]
    async fn only_long_queues_are_remembered_and_only_for_a_second() {
        let dir = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> = {
            let store = SqliteStore::open(dir.path().join("duyet.sqlite3"));
            store.migrate().await.unwrap();
            Arc::new(store)
        };
        let totals = QueueTotals::default();
        let (site, other) = (SiteId::parse("bao-hue").unwrap(), SiteId::parse("bao-khac").unwrap());
        let (all, reported) = (QueueFilter::default(), QueueFilter { reported: true, ..QueueFilter::default() });
        let long = page(&site, &all, QueueOrder::Oldest);
        totals.0.insert(key(&long).unwrap(), Instant::now() + REMEMBERED);
        assert_eq!(totals.count(&*store, long.clone()).await.unwrap(), EXACT_TOTAL + 1);
        let newest = page(&site, &all, QueueOrder::Newest);
        assert_eq!(totals.count(&*store, newest).await.unwrap(), EXACT_TOTAL + 1, "any order has the same total");
        for other in [
            page(&site, &all, QueueOrder::Due),
            page(&site, &reported, QueueOrder::Oldest),
            page(&other, &all, QueueOrder::Oldest),
        ] {
            assert_eq!(totals.count(&*store, other).await.unwrap(), 0);
        }
        totals.0.insert(key(&long).unwrap(), Instant::now());
        assert_eq!(totals.count(&*store, long).await.unwrap(), 0, "it is counted again");
    }
}
