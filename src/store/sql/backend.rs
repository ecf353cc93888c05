//! The operations of a database that the shared statements need.

use async_trait::async_trait;
use tokio::sync::SemaphorePermit;

use super::{
    connection::{Connection, Transaction},
    row::Row,
    statement::Statement,
};
use crate::{domain::Result, store::writes::Writes};

/// The kinds of callers whose number of connections is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Caller {
    /// A portal's call, which never takes the last connections: they are kept for moderators and health checks.
    Portal,
    /// A background job. All jobs share one connection and wait for it.
    Background,
}

/// A database: PostgreSQL or SQLite. The contract's traits are implemented once for all backends.
#[async_trait]
pub(in crate::store) trait Backend: Send + Sync {
    fn reads(&self) -> Connection<'_>;

    /// Runs a statement that reads whole tables and may take minutes. PostgreSQL's statement timeout of two seconds
    /// does not apply to it.
    async fn read_at_length(&self, statement: Statement<'_>) -> Result<Vec<Row>>;

    /// Begins a transaction. On SQLite it holds the write lock from its start, so nothing changes between its
    /// statements.
    async fn begin(&self) -> Result<Transaction>;

    /// Begins a transaction that holds advisory locks with the keys `locks`, taken in their order. SQLite needs none,
    /// because it has one writer at a time.
    async fn begin_locked(&self, locks: &[i64]) -> Result<Transaction>;

    /// Waits for a permit for one kind of caller, which is held while the call uses a connection. SQLite needs no
    /// permits and returns `None`.
    ///
    /// Fails with `StorageUnavailable` if a portal's call waits longer than it may wait for a connection.
    async fn place_for(&self, caller: Caller) -> Result<Option<SemaphorePermit<'_>>>;

    /// Records that rows were erased and that the write-ahead log still has their former content. Only SQLite leaves
    /// its removal to the application.
    fn note_erased(&self) {}

    fn writes(&self) -> &Writes;
}

/// Maximum number of attempts of a transaction that conflicts with a concurrent one.
pub(in crate::store) const TRIES: usize = 3;

/// Runs the body in one transaction, and retries it after a conflict with a concurrent one: `transaction!(store, tx =>
/// answer)`. `tx` is a [`&mut Connection`](Connection). `transaction!(store, locks, tx => answer)` begins with advisory
/// locks.
macro_rules! transaction {
    (@begun by $begin:expr, $store:expr, $tx:ident => $body:expr) => {{
        let mut tries = 1;
        let result = loop {
            let attempt = async {
                let mut transaction = $begin.await?;
                let mut connection = transaction.connection();
                let $tx = &mut connection;
                let answer = $body;
                transaction.commit().await?;
                Ok(answer)
            };
            match attempt.await {
                Err(error) if tries < crate::store::sql::TRIES && crate::store::error::is_conflict(&error) => {
                    tries += 1
                }
                result => break result,
            }
        };
        $store.writes().note(result)
    }};
    ($store:expr, $tx:ident => $body:expr) => {
        transaction!(@begun by $store.begin(), $store, $tx => $body)
    };
    ($store:expr, $locks:expr, $tx:ident => $body:expr) => {
        transaction!(@begun by $store.begin_locked($locks), $store, $tx => $body)
    };
}
