//! Which queues hold more than is counted, remembered for a moment. The count to [`EXACT_TOTAL`] costs more than the page beside it, and
//! a queue that long stays so for a while. Shorter ones are counted each time, so that their totals are of now.

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

/// How long a queue counts as longer than [`EXACT_TOTAL`] after it was counted.
const REMEMBERED: Duration = Duration::from_secs(1);

/// Queues that are remembered at most: some for each moderator at work.
const QUEUES: usize = 1_000;

/// A site, whether takedowns alone are listed, and the filter as JSON.
type QueueKey = (SiteId, bool, String);

/// Long queues, each with when it must be counted again.
pub(super) struct QueueTotals(Cache<QueueKey, Instant>);

impl Default for QueueTotals {
    fn default() -> Self {
        Self(Cache::new(QUEUES))
    }
}

impl QueueTotals {
    /// Returns how many all pages hold together, up to [`EXACT_TOTAL`] + 1, which may be as of a second ago.
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
    async fn a_long_queue_is_remembered_for_a_second_and_no_other() {
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
        assert_eq!(totals.count(&*store, newest).await.unwrap(), EXACT_TOTAL + 1, "in every order");
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
