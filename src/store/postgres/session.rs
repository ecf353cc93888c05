//! Connections and transactions of the store. Every statement has a client-side timeout, because a frozen or
//! unreachable server applies none. Behind a transaction pooler every statement runs in a transaction, and none is a
//! named prepared statement.

use std::{io, sync::Arc, time::Duration};

use futures_util::{FutureExt as _, StreamExt as _, TryStreamExt as _, future::BoxFuture, stream, stream::BoxStream};
use sqlx::{
    AssertSqlSafe, Either, Execute, Executor, PgConnection, Postgres, SqlSafeStr, SqlStr,
    error::BoxDynError,
    postgres::{PgArguments, PgConnectOptions, PgQueryResult, PgRow, PgStatement, PgTypeInfo},
};

use super::{
    PoolSettings, connect,
    link::{Begin, Link, Links},
};
use crate::store::connections::{Connections, Taken};

/// Client-side timeout of a statement, including the transfer of its result. It is longer than `statement_timeout`, by
/// which a working server ends the statement itself.
const LIMIT: Duration = Duration::from_millis(2_500);

type Step = Either<PgQueryResult, PgRow>;

/// The connections to one database. As an executor it runs one statement on its own connection.
#[derive(Debug, Clone)]
pub(in crate::store) struct Pool {
    connections: Arc<Connections<Postgres>>,
    links: Arc<Links>,
    patience: Duration,
}

impl Pool {
    pub(super) fn new(options: PgConnectOptions, settings: PoolSettings) -> Self {
        let links = Arc::new(Links::new(options, settings.acquire));
        let connections = Connections::new(connect::pool(&links, settings), connect::AWAY);
        Self { connections: Arc::new(connections), links, patience: settings.acquire }
    }

    pub(super) fn options(&self) -> &PgConnectOptions {
        self.links.options()
    }

    pub(super) fn options_with(&self, settings: &[(&str, &str)]) -> PgConnectOptions {
        self.links.with(settings)
    }

    pub(super) async fn link(&self) -> Result<Link, sqlx::Error> {
        self.links.get(self.connections.pool()).await
    }

    pub(in crate::store) async fn begin(&self, begin: Begin) -> Result<Session, sqlx::Error> {
        let mut session = self.acquire().await?;
        session.begin(begin).await?;
        Ok(session)
    }

    /// Begins a transaction that holds advisory locks, in one round trip. They are taken in the order of `locks`.
    pub(in crate::store) async fn begin_locked(&self, locks: &[i64]) -> Result<Session, sqlx::Error> {
        let mut session = self.acquire().await?;
        session.begin_locked(locks).await?;
        Ok(session)
    }

    pub(in crate::store) async fn close(&self) {
        self.connections.close().await;
    }

    async fn acquire(&self) -> Result<Session, sqlx::Error> {
        let link = self.link().await?;
        let taken = tokio::time::timeout(self.patience, self.take(link)).await;
        let connection = Some(taken.unwrap_or(Err(sqlx::Error::PoolTimedOut))?);
        Ok(Session { connection, home: Arc::clone(&self.connections), link, open: false, ended: true, lost: false })
    }

    async fn take(&self, link: Link) -> Result<Taken<Postgres>, sqlx::Error> {
        loop {
            let (mut taken, idle_for) = self.connections.take().await?;
            // The driver's pool has already prepared its own connections.
            let Some(idle_for) = idle_for else { return Ok(taken) };
            taken.close_on_drop(true);
            if connect::prepare(&mut taken, Some(link), idle_for).await.is_ok() {
                taken.close_on_drop(false);
                return Ok(taken);
            }
        }
    }
}

/// One connection, usually in a transaction. The transaction is rolled back when the session is dropped without
/// [`Session::commit`].
#[derive(Debug)]
pub(in crate::store) struct Session {
    /// `None` once dropped.
    connection: Option<Taken<Postgres>>,
    home: Arc<Connections<Postgres>>,
    link: Link,
    /// A transaction may be open.
    open: bool,
    /// The last statement has finished without an error.
    ended: bool,
    /// A statement timed out or broke the connection, which is not used again.
    lost: bool,
}

impl Session {
    async fn begin(&mut self, begin: Begin) -> Result<(), sqlx::Error> {
        self.open = true;
        self.command(begin.sql(self.link)).await
    }

    async fn begin_locked(&mut self, locks: &[i64]) -> Result<(), sqlx::Error> {
        let begin = Begin::ReadCommitted.sql(self.link);
        let keys = locks.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
        self.open = true;
        let lock = format!("{begin}; select pg_advisory_xact_lock(key) from unnest('{{{keys}}}'::bigint[]) key");
        self.command(AssertSqlSafe(lock)).await
    }

