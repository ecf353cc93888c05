//! Connections and transactions of the store. Each connection has a thread, and each call waits for a response of that
//! thread. Statements without a result are therefore queued and sent together with the next one.

use std::sync::Arc;

use futures_util::TryStreamExt as _;
use sqlx::{
    AssertSqlSafe, Either, Executor as _, Sqlite, SqliteConnection, SqlitePool,
    sqlite::{SqliteArguments, SqliteRow},
};

use crate::store::connections::{Connections, Taken};

/// The rows of a statement, and how many rows it changed.
type Answer = (Vec<SqliteRow>, u64);

/// Connections of one kind to one file.
#[derive(Debug, Clone)]
pub(in crate::store) struct Pool(Arc<Connections<Sqlite>>);

impl Pool {
    pub(super) fn new(pool: SqlitePool) -> Self {
        Self(Arc::new(Connections::new(pool, std::time::Duration::MAX)))
    }

    pub(super) fn driver(&self) -> &SqlitePool {
        self.0.pool()
    }

    /// Runs one statement outside of a transaction.
    pub(in crate::store) async fn run(&self, sql: String, values: SqliteArguments) -> Result<Answer, sqlx::Error> {
        let mut connection = self.take().await?;
        let answer = run(&mut connection, sql, values).await;
        if answer.is_ok() {
            self.0.put(connection);
        }
        answer
    }

    /// Returns a transaction, which begins with its first statement.
    pub(super) async fn begin(&self) -> Result<Writing, sqlx::Error> {
        let connection = Some(self.take().await?);
        Ok(Writing { connection, home: Arc::clone(&self.0), state: State::New, queued: Queued::default() })
    }

    /// Takes a connection out of use until the returned value is dropped.
    pub(super) async fn pause(&self) -> Result<Paused<'_>, sqlx::Error> {
        Ok(Paused { connection: Some(self.take().await?), home: &self.0 })
    }

    pub(super) async fn close(&self) {
        self.0.close().await;
    }

    async fn take(&self) -> Result<Taken<Sqlite>, sqlx::Error> {
        let taken = tokio::time::timeout(super::WAIT, self.0.take()).await;
        Ok(taken.unwrap_or(Err(sqlx::Error::PoolTimedOut))?.0)
    }
}

/// A connection that is out of use.
pub(super) struct Paused<'p> {
    connection: Option<Taken<Sqlite>>,
    home: &'p Connections<Sqlite>,
}

impl Drop for Paused<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.home.put(connection);
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// No statement ran.
    New,
    /// The transaction may be open.
    Open,
    /// The transaction was committed.
    Committed,
}

/// Statements that are sent with the next one.
#[derive(Debug, Default)]
struct Queued {
    sql: String,
    values: SqliteArguments,
}

/// A transaction on the connection that writes. It holds the write lock from its first statement, and is rolled back
/// when it is dropped without [`Writing::commit`].
#[derive(Debug)]
pub(in crate::store) struct Writing {
    /// `None` once dropped.
    connection: Option<Taken<Sqlite>>,
    home: Arc<Connections<Sqlite>>,
    state: State,
    queued: Queued,
}

impl Writing {
    /// Returns how many parameters the queued statements have. The parameters of the next statement are numbered after
    /// them.
    pub(in crate::store) fn parameters(&self) -> usize {
        sqlx::Arguments::len(&self.queued.values)
    }

    /// Adds a statement that runs before the next one, or with the commit. `add` adds its parameters.
    pub(in crate::store) fn queue<E>(
        &mut self,
        sql: &str,
        add: impl FnOnce(&mut SqliteArguments) -> Result<(), E>,
    ) -> Result<(), E> {
        self.queued.sql.push_str(sql);
        self.queued.sql.push_str(";\n");
        add(&mut self.queued.values)
    }

    /// Runs the queued statements, and returns the result of the last one.
    pub(in crate::store) async fn run(&mut self) -> Result<Answer, sqlx::Error> {
        let Queued { sql, values } = std::mem::take(&mut self.queued);
        let begin = if self.state == State::New { "begin immediate;\n" } else { "" };
        self.state = State::Open;
        let connection = self.connection.as_mut().ok_or(sqlx::Error::PoolClosed)?;
        run(connection, format!("{begin}{sql}"), values).await
    }

    /// Runs the queued statements and commits.
    pub(in crate::store) async fn commit(mut self) -> Result<(), sqlx::Error> {
        if self.state == State::Open || !self.queued.sql.is_empty() {
            self.queued.sql.push_str("commit");
            self.run().await?;
            self.state = State::Committed;
        }
        Ok(())
    }
}

/// Keeps the connection for the next transaction. An open transaction is rolled back first, after a statement that a
/// cancelled call left. On a full disk SQLite ends a transaction by itself; then the rollback fails, and the connection
/// is closed.
impl Drop for Writing {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else { return };
        if self.state != State::Open {
            self.home.put(connection);
            return;
        }
        connection.close_on_drop(true);
        let home = Arc::clone(&self.home);
        tokio::spawn(async move {
            if connection.execute("rollback").await.is_ok() {
                connection.close_on_drop(false);
                home.put(connection);
            }
        });
    }
}

/// Runs one or several statements, and returns the rows and the number of changed rows of the last one.
async fn run(connection: &mut SqliteConnection, sql: String, values: SqliteArguments) -> Result<Answer, sqlx::Error> {
    let mut steps = connection.fetch_many(sqlx::query_with(AssertSqlSafe(sql), values));
    let (mut rows, mut last) = (Vec::new(), (Vec::new(), 0));
    while let Some(step) = steps.try_next().await? {
        match step {
            Either::Right(row) => rows.push(row),
            Either::Left(result) => last = (std::mem::take(&mut rows), result.rows_affected()),
        }
    }
    Ok(last)
}
