//! The change feed of the queue. Each site has one poller while it has listeners. The poller reads changes of all
//! replicas from the database and sends them to all listeners of the site.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use tokio::{
    sync::broadcast,
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use crate::{
    domain::{
        Result,
        change::Change,
        id::{CommentId, SiteId},
    },
    store::{Store, contract::MOST_CHANGES},
    supervise::supervise,
};

/// Time between two polls of the database.
const POLL: Duration = Duration::from_millis(500);

/// Number of polls with changes that a listener may fall behind.
pub(super) const BUFFER: usize = 64;

/// The changes that a poll found.
#[derive(Debug, Clone)]
pub(super) enum FoundChanges {
    Comments(Arc<[CommentId]>),
    /// Too many or an unknown number of changes. Listeners must list the queue again.
    TooMany,
}

/// A function that reads the changes after a sequence number, at most [`MOST_CHANGES`].
type Ask = Box<dyn Fn(i64) -> BoxFuture<'static, Result<Vec<Change>>> + Send + Sync>;

/// The sites that have a poller, each with the sender of its changes.
#[derive(Default)]
pub(super) struct Pollers {
    sites: Mutex<HashMap<SiteId, broadcast::Sender<FoundChanges>>>,
    pub(super) over: CancellationToken,
}

impl Pollers {
    fn sites(&self) -> MutexGuard<'_, HashMap<SiteId, broadcast::Sender<FoundChanges>>> {
        self.sites.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Subscribes to the changes of a site from now on. Some earlier changes may be received, too.
    pub(super) async fn follow(
        self: &Arc<Self>,
        store: &Arc<dyn Store>,
        site: &SiteId,
    ) -> Result<broadcast::Receiver<FoundChanges>> {
        if let Some(known) = self.sites().get(site) {
            return Ok(known.subscribe());
        }
        let newest = store.newest_change(site).await?;
        let (store, of) = (Arc::clone(store), site.clone());
        let ask = move |after| -> BoxFuture<'static, _> {
            let (store, site) = (Arc::clone(&store), of.clone());
            Box::pin(async move { store.changes(&site, after, MOST_CHANGES).await })
        };
        Ok(self.join(site, newest, Box::new(ask)))
    }

    /// Subscribes to the poller of a site, or starts one that reads the changes after the sequence number `after`.
    fn join(self: &Arc<Self>, site: &SiteId, after: i64, ask: Ask) -> broadcast::Receiver<FoundChanges> {
        let mut sites = self.sites();
        if let Some(known) = sites.get(site) {
            return known.subscribe();
        }
        let (sender, receiver) = broadcast::channel(BUFFER);
        sites.insert(site.clone(), sender.clone());
        let (pollers, site) = (Arc::clone(self), site.clone());
        let poller =
            Poller { pollers, site, sender, ask, after: AtomicI64::new(after), has_left: AtomicBool::new(false) };
        let polling = keep_polling(poller);
        tokio::spawn(self.over.clone().run_until_cancelled_owned(polling));
        receiver
    }
}

/// The poller of one site. It leaves [`Pollers`] when its last listener has left or when its task ends.
struct Poller {
    pollers: Arc<Pollers>,
    site: SiteId,
    sender: broadcast::Sender<FoundChanges>,
    ask: Ask,
    /// The sequence number of the last change that was sent.
    after: AtomicI64,
    has_left: AtomicBool,
}

impl Poller {
    /// Leaves the list of pollers if there are no listeners, and returns whether it has left. The list is locked
    /// meanwhile, so that a later listener starts another poller.
    fn leave_if_alone(&self) -> bool {
        let mut sites = self.pollers.sites();
        if self.sender.receiver_count() == 0 {
            sites.remove(&self.site);
            self.has_left.store(true, Ordering::Relaxed);
        }
        self.has_left.load(Ordering::Relaxed)
    }

    /// Reads the changes since the last poll, and sends them.
    async fn poll(&self) -> Result<()> {
        let changes = (self.ask)(self.after.load(Ordering::Relaxed)).await?;
        let Some(last) = changes.last() else { return Ok(()) };
        self.after.store(last.seq, Ordering::Relaxed);
        let comments: HashSet<CommentId> = changes.iter().filter_map(|change| change.comment).collect();
        if changes.len() >= MOST_CHANGES {
            self.send(FoundChanges::TooMany);
        } else if !comments.is_empty() {
            self.send(FoundChanges::Comments(comments.into_iter().collect()));
        }
        Ok(())
    }

    fn send(&self, found: FoundChanges) {
        // Sending fails only when there are no listeners.
        self.sender.send(found).ok();
    }
}

impl Drop for Poller {
    fn drop(&mut self) {
        if !*self.has_left.get_mut() {
            self.pollers.sites().remove(&self.site);
        }
    }
}