    pub(in crate::store) async fn commit(mut self) -> Result<(), sqlx::Error> {
        self.command("commit").await?;
        self.open = false;
        Ok(())
    }

    async fn command(&mut self, sql: impl SqlSafeStr + Send) -> Result<(), sqlx::Error> {
        let done = within_limit(self.connection()?.execute(sql)).await;
        self.noted(done).map(drop)
    }

    /// Runs one statement outside of a transaction, or behind a pooler in its own.
    async fn alone<'q, E: Execute<'q, Postgres> + 'q>(mut self, query: E) -> Result<Vec<Step>, sqlx::Error> {
        if self.link == Link::Direct {
            return self.all(query).await;
        }
        self.begin(Begin::ReadCommitted).await?;
        let steps = self.all(query).await?;
        self.commit().await?;
        Ok(steps)
    }

    async fn all<'q, E: Execute<'q, Postgres> + 'q>(&mut self, query: E) -> Result<Vec<Step>, sqlx::Error> {
        let query = Prepared { query, named: self.link == Link::Direct };
        let steps = within_limit(self.connection()?.fetch_many(query).try_collect()).await;
        self.noted(steps)
    }

    fn connection(&mut self) -> Result<&mut PgConnection, sqlx::Error> {
        self.ended = false;
        self.connection.as_deref_mut().ok_or(sqlx::Error::PoolClosed)
    }

    fn noted<T>(&mut self, result: Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
        self.ended = result.is_ok();
        self.lost |= matches!(result, Err(sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_)));
        result
    }
}

/// Keeps the connection for the next caller. After an error or a cancelled call, a statement may still run and a
/// transaction may be open. Then a task ends both within the timeout, or the connection is closed.
impl Drop for Session {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else { return };
        let open = self.open;
        if self.lost {
            connection.close_on_drop(true);
            return;
        }
        if self.ended && !open {
            self.home.put(connection);
            return;
        }
        connection.close_on_drop(true);
        tokio::spawn(within_limit(async move {
            if open {
                connection.execute("rollback").await?;
            }
            connection.return_to_pool().await;
            Ok(())
        }));
    }
}

/// Applies the client-side timeout.
async fn within_limit<T>(statement: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    let timed_out = |_| Err(io::Error::new(io::ErrorKind::TimedOut, "PostgreSQL did not respond within 2.5 s").into());
    tokio::time::timeout(LIMIT, statement).await.unwrap_or_else(timed_out)
}

/// A query that is a named prepared statement only on a direct link, where later uses of the connection find it.
struct Prepared<E> {
    query: E,
    named: bool,
}

impl<'q, E: Execute<'q, Postgres>> Execute<'q, Postgres> for Prepared<E> {
    fn sql(self) -> SqlStr {
        self.query.sql()
    }

    fn statement(&self) -> Option<&PgStatement> {
        self.query.statement()
    }

    fn take_arguments(&mut self) -> Result<Option<PgArguments>, BoxDynError> {
        self.query.take_arguments()
    }

    fn persistent(&self) -> bool {
        self.named && self.query.persistent()
    }
}

impl<'c> Executor<'c> for &'c mut Session {
    type Database = Postgres;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Result<Step, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        stream::once(self.all(query)).map_ok(in_turn).try_flatten().boxed()
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<PgRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        async { Ok(first_row(self.all(query).await?)) }.boxed()
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [PgTypeInfo],
    ) -> BoxFuture<'e, Result<PgStatement, sqlx::Error>>
    where
        'c: 'e,
    {
        async move { self.connection()?.prepare_with(sql, parameters).await }.boxed()
    }
}

impl<'c> Executor<'c> for &'c Pool {
    type Database = Postgres;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Result<Step, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        stream::once(async { self.acquire().await?.alone(query).await }).map_ok(in_turn).try_flatten().boxed()
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<PgRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        async { Ok(first_row(self.acquire().await?.alone(query).await?)) }.boxed()
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [PgTypeInfo],
    ) -> BoxFuture<'e, Result<PgStatement, sqlx::Error>>
    where
        'c: 'e,
    {
        async move { self.acquire().await?.connection()?.prepare_with(sql, parameters).await }.boxed()
    }
}

fn in_turn(steps: Vec<Step>) -> impl stream::Stream<Item = Result<Step, sqlx::Error>> {
    stream::iter(steps.into_iter().map(Ok))
}

fn first_row(steps: Vec<Step>) -> Option<PgRow> {
    steps.into_iter().find_map(Either::right)
}
