//! A short-lived cache of first pages as they are sent to readers, and of the policies that lists and counts need. A
//! busy article is read about a thousand times for each change.
//!
//! A reader never sees a stale page after a change by this replica: the key of a page contains the number of changes
//! known before it was read, and a change increments that number before the call is answered. Changes by other
//! replicas and by jobs show within [`FRESH`]. A call that hides something is answered only after that time, so that
//! no replica shows it after the answer.

use std::{
    hash::{BuildHasher as _, RandomState},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use metrics::{Counter, counter};
use prost::bytes::Bytes;
use quick_cache::{Weighter, sync::Cache};
use tokio::time::Instant;

use crate::{
    domain::{
        Result,
        article::Article,
        comment::Comment,
        id::{ArticleId, SiteId},
        page,
        site::Site,
    },
    store::{Store, contract::Policies},
};

/// The lifetime of a page: the longest time that another replica's change may stay unseen, and the time that hiding
/// something takes. Reading a busy page four times a second costs less than asking the change feed for each site.
const FRESH: Duration = Duration::from_millis(250);

/// Number of moments of [`FRESH`] between two sweeps. A page is found only within its own moment, and a busy article
/// has a new page in each. Without sweeps the pages of past moments would fill the cache.
const SWEEP: u64 = 4;

/// Longest time that a call waits for a concurrent read of the same page. After it, the call reads the page itself.
const PATIENCE: Duration = Duration::from_millis(50);

/// Number of change counters, which articles share by their hash. Two articles with one counter read their pages
/// slightly more often.
const SLOTS: usize = 1_024;

/// Approximate size of a cache key in bytes.
const FRAME: u64 = 500;
/// Typical size of a page in bytes; the cache's initial capacity is computed from it.
const USUAL: u64 = 10_000;

/// Maximum number of cached sites.
const SITES: usize = 1_000;

/// A page as encoded for the wire, once for all readers who get the same page.
pub type WrittenList = Bytes;

/// The key of cached data about one article: the changes it includes, and its moment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct ArticleKey {
    site: SiteId,
    article: ArticleId,
    changes: (u64, u64),
    moment: u64,
}

/// The key of a cached site: the changes it includes, and its moment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct SiteKey {
    site: SiteId,
    changes: u64,
    moment: u64,
}

/// The key of a first page, with its order and size.
type PageKey = (ArticleKey, page::Order, usize);

/// A site and one of its articles, if the article is known.
type Policy = (Site, Option<Article>);

#[derive(Clone)]
struct PageWeight;

impl Weighter<PageKey, WrittenList> for PageWeight {
    fn weight(&self, _: &PageKey, list: &WrittenList) -> u64 {
        FRAME + list.len() as u64
    }
}

/// The cache of pages and policies.
pub struct PageCache {
    /// `None` when the cache is off.
    kept: Option<Cache<PageKey, WrittenList, PageWeight>>,
    policies: Option<Cache<ArticleKey, Arc<Policy>>>,
    sites: Option<Cache<SiteKey, Site>>,
    /// True when other replicas may show what this one hides.
    shared: bool,
    /// Start of the first moment, on the monotonic clock: the system clock may be set back.
    began: Instant,
    /// The moment of the last sweep.
    swept: AtomicU64,
    /// Number of changes that affect everything: decisions, policies, settings.
    changes: AtomicU64,
    /// Number of changes of articles, by the articles' hash.
    articles: Vec<AtomicU64>,
    hasher: RandomState,
    /// Counters of cache hits and misses. They are created once, because looking up a counter costs more than counting.
    hits: Counter,
    misses: Counter,
}

/// A change that readers may see. When it is dropped, this replica stops showing every page that was read before.
pub(in crate::service) struct Invalidation<'a> {
    changes: &'a AtomicU64,
    shared: bool,
}

impl Drop for Invalidation<'_> {
    fn drop(&mut self) {
        self.changes.fetch_add(1, Ordering::SeqCst);
    }
}

impl Invalidation<'_> {
    /// Ends the change. If it hid something, waits until no other replica can still show that.
    pub(in crate::service) async fn settle(self, hides: bool) {
        let wait = hides && self.shared;
        drop(self);
        if wait {
            tokio::time::sleep(FRESH).await;
        }
    }
}

