//! The connection pool.

use std::{sync::Arc, time::Duration};

use sqlx::{Connection as _, Executor as _, PgConnection, PgPool, postgres::PgPoolOptions};

use super::link::{Link, Links};

/// The size of the pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolSettings {
    /// Maximum number of connections. Eight keep two cores of PostgreSQL busy; with more, only the p99 grows.
    pub connections: u32,
    /// Longest wait for a connection. After it a call fails with `StorageUnavailable`.
    pub acquire: Duration,
}

impl Default for PoolSettings {
    fn default() -> Self {
        Self { connections: 8, acquire: Duration::from_millis(500) }
    }
}

const LIFETIME: Duration = Duration::from_secs(30 * 60);
/// How long a connection is reused before it returns to the driver's pool, which tests it and closes it if it is old.
pub(super) const AWAY: Duration = Duration::from_secs(10);
/// A connection that was idle for longer is tested before it is used, because the server may have closed it.
const TRUSTED: Duration = Duration::from_secs(1);

/// Mean number of uses of a connection between two discards of its plans. A plan that was made for an empty table may
/// scan all of it once it has grown. PostgreSQL notices growth once a minute, which is too late for the first burst of
/// a new newsroom: ten times slower.
const PLANNED_FOR: u32 = 256;

/// Returns a pool that connects when it is first used, so that the service starts while the server is down.
pub(super) fn pool(links: &Arc<Links>, settings: PoolSettings) -> PgPool {
    let found = Arc::clone(links);
    PgPoolOptions::new()
        .max_connections(settings.connections)
        .acquire_timeout(settings.acquire)
        .max_lifetime(LIFETIME)
        .test_before_acquire(false)
        .before_acquire(move |connection, meta| {
            let link = found.known();
            Box::pin(async move { prepare(connection, link, meta.idle_for).await.map(|()| true) })
        })
        .connect_lazy_with(links.direct())
}

/// Prepares a connection that was idle for its next use. An error means that it is broken.
pub(super) async fn prepare(
    connection: &mut PgConnection,
    link: Option<Link>,
    idle_for: Duration,
) -> Result<(), sqlx::Error> {
    if idle_for > TRUSTED {
        connection.ping().await?;
    }
    // Behind a pooler, plans end with their transaction.
    if link == Some(Link::Direct) && rand::random_ratio(1, PLANNED_FOR) {
        connection.execute("discard plans").await?;
    }
    Ok(())
}
