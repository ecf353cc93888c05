//! Connections and transactions of the store. Every statement has a client-side timeout, because a frozen or
//! unreachable server applies none. Behind a transaction pooler every statement runs in a transaction, and none is a
//! named prepared statement.

use std::{io, sync::Arc, time::Duration};

use futures_util::{FutureExt as _, StreamExt as _, TryStreamExt as _, future::BoxFuture, stream, stream::BoxStream};
use sqlx::{
    Either, Execute, Executor, PgConnection, PgPool, Postgres, SqlStr,
    error::BoxDynError,
    pool::PoolConnection,
    postgres::{PgArguments, PgConnectOptions, PgQueryResult, PgRow, PgStatement, PgTypeInfo},
};

use super::{
    PoolSettings, connect,
    link::{Begin, Link, Links},
};

/// Client-side timeout of a statement, including the transfer of its result. It is longer than `statement_timeout`, by
/// which a working server ends the statement itself.
const LIMIT: Duration = Duration::from_millis(2_500);

type Step = Either<PgQueryResult, PgRow>;

/// The connections to one database. As an executor it runs one statement on its own connection.
#[derive(Debug, Clone)]
pub(in crate::store) struct Pool {
    connections: PgPool,
    links: Arc<Links>,
}

impl Pool {
    pub(super) fn new(options: PgConnectOptions, settings: PoolSettings) -> Self {
        let links = Arc::new(Links::new(options, settings.acquire));
        Self { connections: connect::pool(&links, settings), links }
    }

    /// Returns the options of a connection without settings.
    pub(super) fn options(&self) -> &PgConnectOptions {
        self.links.options()
    }

    /// Returns the options of a connection with `settings`.
    pub(super) fn options_with(&self, settings: &[(&str, &str)]) -> PgConnectOptions {
        self.links.with(settings)
    }

    /// Returns the kind of connection to the server.
    pub(super) async fn link(&self) -> Result<Link, sqlx::Error> {
        self.links.get(&self.connections).await
    }

    /// Begins a transaction.
    pub(in crate::store) async fn begin(&self, begin: Begin) -> Result<Session, sqlx::Error> {
        let mut session = self.acquire().await?;
        session.begin(begin).await?;
        Ok(session)
    }

    pub(in crate::store) async fn close(&self) {
        self.connections.close().await;
    }

    async fn acquire(&self) -> Result<Session, sqlx::Error> {
        let link = self.link().await?;
        Ok(Session { connection: Some(self.connections.acquire().await?), link, open: false, lost: false })
    }
}

/// One connection, most often in a transaction. The transaction is rolled back when the session is dropped without
/// [`Session::commit`].
#[derive(Debug)]
pub(in crate::store) struct Session {
    /// `None` once dropped.
    connection: Option<PoolConnection<Postgres>>,
    link: Link,
    /// A transaction may be open.
    open: bool,
    /// A statement timed out or broke the connection, which is not used again.
    lost: bool,
}

impl Session {
    async fn begin(&mut self, begin: Begin) -> Result<(), sqlx::Error> {
        self.open = true;
        self.command(begin.sql(self.link)).await
    }

    pub(in crate::store) async fn commit(mut self) -> Result<(), sqlx::Error> {
        self.command("commit").await?;
        self.open = false;
        Ok(())
    }

    async fn command(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
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
        self.connection.as_deref_mut().ok_or(sqlx::Error::PoolClosed)
    }

    fn noted<T>(&mut self, result: Result<T, sqlx::Error>) -> Result<T, sqlx::Error> {
        self.lost |= matches!(result, Err(sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_)));
        result
    }
}

/// Returns the connection to the pool. After a cancelled call a statement may still run and a transaction may be open:
/// both end first, within the timeout, or the connection is closed.
impl Drop for Session {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else { return };
        if self.lost {
            connection.close_on_drop();
            return;
        }
        let open = self.open;
        tokio::spawn(async move {
            let settled = within_limit(async {
                if open {
                    connection.execute("rollback").await?;
                }
                connection.return_to_pool().await;
                Ok(())
            });
            if settled.await.is_err() {
                connection.close_on_drop();
            }
        });
    }
}

/// Applies the client-side timeout.
async fn within_limit<T>(statement: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    let timed_out = |_| Err(io::Error::new(io::ErrorKind::TimedOut, "PostgreSQL did not answer within 2.5 s").into());
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
