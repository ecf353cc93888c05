//! A connection to either database, as statements use it.

use futures_util::TryStreamExt as _;
use sqlx::{
    AssertSqlSafe, Database, Either, Execute, Executor, PgConnection, SqliteConnection, SqlitePool, SqliteTransaction,
    postgres::{PgArguments, PgQueryResult},
    sqlite::{SqliteArguments, SqliteQueryResult},
};

use super::{
    dialect::{Dialect, Rendered},
    row::Row,
    statement::Statement,
    value::Value,
};
use crate::{
    domain::Result,
    store::postgres::{Begin, PLANNED_FOR_VALUES, Pool, Session},
};

/// Where a statement runs: on a connection of its own from a pool, or on one that the caller holds, most often in a transaction.
#[derive(Debug)]
pub(in crate::store) enum Connection<'c> {
    PostgresPool(&'c Pool),
    Postgres(&'c mut Session),
    /// A connection outside of the pool, with its own settings.
    PostgresAlone(&'c mut PgConnection),
    SqlitePool(&'c SqlitePool),
    Sqlite(&'c mut SqliteConnection),
}

/// An open transaction. It is rolled back when it is dropped without [`Transaction::commit`].
#[derive(Debug)]
pub(in crate::store) enum Transaction {
    Postgres(Session),
    Sqlite(SqliteTransaction<'static>),
}

impl Transaction {
    pub(in crate::store) fn connection(&mut self) -> Connection<'_> {
        match self {
            Self::Postgres(session) => Connection::Postgres(session),
            Self::Sqlite(transaction) => Connection::Sqlite(transaction),
        }
    }

    pub(in crate::store) async fn commit(self) -> Result<()> {
        match self {
            Self::Postgres(session) => session.commit().await?,
            Self::Sqlite(transaction) => transaction.commit().await?,
        }
        Ok(())
    }
}

impl Connection<'_> {
    /// Returns the dialect of the database.
    pub(in crate::store) const fn dialect(&self) -> Dialect {
        match self {
            Self::PostgresPool(_) | Self::Postgres(_) | Self::PostgresAlone(_) => Dialect::Postgres,
            Self::SqlitePool(_) | Self::Sqlite(_) => Dialect::Sqlite,
        }
    }

    /// Runs a statement and returns its rows, and how many it changed.
    pub(super) async fn run(self, statement: &Statement<'_>) -> Result<(Vec<Row>, u64)> {
        let Rendered { sql, order } = statement.render(self.dialect())?;
        let sql = AssertSqlSafe(sql);
        let values = order.iter().filter_map(|index| statement.value(*index));
        match self {
            Self::PostgresPool(pool) if statement.is_planned_for_values() => {
                let mut session = pool.begin(Begin::PlannedAnew).await?;
                all(&mut session, sqlx::query_with(sql, postgres(values)?).persistent(false), Row::Postgres).await
            }
            Self::PostgresPool(pool) => all(pool, sqlx::query_with(sql, postgres(values)?), Row::Postgres).await,
            Self::Postgres(session) => {
                let planned_for_values = statement.is_planned_for_values();
                if planned_for_values {
                    (&mut *session).execute(PLANNED_FOR_VALUES).await?;
                }
                let query = sqlx::query_with(sql, postgres(values)?).persistent(!planned_for_values);
                all(session, query, Row::Postgres).await
            }
            Self::PostgresAlone(connection) => {
                all(connection, sqlx::query_with(sql, postgres(values)?).persistent(false), Row::Postgres).await
            }
            Self::SqlitePool(pool) => all(pool, sqlx::query_with(sql, sqlite(values)?), Row::Sqlite).await,
            Self::Sqlite(connection) => all(connection, sqlx::query_with(sql, sqlite(values)?), Row::Sqlite).await,
        }
    }
}

/// Collects the rows of a query, each made by `row`, and counts the rows that it changed.
async fn all<'e, D: Database>(
    executor: impl Executor<'e, Database = D>,
    query: impl Execute<'e, D> + 'e,
    row: fn(D::Row) -> Row,
) -> Result<(Vec<Row>, u64)>
where
    D::QueryResult: Changed,
{
    let mut steps = executor.fetch_many(query);
    let (mut rows, mut changed) = (Vec::new(), 0);
    while let Some(step) = steps.try_next().await? {
        match step {
            Either::Left(result) => changed += result.rows(),
            Either::Right(found) => rows.push(row(found)),
        }
    }
    Ok((rows, changed))
}

/// What both drivers say about a statement that ended.
trait Changed {
    fn rows(&self) -> u64;
}

impl Changed for PgQueryResult {
    fn rows(&self) -> u64 {
        self.rows_affected()
    }
}

impl Changed for SqliteQueryResult {
    fn rows(&self) -> u64 {
        self.rows_affected()
    }
}

fn postgres<'v>(values: impl Iterator<Item = &'v Value<'v>>) -> Result<PgArguments> {
    let mut arguments = PgArguments::default();
    for value in values {
        value.add_to_postgres(&mut arguments).map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

fn sqlite<'v>(values: impl Iterator<Item = &'v Value<'v>>) -> Result<SqliteArguments> {
    let mut arguments = SqliteArguments::default();
    for value in values {
        value.add_to_sqlite(&mut arguments).map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

impl<'c> From<&'c Pool> for Connection<'c> {
    fn from(pool: &'c Pool) -> Self {
        Self::PostgresPool(pool)
    }
}

impl<'c> From<&'c mut Session> for Connection<'c> {
    fn from(session: &'c mut Session) -> Self {
        Self::Postgres(session)
    }
}

impl<'c> From<&'c mut PgConnection> for Connection<'c> {
    fn from(connection: &'c mut PgConnection) -> Self {
        Self::PostgresAlone(connection)
    }
}

impl<'c> From<&'c SqlitePool> for Connection<'c> {
    fn from(pool: &'c SqlitePool) -> Self {
        Self::SqlitePool(pool)
    }
}

impl<'c> From<&'c mut SqliteConnection> for Connection<'c> {
    fn from(connection: &'c mut SqliteConnection) -> Self {
        Self::Sqlite(connection)
    }
}

impl<'c> From<&'c mut Connection<'_>> for Connection<'c> {
    fn from(connection: &'c mut Connection<'_>) -> Self {
        match connection {
            Connection::PostgresPool(pool) => Self::PostgresPool(pool),
            Connection::Postgres(session) => Self::Postgres(session),
            Connection::PostgresAlone(connection) => Self::PostgresAlone(connection),
            Connection::SqlitePool(pool) => Self::SqlitePool(pool),
            Connection::Sqlite(connection) => Self::Sqlite(connection),
        }
    }
}