/// Checks whether the comment was public and is not any more.
pub(in crate::service) fn is_hidden(comment: Option<&Comment>) -> bool {
    comment.is_some_and(|comment| comment.published_at.is_some() && !comment.status.is_public())
}

impl PageCache {
    /// Creates a cache of about `mib` MiB of pages and 500 articles' policies for each MiB; 0 turns it off. `shared`
    /// says whether other replicas may have caches of their own. Counters need the metrics' recorder to be installed.
    pub fn new(mib: u32, shared: bool) -> Self {
        let bytes = u64::from(mib) << 20;
        let places = usize::try_from(bytes / USUAL).unwrap_or(usize::MAX);
        let kept = (mib > 0).then(|| Cache::with_weighter(places, bytes, PageWeight));
        Self {
            kept,
            policies: (mib > 0).then(|| Cache::new(mib as usize * 500)),
            sites: (mib > 0).then(|| Cache::new(SITES)),
            shared,
            began: Instant::now(),
            swept: AtomicU64::default(),
            changes: AtomicU64::default(),
            articles: (0..SLOTS).map(|_| AtomicU64::default()).collect(),
            hasher: RandomState::new(),
            hits: counted("HIT"),
            misses: counted("MISS"),
        }
    }

    /// Begins a change of anything. The caller holds it until the change is committed, and drops it before it
    /// answers.
    pub(in crate::service) const fn change(&self) -> Invalidation<'_> {
        Invalidation { changes: &self.changes, shared: self.shared }
    }

    /// Begins a change of one article: a comment under it is published, or makes the article known.
    pub(in crate::service) fn publish(&self, site: &SiteId, article: &ArticleId) -> Invalidation<'_> {
        Invalidation { changes: &self.articles[self.slot(site, article)], shared: self.shared }
    }

    fn slot(&self, site: &SiteId, article: &ArticleId) -> usize {
        usize::try_from(self.hasher.hash_one((site, article))).unwrap_or_default() % SLOTS
    }

    fn key(&self, site: &SiteId, article: &ArticleId) -> ArticleKey {
        let slot = self.slot(site, article);
        let changes = (self.changes.load(Ordering::SeqCst), self.articles[slot].load(Ordering::SeqCst));
        // The slots' moments are offset, so that not all pages expire at once.
        let moment = self.moment(FRESH.as_micros() * slot as u128 / SLOTS as u128);
        ArticleKey { site: site.clone(), article: article.clone(), changes, moment }
    }

    /// Returns the number of the moment that contains the time `offset` microseconds from now.
    fn moment(&self, offset: u128) -> u64 {
        u64::try_from((self.began.elapsed().as_micros() + offset) / FRESH.as_micros()).unwrap_or(u64::MAX)
    }

    /// Drops entries of past moments, once in [`SWEEP`] moments. An offset only moves a slot's moment ahead, so no
    /// entry in use is dropped.
    fn sweep(&self) {
        let (now, swept) = (self.moment(0), self.swept.load(Ordering::Relaxed));
        let is_ours = || self.swept.compare_exchange(swept, now, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if now >= swept + SWEEP && is_ours() {
            self.kept.iter().for_each(|kept| kept.retain(|(key, ..), _| key.moment >= now));
            self.policies.iter().for_each(|kept| kept.retain(|key, _| key.moment >= now));
            self.sites.iter().for_each(|kept| kept.retain(|key, _| key.moment >= now));
        }
    }

    /// Returns an article's first page as it is sent, from the cache or from `read`.
    pub(in crate::service) async fn first<F: Future<Output = Result<WrittenList>>>(
        &self,
        site: &SiteId,
        article: &ArticleId,
        shape: (page::Order, usize),
        read: F,
    ) -> Result<WrittenList> {
        let Some(kept) = &self.kept else { return read.await };
        let key = (self.key(site, article), shape.0, shape.1);
        let found = tokio::time::timeout(PATIENCE, kept.get_value_or_guard_async(&key)).await;
        if matches!(found, Ok(Ok(_))) { &self.hits } else { &self.misses }.increment(1);
        match found {
            Ok(Ok(page)) => Ok(page),
            Ok(Err(place)) => {
                self.sweep();
                let page = read.await?;
                // The cache rejects a page that is too large.
                place.insert(page.clone()).ok();
                Ok(page)
            }
            // The concurrent read of the same page takes longer than `PATIENCE`.
            Err(_) => read.await,
        }
    }

    /// Calls that need a site at the same time share one read.
    pub(in crate::service) async fn site<F: Future<Output = Result<Site>>>(
        &self,
        site: &SiteId,
        read: F,
    ) -> Result<Site> {
        let Some(kept) = &self.sites else { return read.await };
        let changes = self.changes.load(Ordering::SeqCst);
        let key = SiteKey { site: site.clone(), changes, moment: self.moment(0) };
        match tokio::time::timeout(PATIENCE, kept.get_value_or_guard_async(&key)).await {
            Ok(Ok(site)) => Ok(site),
            Ok(Err(place)) => {
                self.sweep();
                let site = read.await?;
                place.insert(site.clone()).ok();
                Ok(site)
            }
            // The concurrent read of the same site takes longer than `PATIENCE`.
            Err(_) => read.await,
        }
    }

    pub(in crate::service) async fn policies(
        &self,
        site: &SiteId,
        ids: &[ArticleId],
        store: &dyn Store,
    ) -> Result<Policies> {
        let Some(kept) = self.policies.as_ref().filter(|_| !ids.is_empty()) else {
            return store.find_policies(site, ids).await;
        };
        let keys: Vec<ArticleKey> = ids.iter().map(|id| self.key(site, id)).collect();
        let mut found = Policies::default();
        let mut missing = Vec::new();
        for key in keys {
            let Some(policy) = kept.get(&key) else {
                missing.push(key);
                continue;
            };
            found.site = policy.0.clone();
            found.articles.extend(policy.1.clone());
        }
        if missing.is_empty() {
            return Ok(found);
        }
        self.sweep();
        let unknown: Vec<ArticleId> = missing.iter().map(|key| key.article.clone()).collect();
        let read = store.find_policies(site, &unknown).await?;
        for key in missing {
            let article = read.articles.iter().find(|one| one.id == key.article).cloned();
            kept.insert(key, Arc::new((read.site.clone(), article)));
        }
        found.articles.extend(read.articles);
        Ok(Policies { site: read.site, ..found })
    }
}

