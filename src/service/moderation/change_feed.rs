//! One look-out per site while it has listeners. It polls the database for changes, so that replicas learn of each other's, and
//! sends them to all listeners.

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

/// How often the database is asked.
const POLL: Duration = Duration::from_millis(500);

/// Looks that a watcher may fall behind.
pub(super) const BUFFER: usize = 64;

/// What a look found.
#[derive(Debug, Clone)]
pub(super) enum FoundChanges {
    Comments(Arc<[CommentId]>),
    /// More changes than one answer holds, or an unknown number: listeners must list again.
    TooMany,
}

/// Reads the changes after a number, at most [`MOST_CHANGES`].
type Ask = Box<dyn Fn(i64) -> BoxFuture<'static, Result<Vec<Change>>> + Send + Sync>;

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

    /// Returns what changes on a site from now on, and perhaps what did shortly before.
    ///
    /// # Errors
    /// Those of the store.
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
        Ok(self.look_out(site, newest, Box::new(ask)))
    }

    /// Joins the look-out of a site, or starts one that asks for changes after the number `after`.
    fn look_out(self: &Arc<Self>, site: &SiteId, after: i64, ask: Ask) -> broadcast::Receiver<FoundChanges> {
        let mut sites = self.sites();
        if let Some(known) = sites.get(site) {
            return known.subscribe();
        }
        let (sender, receiver) = broadcast::channel(BUFFER);
        sites.insert(site.clone(), sender.clone());
        let (look_outs, site) = (Arc::clone(self), site.clone());
        let post = Post { look_outs, site, sender, ask, after: AtomicI64::new(after), left: AtomicBool::new(false) };
        let watch = keep_looking(post);
        tokio::spawn(self.over.clone().run_until_cancelled_owned(watch));
        receiver
    }
}

/// A look-out's place in the list. It is given up when the last listener leaves, or when the task ends.
struct Post {
    look_outs: Arc<LookOuts>,
    site: SiteId,
    sender: broadcast::Sender<FoundChanges>,
    ask: Ask,
    /// The number of the last change that was sent.
    after: AtomicI64,
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

    /// Asks for the changes since the last ones, and sends them.
    async fn look(&self) -> Result<()> {
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
        // Fails only when there are no listeners.
        self.sender.send(found).ok();
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        if !*self.left.get_mut() {
            self.look_outs.sites().remove(&self.site);
        }
    }
}

async fn keep_looking(post: Post) {
    let mut is_first = true;
    let look = || {
        // Changes of a look that panicked may not have been sent, so listeners must list again.
        if !std::mem::replace(&mut is_first, false) {
            post.send(FoundChanges::TooMany);
        }
        look_often(&post)
    };
    supervise("queue_changes", look).await;
}

async fn look_often(post: &Post) {
    let mut ticks = interval(POLL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if post.leave_if_alone() {
            return;
        }
        // The next look asks for the same again.
        if let Err(error) = post.look().await {
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

    /// A look-out of a feed that has the changes 1 to `last`, with what it sends.
    fn post(after: i64, last: i64) -> (Post, broadcast::Receiver<FoundChanges>) {
        let ask = move |after| async move { Ok((after + 1..=last).take(MOST_CHANGES).map(change).collect()) }.boxed();
        let (sender, receiver) = broadcast::channel(BUFFER);
        let (after, left) = (AtomicI64::new(after), AtomicBool::new(true));
        (Post { look_outs: Arc::default(), site: site(), sender, ask: Box::new(ask), after, left }, receiver)
    }

    #[tokio::test]
    async fn each_change_is_sent_once_and_the_next_look_continues_there() {
        let (post, mut sent) = post(5, 8);
        post.look().await.unwrap();
        let Ok(FoundChanges::Comments(found)) = sent.try_recv() else { panic!() };
        let mut found: Vec<_> = found.iter().map(|id| id.0.as_u128()).collect();
        found.sort_unstable();
        assert_eq!(found, [6, 7, 8]);
        post.look().await.unwrap();
        assert!(sent.try_recv().is_err(), "nothing is sent again");
    }

    #[tokio::test]
    async fn an_answer_that_may_be_short_makes_listeners_list_again() {
        let (post, mut sent) = post(0, i64::try_from(MOST_CHANGES).unwrap() + 1);
        post.look().await.unwrap();
        assert!(matches!(sent.try_recv(), Ok(FoundChanges::TooMany)));
        post.look().await.unwrap();
        assert!(matches!(sent.try_recv(), Ok(FoundChanges::Comments(rest)) if rest.len() == 1));
    }

    #[tokio::test]
    async fn a_site_has_one_look_out_as_long_as_it_has_listeners() {
        let look_outs = Arc::new(LookOuts::default());
        let (mut first, mut second) =
            (look_outs.look_out(&site(), 0, failing()), look_outs.look_out(&site(), 0, failing()));
        let sender = look_outs.sites().get(&site()).unwrap().clone();
        sender.send(FoundChanges::TooMany).unwrap();
        assert!(matches!(
            (first.recv().await, second.recv().await),
            (Ok(FoundChanges::TooMany), Ok(FoundChanges::TooMany))
        ));
        drop((first, second));
        while look_outs.sites().contains_key(&site()) {
            tokio::task::yield_now().await;
        }
        let _third = look_outs.look_out(&site(), 0, failing());
        assert!(!look_outs.sites().get(&site()).unwrap().same_channel(&sender), "another look-out was started");
    }

    #[tokio::test]
    async fn a_look_out_that_panics_starts_again_and_keeps_its_listeners() {
        static CALLS: AtomicUsize = AtomicUsize::new(0);
        let ask: Ask = Box::new(|_| {
            assert!(CALLS.fetch_add(1, Ordering::Relaxed) > 0, "the first look panics");
            async { Ok(Vec::new()) }.boxed()
        });
        let look_outs = Arc::new(LookOuts::default());
        let mut listener = look_outs.look_out(&site(), 0, ask);
        while CALLS.load(Ordering::Relaxed) < 2 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(matches!(listener.recv().await, Ok(FoundChanges::TooMany)), "changes may have been missed");
        look_outs.over.cancel();
        assert!(matches!(listener.recv().await, Err(RecvError::Closed)));
        assert!(look_outs.sites().is_empty());
    }
}
