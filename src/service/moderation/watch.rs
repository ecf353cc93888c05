//! Following the queue: what came into it, what left it, and a sign of life now and then.

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

/// How long a watch lasts: a client that watches on takes up what it missed, on another replica if there are new ones.
const LIFE: Duration = Duration::from_secs(300);

/// Cases looked up in one go.
const LOOK_UP: usize = 100;

/// What happened to the queue.
#[derive(Debug, Clone, PartialEq)]
pub enum QueueEvent {
    /// So many comments match.
    Heartbeat { total: i64 },
    /// It matches as it stands.
    Waiting(Box<ReviewCase>),
    /// It does not.
    Left(Box<ReviewCase>),
}

impl Moderation {
    /// Follows the queue from now on. Begins with a heartbeat.
    ///
    /// # Errors
    /// `Overloaded` when too many watch: of all, of the caller's site, or with their token.
    pub async fn watch_queue(&self, caller: &Arc<Caller>, filter: QueueFilter, clock: Clock) -> Result<QueueWatch> {
        let open = self.watches.open(caller)?;
        let site = &caller.site;
        let filter = self.in_use(site, filter).await?;
        // Listens before it counts, so that nothing happens in between.
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

/// What a watch looks at.
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

    /// Comments as they stand.
    async fn events(&self, ids: &[CommentId]) -> Result<impl Iterator<Item = QueueEvent> + use<>> {
        let cases = self.store.find_cases(&self.site, ids, &self.filter, (self.clock)()).await?;
        Ok(cases.into_iter().map(|(case, waits)| {
            let case = Box::new(case);
            if waits { QueueEvent::Waiting(case) } else { QueueEvent::Left(case) }
        }))
    }
}

/// One watch. Does nothing on its own: who does not ask for events falls behind and is told so.
pub struct QueueWatch {
    view: View,
    changes: broadcast::Receiver<FoundChanges>,
    /// Not looked up yet.
    changed: BTreeSet<CommentId>,
    ready: VecDeque<QueueEvent>,
    beats: Interval,
    ends: Instant,
    over: CancellationToken,
    ended: bool,
    _open: OpenWatch,
}

impl QueueWatch {
    /// The next event; `None` when the watch is over, also after an error.
    ///
    /// # Errors
    /// `Overloaded` when more happened than was read: the queue is to be listed again. Those of the store.
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
            // Also in a rush that never lets up.
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
                change = self.changes.recv() => self.hear(change)?,
            }
        }
    }

    /// Readies the events of some of the changed comments.
    async fn look_up(&mut self) -> Result<()> {
        let ids: Vec<CommentId> = self.changed.iter().copied().take(LOOK_UP).collect();
        self.ready.extend(self.view.events(&ids).await?);
        for id in ids {
            self.changed.remove(&id);
        }
        Ok(())
    }

    fn hear(&mut self, change: Result<FoundChanges, broadcast::error::RecvError>) -> Result<()> {
        match change {
            Ok(FoundChanges::Comments(ids)) => {
                self.changed.extend(ids.iter());
                Ok(())
            }
            Ok(FoundChanges::TooMany) | Err(broadcast::error::RecvError::Lagged(_)) => {
                Err(Error::Overloaded { what: "a queue watch that fell behind", retry_after: RETRY_AFTER })
            }
            // Also closed by a drain, which is told as such.
            Err(broadcast::error::RecvError::Closed) if self.over.is_cancelled() => Ok(()),
            Err(broadcast::error::RecvError::Closed) => Err(Error::internal("the queue's look-out is gone")),
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

    /// A watch of an empty queue in `dir`, with what its look-out would tell it by.
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
    async fn who_falls_behind_is_told_so_and_the_watch_ends() {
        let dir = tempfile::tempdir().unwrap();
        let (mut watch, sender, _over) = watch(dir.path()).await;
        for _ in 0..=BUFFER {
            sender.send(change()).unwrap();
        }
        assert!(matches!(watch.next().await, Some(Err(Error::Overloaded { .. }))));
        assert!(watch.next().await.is_none());
    }

    #[tokio::test]
    async fn more_than_can_be_told_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let (mut watch, sender, _over) = watch(dir.path()).await;
        sender.send(FoundChanges::TooMany).unwrap();
        assert!(matches!(watch.next().await, Some(Err(Error::Overloaded { .. }))));
    }

    #[tokio::test]
    async fn a_look_out_that_is_gone_is_told_unless_all_is_over() {
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
    async fn a_watch_beats_and_ends_in_time() {
        let dir = tempfile::tempdir().unwrap();
        let (mut watch, _sender, _over) = watch(dir.path()).await;
        watch.beats.reset_immediately();
        assert_eq!(watch.next().await.unwrap().unwrap(), QueueEvent::Heartbeat { total: 0 });
        watch.ends = Instant::now();
        assert!(watch.next().await.is_none());
    }
}