fn counted(outcome: &'static str) -> Counter {
    counter!("duyet_page_cache_total", "outcome" => outcome)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn calls_at_the_same_time_read_a_site_once_and_again_after_a_change() {
        let (pages, site) = (PageCache::new(16, true), SiteId::parse("bao-hue").unwrap());
        let reads = AtomicU64::default();
        let ask = async || {
            let read = async {
                tokio::time::sleep(Duration::from_millis(5)).await;
                reads.fetch_add(1, Ordering::SeqCst);
                Ok(Site::default())
            };
            pages.site(&site, read).await.unwrap()
        };
        futures_util::future::join_all((0..64).map(|_| ask())).await;
        // A moment may end between the calls.
        let before = reads.load(Ordering::SeqCst);
        assert!(before <= 2, "{before} reads");
        drop(pages.change());
        ask().await;
        assert_eq!(reads.load(Ordering::SeqCst), before + 1, "the site may have changed");
    }

    #[tokio::test]
    async fn pages_of_past_moments_are_evicted() {
        let (pages, site) = (PageCache::new(16, true), SiteId::parse("bao-hue").unwrap());
        let read = async |number: usize| {
            let article = ArticleId::parse(&format!("bai-{number}")).unwrap();
            let page = WrittenList::from(vec![0; 1_000]);
            pages.first(&site, &article, (page::Order::Newest, 20), async { Ok(page) }).await.unwrap()
        };
        for number in 0..500 {
            read(number).await;
        }
        let kept = || pages.kept.as_ref().unwrap().len();
        while kept() > 10 {
            read(0).await;
            tokio::time::sleep(FRESH / 10).await;
        }
        assert!(kept() > 0, "the page of the current moment stays cached");
    }
}
