//! What a database gives to the shared statements.

use async_trait::async_trait;
use tokio::sync::SemaphorePermit;

use super::{
    connection::{Connection, Transaction},
    row::Row,
    statement::Statement,
};
use crate::{domain::Result, store::writes::Writes};

/// On whose behalf a call uses a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Caller {
    /// Readers' calls never take the last connections, which moderators and health need.
    Portal,
    /// Jobs share one connection, and wait for it.
    Background,
}

/// A database: PostgreSQL or SQLite. The contract's traits are implemented once for all backends.
#[async_trait]
pub(in crate::store) trait Backend: Send + Sync {
    /// Returns the connections for statements that read.
    fn reads(&self) -> Connection<'_>;

    /// Runs a statement that reads whole tables and may take minutes, where PostgreSQL ends others after two seconds.
    async fn read_at_length(&self, statement: Statement<'_>) -> Result<Vec<Row>>;

    /// Begins a transaction. On SQLite it holds the write lock from its start, so nothing changes between its
    /// statements.
    async fn begin(&self) -> Result<Transaction>;

    /// Begins a transaction that holds advisory locks with the keys `locks`, taken in their order. SQLite, which has one
    /// writer at a time, needs none.
    async fn begin_locked(&self, locks: &[i64]) -> Result<Transaction>;

    /// Waits for a place among the callers of one kind, and returns it; it is held while the call uses a connection.
    /// SQLite, which has one writer, needs none.
    ///
    /// Fails with `StorageUnavailable` when a portal's call waited as long as for a connection.
    async fn place_for(&self, caller: Caller) -> Result<Option<SemaphorePermit<'_>>>;

    /// Notes that rows were erased whose former content the write-ahead log still holds. Only SQLite leaves the removal
    /// to its user.
    fn note_erased(&self) {}

    /// Returns the memory of failed writes, which health follows.
    fn writes(&self) -> &Writes;
}

/// How often a transaction runs that lost to another one.
pub(in crate::store) const TRIES: usize = 3;

/// Runs the body in one transaction, and again when it lost to another one: `transaction!(store, tx => answer)`. `tx`
/// is a [`&mut Connection`](Connection). `transaction!(store, locks, tx => answer)` begins with advisory locks.
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
