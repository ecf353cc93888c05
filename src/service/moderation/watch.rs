//! Watches of the queue, which are streams of its changes with periodic heartbeats.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use futures_util::FutureExt as _;
use tokio::{
    sync::broadcast,
    time::{Instant, Interval, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{
    Moderation,
    change_feed::FoundChanges,
    queue_search,
    watches::{OpenWatch, RETRY_AFTER},
};
use crate::{
    domain::{
        Error, Result,
        access::Caller,
        case::ReviewCase,
        id::{CommentId, SiteId},
        page::QueuePage,
        queue::{QueueFilter, QueueOrder},
    },
    service::clock::Clock,
    store::Store,
};

/// Duration of a watch. To continue, a client opens another watch, which may reach a new replica, and lists what it
/// missed in between.
const LIFE: Duration = Duration::from_secs(300);

/// Number of cases that one query reads.
const LOOK_UP: usize = 100;

/// An event of a watch.
#[derive(Debug, Clone, PartialEq)]
pub enum QueueEvent {
    /// A periodic event with the number of comments that match the filter.
    Heartbeat { total: i64 },
    /// A changed comment that matches the filter in its current state.
    Waiting(Box<ReviewCase>),
    /// A changed comment that does not match the filter.
    Left(Box<ReviewCase>),
}

impl Moderation {
    /// Opens a watch of the queue. Its first event is a heartbeat.
    ///
    /// # Errors
    /// `Overloaded` when this process, the caller's site or the caller's token has too many watches, and those of the
    /// store.
    pub async fn watch_queue(&self, caller: &Arc<Caller>, filter: QueueFilter, clock: Clock) -> Result<QueueWatch> {
        let open = self.watches.open(caller)?;
        let site = &caller.site;
        let filter = self.with_current_author(site, filter).await?;
        // The watch subscribes before it counts, so that it misses no change in between.
        let changes = self.watches.changes(&self.core.store, site).await?;
        let mut watch = QueueWatch {
            view: View { store: Arc::clone(&self.core.store), site: site.clone(), filter, clock },
            changes,
            changed: BTreeSet::new(),
            ready: VecDeque::new(),
            beats: self.watches.beats(),
            ends: Instant::now() + LIFE,
            over: self.watches.over(),
            ended: false,
            _open: open,
        };
        watch.ready.push_back(watch.view.heartbeat().await?);
        Ok(watch)
    }
}

/// The part of the queue that a watch follows.
struct View {
    store: Arc<dyn Store>,
    site: SiteId,
    filter: QueueFilter,
    clock: Clock,
}

impl View {
    async fn heartbeat(&self) -> Result<QueueEvent> {
        let (site, order) = (&self.site, QueueOrder::Oldest);
        let filter = queue_search::resolved(&*self.store, site, self.filter.clone()).await?;
        let page = QueuePage { site, filter: &filter, order, size: 0, after: None, until: None, now: (self.clock)() };
        let total = queue_search::count(&*self.store, page).await?;
        Ok(QueueEvent::Heartbeat { total })
    }

    /// Returns one event per comment, from its current state.
    async fn events(&self, ids: &[CommentId]) -> Result<impl Iterator<Item = QueueEvent> + use<>> {
        let cases = self.store.find_cases(&self.site, ids, &self.filter, (self.clock)()).await?;
        Ok(cases.into_iter().map(|(case, waits)| {
            let case = Box::new(case);
            if waits { QueueEvent::Waiting(case) } else { QueueEvent::Left(case) }
        }))
    }
}

/// One watch. It has no task of its own. A caller that asks for events too slowly falls behind and gets an error.
pub struct QueueWatch {
    view: View,
    changes: broadcast::Receiver<FoundChanges>,
    /// The changed comments that are not looked up yet.
    changed: BTreeSet<CommentId>,
    ready: VecDeque<QueueEvent>,
    beats: Interval,
    ends: Instant,
    over: CancellationToken,
    ended: bool,
    _open: OpenWatch,
}

impl QueueWatch {
    /// Returns the next event, or `None` when the watch has ended. An error ends the watch, too.
    ///
    /// # Errors
    /// `Overloaded` when the caller has missed changes and must list the queue again, and those of the store.
    pub async fn next(&mut self) -> Option<Result<QueueEvent>> {
        if self.ended {
            return None;
        }
        let event = self.advance().await.transpose();
        self.ended = !matches!(event, Some(Ok(_)));
        event
    }

    async fn advance(&mut self) -> Result<Option<QueueEvent>> {
        loop {
            if self.over.is_cancelled() || self.ends <= Instant::now() {
                return Ok(None);
            }
            if let Some(event) = self.ready.pop_front() {
                return Ok(Some(event));
            }
            // A heartbeat is due even while changes arrive without a pause.
            if self.beats.tick().now_or_never().is_some() {
                return self.view.heartbeat().await.map(Some);
            }
            if !self.changed.is_empty() {
                self.look_up().await?;
                continue;
            }
            tokio::select! {
                biased;
                () = self.over.cancelled() => {}
                () = sleep_until(self.ends) => {}
                _ = self.beats.tick() => return self.view.heartbeat().await.map(Some),
                change = self.changes.recv() => self.note(change)?,
            }
        }
    }

    /// Looks up some of the changed comments and prepares their events.
    async fn look_up(&mut self) -> Result<()> {
        let ids: Vec<CommentId> = self.changed.iter().copied().take(LOOK_UP).collect();
        self.ready.extend(self.view.events(&ids).await?);
        for id in ids {
            self.changed.remove(&id);
        }
        Ok(())
    }

    /// Records the comments of a change that was received from the site's poller.
    fn note(&mut self, change: Result<FoundChanges, broadcast::error::RecvError>) -> Result<()> {
        match change {
            Ok(FoundChanges::Comments(ids)) => {
                self.changed.extend(ids.iter());
                Ok(())
            }
            Ok(FoundChanges::TooMany) | Err(broadcast::error::RecvError::Lagged(_)) => {
                Err(Error::Overloaded { what: "a queue watch that fell behind", retry_after: RETRY_AFTER })
            }
            // A graceful shutdown closes the channel, too. It ends the watch without an error.
            Err(broadcast::error::RecvError::Closed) if self.over.is_cancelled() => Ok(()),
            Err(broadcast::error::RecvError::Closed) => {
                Err(Error::internal("the poller of the queue's changes has stopped"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{
        super::{change_feed::BUFFER, watches::Watches},
        *,
    };
    use crate::{
        domain::access::Role,
        store::{contract::DatabaseStore as _, sqlite::SqliteStore},
    };

    /// Creates a watch of an empty queue in `dir`, with the sender of its changes and the token that ends all watches.
    async fn watch(dir: &std::path::Path) -> (QueueWatch, broadcast::Sender<FoundChanges>, CancellationToken) {
        let store = SqliteStore::open(dir.join("duyet.sqlite3"));
        store.migrate().await.unwrap();
        let (sender, changes) = broadcast::channel(BUFFER);
        let over = CancellationToken::new();
        let site = SiteId::parse("bao-hue").unwrap();
        let clock = || chrono::DateTime::UNIX_EPOCH;
        let (token, role) = (uuid::Uuid::nil(), Role::Moderator);
        let caller = Arc::new(Caller { token, site: site.clone(), name: "lan".into(), role });
        let watches = Watches::new(Duration::from_secs(15));
        let watch = QueueWatch {
            view: View { store: Arc::new(store), site, filter: QueueFilter::default(), clock },
            changes,
            changed: BTreeSet::new(),
            ready: VecDeque::new(),
            beats: watches.beats(),
            ends: Instant::now() + LIFE,
            over: over.clone(),
            ended: false,
            _open: watches.open(&caller).unwrap(),
        };
        (watch, sender, over)
    }

    fn change() -> FoundChanges {
        FoundChanges::Comments(Arc::from([CommentId(uuid::Uuid::nil())]))
    }

    #[tokio::test]
    async fn a_watch_that_falls_behind_fails_and_ends() {
        let dir = tempfile::tempdir().unwrap();
        let (mut watch, sender, _over) = watch(dir.path()).await;
        for _ in 0..=BUFFER {
            sender.send(change()).unwrap();
        }
        assert!(matches!(watch.next().await, Some(Err(Error::Overloaded { .. }))));
        assert!(watch.next().await.is_none());
    }

    #[tokio::test]
    async fn more_changes_than_can_be_sent_are_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let (mut watch, sender, _over) = watch(dir.path()).await;
        sender.send(FoundChanges::TooMany).unwrap();
        assert!(matches!(watch.next().await, Some(Err(Error::Overloaded { .. }))));
    }

    #[tokio::test]
    async fn a_stopped_poller_is_an_error_except_during_a_shutdown() {
        let dir = tempfile::tempdir().unwrap();
        let (mut first, sender, _over) = watch(dir.path()).await;
        drop(sender);
        assert!(matches!(first.next().await, Some(Err(Error::Internal(_)))));
        let (mut second, sender, over) = watch(dir.path()).await;
        over.cancel();
        drop(sender);
        assert!(second.next().await.is_none());
    }

    #[tokio::test]
    async fn a_watch_sends_heartbeats_and_ends_in_time() {
        let dir = tempfile::tempdir().unwrap();
        let (mut watch, _sender, _over) = watch(dir.path()).await;
        watch.beats.reset_immediately();
        assert_eq!(watch.next().await.unwrap().unwrap(), QueueEvent::Heartbeat { total: 0 });
        watch.ends = Instant::now();
        assert!(watch.next().await.is_none());
    }
}
