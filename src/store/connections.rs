//! Idle connections. The driver's pool tests each connection that is returned to it, which costs a round trip. A
//! connection whose last statement succeeded is therefore kept here instead, and the next caller takes it at once.

use std::{
    collections::VecDeque,
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use sqlx::{Database, Pool, pool::PoolConnection};
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// Longest time that the driver's pool may take to test a connection that is returned to it. Without this limit, a
/// server that vanishes during the test would hold the connection for minutes.
const RETURN: Duration = Duration::from_millis(2_500);

/// The connections to one database. Callers that wait for one are served in their order.
#[derive(Debug)]
pub(super) struct Connections<DB: Database> {
    pool: Pool<DB>,
    /// Maximum age of a kept connection, after which it returns to the driver's pool. The pool closes old and surplus
    /// connections.
    away: Duration,
    /// One permit for each connection that the pool may have.
    places: Arc<Semaphore>,
    /// The most recently used connection is the last one.
    free: Mutex<VecDeque<Free<DB>>>,
    /// Wakes a caller that waits for the driver's pool when a connection becomes free here.
    freed: Notify,
}

#[derive(Debug)]
struct Free<DB: Database> {
    connection: Leased<DB>,
    since: Instant,
}

impl<DB: Database> Connections<DB> {
    pub(super) fn new(pool: Pool<DB>, away: Duration) -> Self {
        let places = Arc::new(Semaphore::new(pool.options().get_max_connections() as usize));
        Self { pool, away, places, free: Mutex::default(), freed: Notify::new() }
    }

    pub(super) const fn pool(&self) -> &Pool<DB> {
        &self.pool
    }

    /// Returns a connection and how long it was idle here. The time is `None` for a connection from the driver's pool.
    pub(super) async fn take(&self) -> Result<(Taken<DB>, Option<Duration>), sqlx::Error> {
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| sqlx::Error::PoolClosed)?;
        // The driver's pool may hold a permit for longer than a caller here holds its place: while it tests, closes or
        // opens a connection. A caller that waits for the driver therefore takes the next connection that becomes free.
        loop {
            let newest = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop_back();
            if let Some(Free { connection, since }) = newest {
                return Ok((Taken { connection, place }, Some(since.elapsed())));
            }
            tokio::select! {
                connection = self.pool.acquire() => {
                    let connection = Leased { connection: connection?, since: Instant::now(), closes: false };
                    return Ok((Taken { connection, place }, None));
                }
                () = self.freed.notified() => {}
            }
        }
    }

    /// Keeps a connection that is in no transaction and whose statements have completed.
    pub(super) fn put(&self, taken: Taken<DB>) {
        let Taken { connection, place } = taken;
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = |connection: &Leased<DB>| connection.since.elapsed() >= self.away;
        // `close` closes the semaphore before it empties the list.
        let returned = if self.places.is_closed() || is_due(&connection) {
            Some(connection)
        } else {
            free.push_back(Free { connection, since: Instant::now() });
            self.freed.notify_one();
            // Connections that are not needed stay at the front.
            let is_unused = free.front().is_some_and(|first| is_due(&first.connection));
            if is_unused { free.pop_front().map(|first| first.connection) } else { None }
        };
        drop(free);
        drop(place);
        if let Some(mut returned) = returned {
            tokio::spawn(timeout(RETURN, returned.connection.return_to_pool()));
        }
    }

    pub(super) async fn close(&self) {
        self.places.close();
        drop(std::mem::take(&mut *self.free.lock().unwrap_or_else(PoisonError::into_inner)));
        self.pool.close().await;
    }
}

/// A connection in use, with its permit. Dropping it returns the connection to the driver's pool in a background task.
#[derive(Debug)]
pub(super) struct Taken<DB: Database> {
    connection: Leased<DB>,
    place: OwnedSemaphorePermit,
}

impl<DB: Database> Taken<DB> {
    /// Sets whether dropping the value closes the connection.
    pub(super) const fn close_on_drop(&mut self, closes: bool) {
        self.connection.closes = closes;
    }

    /// Returns the connection to the driver's pool, which tests it. If the future is dropped, the connection is closed.
    pub(super) async fn return_to_pool(mut self) {
        self.connection.connection.return_to_pool().await;
    }
}

impl<DB: Database> Deref for Taken<DB> {
    type Target = DB::Connection;

    fn deref(&self) -> &DB::Connection {
        &self.connection.connection
    }
}

impl<DB: Database> DerefMut for Taken<DB> {
    fn deref_mut(&mut self) -> &mut DB::Connection {
        &mut self.connection.connection
    }
}

/// A connection of the driver's pool, and the time when it was taken from the pool.
#[derive(Debug)]
struct Leased<DB: Database> {
    connection: PoolConnection<DB>,
    since: Instant,
    closes: bool,
}

impl<DB: Database> Drop for Leased<DB> {
    fn drop(&mut self) {
        if self.closes {
            self.connection.close_on_drop();
        }
    }
}

#[cfg(test)]
mod tests {
    use sqlx::sqlite::SqlitePoolOptions;

    use super::*;

    #[tokio::test]
    async fn a_caller_that_waits_for_the_driver_gets_the_next_free_connection() {
        let pool = SqlitePoolOptions::new().max_connections(2).connect_lazy("sqlite::memory:").unwrap();
        let connections = Connections::new(pool.clone(), Duration::MAX);
        // The driver uses one of its connections itself, as it does while it tests one.
        let _tested = pool.acquire().await.unwrap();
        let (used, _) = connections.take().await.unwrap();
        let put = async { connections.put(used) };
        let waiting = async { tokio::join!(connections.take(), put).0 };
        let (_, idle) = timeout(Duration::from_secs(5), waiting).await.unwrap().unwrap();
        assert!(idle.is_some(), "the connection was kept here");
    }
}
