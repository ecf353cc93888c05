//! The PostgreSQL store, for any number of replicas. All transactions are READ COMMITTED: guarantees rest on unique
//! keys and row locks, never on the isolation level.

use std::{sync::Arc, time::Duration};

use sqlx::{Connection as _, Executor as _, PgConnection, postgres::PgConnectOptions};
use tokio::sync::{Semaphore, SemaphorePermit};

use async_trait::async_trait;

pub use self::connect::PoolSettings;
pub(super) use self::context::{challenge_contexts, submit_contexts};
pub(super) use self::{
    link::Begin,
    session::{Pool, Session},
};
use crate::{
    domain::{Error, Result},
    store::{
        sql::{Backend, Caller, Connection, Row, Statement, Transaction},
        writes::Writes,
    },
};

/// Returns the command by which PostgreSQL plans the rest of a transaction's statements for their values. Elsewhere, a
/// statement is planned once for all values (generic plan).
macro_rules! planned_for_values {
    () => {
        "set local plan_cache_mode = force_custom_plan"
    };
}

/// The command by which PostgreSQL plans the rest of a transaction's statements for their values.
pub(super) const PLANNED_FOR_VALUES: &str = planned_for_values!();

/// Selects the comment that the submit `q` repeats. It searches among the device's own comments, because there may be
/// thousands of comments with the text of a campaign.
macro_rules! duplicate_of_its_device {
    () => {
        concat!(
            "(select o.comment_id, o.status, o.published_at from comments o
            where o.site_id = q.site_id and o.device between q.device and q.device and ",
            repeated_by_q!(),
            " order by o.device desc, o.created_at desc limit 1)"
        )
    };
}

mod connect;
mod context;
mod database;
mod link;
mod migrate;
mod session;

/// Number of connections that portals' calls and jobs never use. They are kept for moderators and health checks.
const KEPT_FOR_MODERATORS: u32 = 2;
/// Number of connections that all background work together may use.
const BACKGROUND: u32 = 1;

/// Begins a transaction that may read whole tables. Its settings end with it, as a pooler requires.
const BEGIN_AT_LENGTH: &str = "begin read only; set local statement_timeout = '10min'";

/// One PostgreSQL database, version 15 or later.
#[derive(Debug, Clone)]
pub struct PostgresStore {
    pool: Pool,
    portals: Arc<Semaphore>,
    background: Arc<Semaphore>,
    patience: Duration,
    writes: Arc<Writes>,
}

impl PostgresStore {
    /// Returns the store at a `postgres://` address. It connects when it is first used. Must be called inside a
    /// runtime.
    ///
    /// # Errors
    /// [`Error::Internal`] when the address cannot be read.
    pub fn connect_lazy(url: &str, settings: PoolSettings) -> Result<Self> {
        // The driver's error may quote the address, including the password.
        let options = url.parse().map_err(|_| Error::internal("the database address cannot be read"))?;
        Ok(Self::connect_lazy_with(options, settings))
    }

    /// Does the same as [`PostgresStore::connect_lazy`] with parsed options.
    pub fn connect_lazy_with(options: PgConnectOptions, settings: PoolSettings) -> Self {
        let portals = settings.connections.saturating_sub(KEPT_FOR_MODERATORS + BACKGROUND).max(1);
        Self {
            pool: Pool::new(options, settings),
            portals: Arc::new(Semaphore::new(portals as usize)),
            background: Arc::new(Semaphore::new(BACKGROUND as usize)),
            patience: settings.acquire,
            writes: Arc::default(),
        }
    }

    /// Waits for a permit of a portal's call, which is held while the call uses a connection. Fails after the longest
    /// wait for a connection.
    async fn portals_turn(&self) -> Result<SemaphorePermit<'_>> {
        let turn = tokio::time::timeout(self.patience, self.portals.acquire()).await;
        turn.ok().and_then(std::result::Result::ok).ok_or_else(|| sqlx::Error::PoolTimedOut.into())
    }

    /// Waits for the permit of background work, without a timeout.
    async fn background_turn(&self) -> Result<SemaphorePermit<'_>> {
        self.background.acquire().await.map_err(|_| sqlx::Error::PoolClosed.into())
    }

    async fn begin(&self) -> Result<Session> {
        Ok(self.pool.begin(Begin::ReadCommitted).await?)
    }
}

#[async_trait]
impl Backend for PostgresStore {
    fn reads(&self) -> Connection<'_> {
        Connection::PostgresPool(&self.pool)
    }

    async fn read_at_length(&self, statement: Statement<'_>) -> Result<Vec<Row>> {
        let mut connection = PgConnection::connect_with(self.pool.options()).await?;
        connection.execute(BEGIN_AT_LENGTH).await?;
        let rows = statement.fetch_all(&mut connection).await;
        connection.close().await.ok();
        rows
    }

    async fn begin(&self) -> Result<Transaction> {
        Ok(Transaction::Postgres(Self::begin(self).await?))
    }

    async fn begin_locked(&self, locks: &[i64]) -> Result<Transaction> {
        Ok(Transaction::Postgres(self.pool.begin_locked(locks).await?))
    }

    async fn place_for(&self, caller: Caller) -> Result<Option<SemaphorePermit<'_>>> {
        match caller {
            Caller::Portal => self.portals_turn().await.map(Some),
            Caller::Background => self.background_turn().await.map(Some),
        }
    }

    fn writes(&self) -> &Writes {
        &self.writes
    }
}
