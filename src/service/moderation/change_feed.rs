//! One look-out per site while it has listeners. It polls the database for changes, so that replicas learn of each other's, and
//! sends them to all listeners.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::{
    sync::broadcast,
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    domain::{
        Result,
        id::{CommentId, SiteId},
    },
    service::clock::Clock,
    store::{Store, contract::MOST_CHANGES},
    supervise::supervise,
};

/// How often the database is asked.
const POLL: Duration = Duration::from_millis(500);

/// How far back each question reaches. A change bears the time of its call and is seen once its transaction commits: a call
/// may take 10 s, and replicas' clocks may differ a little. Changes that were seen before are recognised by their ids.
const OVERLAP: TimeDelta = TimeDelta::seconds(15);

/// Looks that a watcher may fall behind.
pub(super) const BUFFER: usize = 64;

/// What a look found.
#[derive(Debug, Clone)]
pub(super) enum FoundChanges {
    Comments(Arc<[CommentId]>),
    /// More changes than one answer holds, or an unknown number: listeners must list again.
    TooMany,
}

/// The sites that are watched.
#[derive(Default)]
pub(super) struct LookOuts {
    sites: Mutex<HashMap<SiteId, broadcast::Sender<FoundChanges>>>,
    pub(super) over: CancellationToken,
}

impl LookOuts {
    fn sites(&self) -> MutexGuard<'_, HashMap<SiteId, broadcast::Sender<FoundChanges>>> {
        self.sites.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What changes on a site from now on, and perhaps what did shortly before.
    pub(super) fn follow(
        self: &Arc<Self>,
        store: &Arc<dyn Store>,
        site: &SiteId,
        clock: Clock,
    ) -> broadcast::Receiver<FoundChanges> {
        let mut sites = self.sites();
        if let Some(known) = sites.get(site) {
            return known.subscribe();
        }
        let (sender, receiver) = broadcast::channel(BUFFER);
        sites.insert(site.clone(), sender.clone());
        let post = Post { look_outs: Arc::clone(self), site: site.clone(), sender, left: AtomicBool::new(false) };
        let watch = keep_looking(post, Arc::clone(store), clock);
        tokio::spawn(self.over.clone().run_until_cancelled_owned(watch));
        receiver
    }
}

/// A look-out's place in the list. It is given up when the last listener leaves, or when the task ends.
struct Post {
    look_outs: Arc<LookOuts>,
    site: SiteId,
    sender: broadcast::Sender<FoundChanges>,
    left: AtomicBool,
}

impl Post {
    /// Gives up the place and returns `true` when there are no listeners. The list is locked meanwhile, so that a later listener
    /// starts another look-out.
    fn leave_if_alone(&self) -> bool {
        let mut sites = self.look_outs.sites();
        if self.sender.receiver_count() == 0 {
            sites.remove(&self.site);
            self.left.store(true, Ordering::Relaxed);
        }
        self.left.load(Ordering::Relaxed)
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        if !*self.left.get_mut() {
            self.look_outs.sites().remove(&self.site);
        }
    }
}

async fn keep_looking(post: Post, store: Arc<dyn Store>, clock: Clock) {
    let mut is_first = true;
    let look = || {
        // Changes between a panic and the next look may be missed, so listeners must list again.
        if !std::mem::replace(&mut is_first, false) {
            post.sender.send(FoundChanges::TooMany).ok();
        }
        look_often(&post, &*store, clock)
    };
    supervise("queue_changes", look).await;
}

async fn look_often(post: &Post, store: &dyn Store, clock: Clock) {
    let mut look = Look { seen: HashSet::new(), last: clock() };
    let mut ticks = interval(POLL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if post.leave_if_alone() {
            return;
        }
        match look.around(store, &post.site, clock()).await {
            // Fails only when there are no listeners.
            Ok(Some(change)) => drop(post.sender.send(change)),
            Ok(None) => {}
            // The next look reaches back as far as this one would have.
            Err(error) => tracing::warn!(reason = error.reason(), "the queue's changes cannot be read"),
        }
    }
}

/// What is known of a site's changes.
struct Look {
    /// Changes of the last answer.
    seen: HashSet<Uuid>,
    /// When the last answer was asked for.
    last: DateTime<Utc>,
}

impl Look {
    /// Asks for changes that were not seen yet; `None` when there are none.
    async fn around(&mut self, store: &dyn Store, site: &SiteId, now: DateTime<Utc>) -> Result<Option<FoundChanges>> {
        let changes = store.changed_comments(site, self.last - OVERLAP).await?;
        self.last = now;
        Ok(self.take(changes))
    }