async fn keep_polling(poller: Poller) {
    let mut is_first = true;
    let poll = || {
        // A poll that panicked may not have sent its changes, so listeners must list the queue again.
        if !std::mem::replace(&mut is_first, false) {
            poller.send(FoundChanges::TooMany);
        }
        poll_often(&poller)
    };
    supervise("queue_changes", poll).await;
}

async fn poll_often(poller: &Poller) {
    let mut ticks = interval(POLL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if poller.leave_if_alone() {
            return;
        }
        // The next poll reads the same changes again.
        if let Err(error) = poller.poll().await {
            tracing::warn!(reason = error.reason(), "the queue's changes cannot be read");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use chrono::DateTime;
    use futures_util::FutureExt as _;
    use tokio::sync::broadcast::error::RecvError;
    use uuid::Uuid;

    use super::*;
    use crate::domain::{Error, change::ChangeKind};

    fn site() -> SiteId {
        SiteId::parse("bao-hue").unwrap()
    }

    fn change(seq: i64) -> Change {
        Change {
            seq,
            kind: ChangeKind::CommentSubmitted,
            comment: Some(CommentId(Uuid::from_u128(seq.unsigned_abs().into()))),
            article: None,
            revision: 1,
            at: DateTime::UNIX_EPOCH,
        }
    }

    fn failing() -> Ask {
        Box::new(|_| async { Err(Error::internal("there is no feed")) }.boxed())
    }

    /// Creates a poller of a feed that has the changes 1 to `last`, with a listener.
    fn poller(after: i64, last: i64) -> (Poller, broadcast::Receiver<FoundChanges>) {
        let ask = move |after| async move { Ok((after + 1..=last).take(MOST_CHANGES).map(change).collect()) }.boxed();
        let (sender, receiver) = broadcast::channel(BUFFER);
        let (after, has_left) = (AtomicI64::new(after), AtomicBool::new(true));
        (Poller { pollers: Arc::default(), site: site(), sender, ask: Box::new(ask), after, has_left }, receiver)
    }

    #[tokio::test]
    async fn each_change_is_sent_once_and_the_next_poll_continues_after_it() {
        let (poller, mut sent) = poller(5, 8);
        poller.poll().await.unwrap();
        let Ok(FoundChanges::Comments(found)) = sent.try_recv() else { panic!() };
        let mut found: Vec<_> = found.iter().map(|id| id.0.as_u128()).collect();
        found.sort_unstable();
        assert_eq!(found, [6, 7, 8]);
        poller.poll().await.unwrap();
        assert!(sent.try_recv().is_err(), "nothing is sent again");
    }

    #[tokio::test]
    async fn an_answer_that_may_be_incomplete_makes_listeners_list_again() {
        let (poller, mut sent) = poller(0, i64::try_from(MOST_CHANGES).unwrap() + 1);
        poller.poll().await.unwrap();
        assert!(matches!(sent.try_recv(), Ok(FoundChanges::TooMany)));
        poller.poll().await.unwrap();
        assert!(matches!(sent.try_recv(), Ok(FoundChanges::Comments(rest)) if rest.len() == 1));
    }

    #[tokio::test]
    async fn a_site_has_one_poller_as_long_as_it_has_listeners() {
        let pollers = Arc::new(Pollers::default());
        let (mut first, mut second) = (pollers.join(&site(), 0, failing()), pollers.join(&site(), 0, failing()));
        let sender = pollers.sites().get(&site()).unwrap().clone();
        sender.send(FoundChanges::TooMany).unwrap();
        assert!(matches!(
            (first.recv().await, second.recv().await),
            (Ok(FoundChanges::TooMany), Ok(FoundChanges::TooMany))
        ));
        drop((first, second));
        while pollers.sites().contains_key(&site()) {
            tokio::task::yield_now().await;
        }
        let _third = pollers.join(&site(), 0, failing());
        assert!(!pollers.sites().get(&site()).unwrap().same_channel(&sender), "another poller was started");
    }

    #[tokio::test]
    async fn a_poller_that_panics_starts_again_and_keeps_its_listeners() {
        static CALLS: AtomicUsize = AtomicUsize::new(0);
        let ask: Ask = Box::new(|_| {
            assert!(CALLS.fetch_add(1, Ordering::Relaxed) > 0, "the first poll panics");
            async { Ok(Vec::new()) }.boxed()
        });
        let pollers = Arc::new(Pollers::default());
        let mut listener = pollers.join(&site(), 0, ask);
        while CALLS.load(Ordering::Relaxed) < 2 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(matches!(listener.recv().await, Ok(FoundChanges::TooMany)), "changes may have been missed");
        pollers.over.cancel();
        assert!(matches!(listener.recv().await, Err(RecvError::Closed)));
        assert!(pollers.sites().is_empty());
    }
}
