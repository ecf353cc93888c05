//! Connections: their number, and how long calls wait for one.

use std::{sync::Arc, time::Duration};

use sqlx::{Connection as _, Executor as _, PgPool, postgres::PgPoolOptions};

use super::link::{Link, Links};

/// How the pool is sized.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolSettings {
    /// Most connections. Eight keep two cores of PostgreSQL busy; more only lengthen the slowest answers.
    pub connections: u32,
    /// A call that found no connection by then is told to come again.
    pub acquire: Duration,
}

impl Default for PoolSettings {
    fn default() -> Self {
        Self { connections: 8, acquire: Duration::from_millis(500) }
    }
}

const LIFETIME: Duration = Duration::from_secs(30 * 60);
/// A connection that rested longer is tested before it is used: the server may have gone since.
const TRUSTED: Duration = Duration::from_secs(1);

/// Uses of a connection, about, before its plans are made anew. A plan that was made over an empty table may read all of it when it has
/// grown, and PostgreSQL itself looks for growth once a minute: a new newsroom's first flood would be answered ten times too slowly.
const PLANNED_FOR: u32 = 256;

/// A pool that connects when it is first used, so that a server that is down is no reason not to start.
pub(super) fn pool(links: &Arc<Links>, settings: PoolSettings) -> PgPool {
    let found = Arc::clone(links);
    PgPoolOptions::new()
        .max_connections(settings.connections)
        .min_connections(settings.connections.min(2))
        .acquire_timeout(settings.acquire)
        .max_lifetime(LIFETIME)
        .test_before_acquire(false)
        .before_acquire(move |connection, meta| {
            // Behind a pooler no plan outlives its transaction.
            let keeps_plans = found.known() == Some(Link::Direct);
            Box::pin(async move {
                if meta.idle_for > TRUSTED {
                    connection.ping().await?;
                }
                if keeps_plans && rand::random_ratio(1, PLANNED_FOR) {
                    connection.execute("discard plans").await?;
                }
                Ok(true)
            })
        })
        .connect_lazy_with(links.direct())
}