    fn take(&mut self, changes: Vec<(Uuid, CommentId)>) -> Option<FoundChanges> {
        let full = changes.len() >= MOST_CHANGES;
        let seen = std::mem::replace(&mut self.seen, changes.iter().map(|(change, _)| *change).collect());
        let is_new = |(change, comment)| (!seen.contains(&change)).then_some(comment);
        let new: HashSet<CommentId> = changes.into_iter().filter_map(is_new).collect();
        match new.is_empty() {
            true => None,
            false if full => Some(FoundChanges::TooMany),
            false => Some(FoundChanges::Comments(new.into_iter().collect())),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use tokio::sync::broadcast::error::RecvError;

    use super::*;
    use crate::store::sqlite::SqliteStore;

    fn change(n: u128) -> (Uuid, CommentId) {
        (Uuid::from_u128(n), CommentId(Uuid::from_u128(n / 10)))
    }

    fn told(look: &mut Look, changes: &[u128]) -> Option<Vec<u128>> {
        let found = look.take(changes.iter().map(|n| change(*n)).collect())?;
        let FoundChanges::Comments(ids) = found else { panic!("{found:?}") };
        let mut ids: Vec<_> = ids.iter().map(|id| id.0.as_u128()).collect();
        ids.sort_unstable();
        Some(ids)
    }

    #[test]
    fn a_change_is_told_once_also_one_that_shows_late() {
        let mut look = Look { seen: HashSet::new(), last: DateTime::UNIX_EPOCH };
        assert_eq!(told(&mut look, &[]), None);
        assert_eq!(told(&mut look, &[50, 51, 60]), Some(vec![5, 6]));
        assert_eq!(told(&mut look, &[50, 51, 60]), None);
        // Between two that were there before: its transaction took longer.
        assert_eq!(told(&mut look, &[50, 51, 55, 60]), Some(vec![5]));
        // Time went on: the first are not among the answers any more.
        assert_eq!(told(&mut look, &[55, 60, 70]), Some(vec![7]));
    }

    #[test]
    fn when_an_answer_may_be_short_that_is_told() {
        let mut look = Look { seen: HashSet::new(), last: DateTime::UNIX_EPOCH };
        let many: Vec<_> = (1..=MOST_CHANGES as u128).map(change).collect();
        assert!(matches!(look.take(many.clone()), Some(FoundChanges::TooMany)));
        assert!(look.take(many).is_none(), "nothing new, so nothing was missed");
    }

    /// A file that is not there: every look fails, and the next one is tried.
    fn store() -> Arc<dyn Store> {
        Arc::new(SqliteStore::open("nowhere"))
    }

    #[tokio::test]
    async fn a_site_has_one_look_out_as_long_as_anybody_listens() {
        let (look_outs, store, clock) = (Arc::new(LookOuts::default()), store(), || DateTime::UNIX_EPOCH);
        let site = SiteId::parse("bao-hue").unwrap();
        let (mut first, mut second) = (look_outs.follow(&store, &site, clock), look_outs.follow(&store, &site, clock));
        let sender = look_outs.sites().get(&site).unwrap().clone();
        sender.send(FoundChanges::TooMany).unwrap();
        assert!(matches!(
            (first.recv().await, second.recv().await),
            (Ok(FoundChanges::TooMany), Ok(FoundChanges::TooMany))
        ));
        drop((first, second));
        while look_outs.sites().contains_key(&site) {
            tokio::task::yield_now().await;
        }
        let _third = look_outs.follow(&store, &site, clock);
        assert!(!look_outs.sites().get(&site).unwrap().same_channel(&sender), "it starts anew");
    }

    #[tokio::test]
    async fn a_look_out_that_panics_starts_again_and_keeps_its_listeners() {
        static CALLS: AtomicUsize = AtomicUsize::new(0);
        let clock = || {
            assert!(CALLS.fetch_add(1, Ordering::Relaxed) > 0, "as the test wants it");
            DateTime::UNIX_EPOCH
        };
        let (look_outs, store) = (Arc::new(LookOuts::default()), store());
        let site = SiteId::parse("bao-hue").unwrap();
        let mut listener = look_outs.follow(&store, &site, clock);
        while CALLS.load(Ordering::Relaxed) < 2 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(matches!(listener.recv().await, Ok(FoundChanges::TooMany)), "changes may have been missed");
        look_outs.over.cancel();
        assert!(matches!(listener.recv().await, Err(RecvError::Closed)));
        assert!(look_outs.sites().is_empty());
    }
}
