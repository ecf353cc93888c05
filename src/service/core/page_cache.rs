//! First pages as they are sent to readers, and what lists and counts must know of an article, kept for a moment: a busy article is read a
//! thousand times for each time it changes.
//!
//! What this replica changed is never shown as it was before: a page is kept under the number of changes that were known before it was
//! read, and a change counts before it is answered. What other replicas and jobs changed shows within [`FRESH`]; and whoever hides
//! something is answered when that has passed, so that no replica shows it after the answer.

use std::{
    hash::{BuildHasher as _, RandomState},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use metrics::counter;
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

/// How long a page is shown: as long as other replicas' changes may go unseen, and as long as hiding something takes. Reading a busy page
/// four times a second costs less than asking the change feed for each site.
const FRESH: Duration = Duration::from_millis(250);

/// Moments of [`FRESH`] between two sweeps: a page is found within its own moment only, and a busy article has a new one in each.
/// Without sweeps the pages of past moments would fill all the room there is.
const SWEEP: u64 = 4;

/// How long a call waits for another one that reads the same page; then it reads by itself.
const PATIENCE: Duration = Duration::from_millis(50);

/// Counters of changes that articles share. Two in one slot only read their pages a little more often.
const SLOTS: usize = 1_024;

/// Bytes of what a page is kept under, about.
const FRAME: u64 = 500;
/// Bytes of a usual page. Only room for its place is made by it.
const USUAL: u64 = 10_000;

/// A page as the edge wrote it for the wire: written once for all who get the same.
pub type WrittenList = Arc<[u8]>;

/// What is known of one article, as of which changes and when.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct ArticleKey {
    site: SiteId,
    article: ArticleId,
    changes: (u64, u64),
    moment: u64,
}

/// A first page: its order and size.
type PageKey = (ArticleKey, page::Order, usize);

/// A site and an article of it, if that is known.
type Policy = (Site, Option<Article>);

#[derive(Clone)]
struct PageWeight;

impl Weighter<PageKey, WrittenList> for PageWeight {
    fn weight(&self, _: &PageKey, list: &WrittenList) -> u64 {
        FRAME + list.len() as u64
    }
}

/// The pages at hand.
pub struct PageCache {
    /// `None` keeps nothing.
    kept: Option<Cache<PageKey, WrittenList, PageWeight>>,
    policies: Option<Cache<ArticleKey, Arc<Policy>>>,
    /// Other replicas may show what this one hides.
    shared: bool,
    /// When the first moment began: the clock on the wall may be set back.
    began: Instant,
    /// The moment of the last sweep.
    swept: AtomicU64,
    /// Of everything: decisions, policies, settings.
    changes: AtomicU64,
    /// Of articles, by their hash.
    articles: Vec<AtomicU64>,
    hasher: RandomState,
}

/// Something changes that readers may see; from its end on this replica shows no page that was read before.
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
    /// Ends it; when it hid something, once no other replica can still show that.
    pub(in crate::service) async fn settle(self, hides: bool) {
        let wait = hides && self.shared;
        drop(self);
        if wait {
            tokio::time::sleep(FRESH).await;
        }
    }
}

/// True when readers may have seen it a moment ago and shall not any more.
pub(in crate::service) fn is_hidden(comment: Option<&Comment>) -> bool {
    comment.is_some_and(|comment| comment.published_at.is_some() && !comment.status.is_public())
}

impl PageCache {
    /// Keeps about so many MiB of pages, and for each of them 500 articles' policies; 0 keeps none. `shared` says that other replicas may keep theirs.
    pub fn new(mib: u32, shared: bool) -> Self {
        let bytes = u64::from(mib) << 20;
        let places = usize::try_from(bytes / USUAL).unwrap_or(usize::MAX);
        let kept = (mib > 0).then(|| Cache::with_weighter(places, bytes, PageWeight));
        Self {
            kept,
            policies: (mib > 0).then(|| Cache::new(mib as usize * 500)),
            shared,
            began: Instant::now(),
            swept: AtomicU64::default(),
            changes: AtomicU64::default(),
            articles: (0..SLOTS).map(|_| AtomicU64::default()).collect(),
            hasher: RandomState::new(),
        }
    }

    /// Anything changes. To be held until the change is done, before it is answered.
    pub(in crate::service) const fn change(&self) -> Invalidation<'_> {
        Invalidation { changes: &self.changes, shared: self.shared }
    }

    /// A comment is published under an article, or makes the article known.
    pub(in crate::service) fn publish(&self, site: &SiteId, article: &ArticleId) -> Invalidation<'_> {
        Invalidation { changes: &self.articles[self.slot(site, article)], shared: self.shared }
    }

    fn slot(&self, site: &SiteId, article: &ArticleId) -> usize {
        usize::try_from(self.hasher.hash_one((site, article))).unwrap_or_default() % SLOTS
    }

    fn key(&self, site: &SiteId, article: &ArticleId) -> ArticleKey {
        let slot = self.slot(site, article);
        let changes = (self.changes.load(Ordering::SeqCst), self.articles[slot].load(Ordering::SeqCst));
        // Each slot has moments of its own, so that not all pages are read at once.
        let moment = self.moment(FRESH.as_micros() * slot as u128 / SLOTS as u128);
        ArticleKey { site: site.clone(), article: article.clone(), changes, moment }
    }

    /// The number of the moment that it will be in so many microseconds.
    fn moment(&self, offset: u128) -> u64 {
        u64::try_from((self.began.elapsed().as_micros() + offset) / FRESH.as_micros()).unwrap_or(u64::MAX)
    }

    /// Drops what nobody finds any more, once in [`SWEEP`] moments. No slot is behind the moment without an offset.
    fn sweep(&self) {
        let (now, swept) = (self.moment(0), self.swept.load(Ordering::Relaxed));
        let is_ours = || self.swept.compare_exchange(swept, now, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if now >= swept + SWEEP && is_ours() {
            self.kept.iter().for_each(|kept| kept.retain(|(key, ..), _| key.moment >= now));
            self.policies.iter().for_each(|kept| kept.retain(|key, _| key.moment >= now));
        }
    }

    /// An article's first page as it is sent, at hand or read.
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
        counter!("duyet_page_cache_total", "outcome" => if matches!(found, Ok(Ok(_))) { "HIT" } else { "MISS" })
            .increment(1);
        match found {
            Ok(Ok(page)) => Ok(page),
            Ok(Err(place)) => {
                self.sweep();
                let page = read.await?;
                // Too large a page is not kept.
                place.insert(Arc::clone(&page)).ok();
                Ok(page)
            }
            // Whoever reads it takes long.
            Err(_) => read.await,
        }
    }

    /// A site with those of some articles that are known, each at hand or read.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn pages_of_past_moments_take_no_room() {
        let (pages, site) = (PageCache::new(16, true), SiteId::parse("bao-hue").unwrap());
        let read = async |number: usize| {
            let article = ArticleId::parse(&format!("bai-{number}")).unwrap();
            let page: WrittenList = Arc::from(vec![0; 1_000]);
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
        assert!(kept() > 0, "the page of this moment stays");
    }
}
