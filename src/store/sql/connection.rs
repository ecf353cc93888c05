//! Connections to either database on which statements run.

use futures_util::TryStreamExt as _;
use sqlx::{
    AssertSqlSafe, Either, Execute, Executor, PgConnection, Postgres,
    postgres::PgArguments,
    sqlite::{SqliteArguments, SqliteRow},
};

use super::{
    dialect::{Dialect, Rendered},
    row::Row,
    statement::Statement,
};
use crate::{
    domain::{Error, Result},
    store::{
        postgres::{Begin, PLANNED_FOR_VALUES, Pool, Session},
        sqlite,
    },
};

/// The connection of a statement: a connection from a pool, or one that the caller holds, usually in a transaction.
#[derive(Debug)]
pub(in crate::store) enum Connection<'c> {
    PostgresPool(&'c Pool),
    Postgres(&'c mut Session),
    /// A connection outside of the pool, with its own settings.
    PostgresAlone(&'c mut PgConnection),
    SqlitePool(&'c sqlite::Pool),
    Sqlite(&'c mut sqlite::Writing),
}

/// An open transaction. It is rolled back when it is dropped without [`Transaction::commit`].
#[derive(Debug)]
pub(in crate::store) enum Transaction {
    Postgres(Session),
    Sqlite(sqlite::Writing),
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
    pub(in crate::store) const fn dialect(&self) -> Dialect {
        match self {
            Self::PostgresPool(_) | Self::Postgres(_) | Self::PostgresAlone(_) => Dialect::Postgres,
            Self::SqlitePool(_) | Self::Sqlite(_) => Dialect::Sqlite,
        }
    }

    /// Runs a statement. Returns its rows, and how many rows it changed.
    pub(super) async fn run(self, statement: &Statement<'_>) -> Result<(Vec<Row>, u64)> {
        match self {
            Self::PostgresPool(pool) if statement.is_planned_for_values() => {
                let mut session = pool.begin(Begin::PlannedForValues).await?;
                let (sql, values) = postgres(statement)?;
                all(&mut session, sqlx::query_with(sql, values).persistent(false)).await
            }
            Self::PostgresPool(pool) => {
                let (sql, values) = postgres(statement)?;
                all(pool, sqlx::query_with(sql, values)).await
            }
            Self::Postgres(session) => {
                let planned_for_values = statement.is_planned_for_values();
                if planned_for_values {
                    (&mut *session).execute(PLANNED_FOR_VALUES).await?;
                }
                let (sql, values) = postgres(statement)?;
                all(session, sqlx::query_with(sql, values).persistent(!planned_for_values)).await
            }
            Self::PostgresAlone(connection) => {
                let (sql, values) = postgres(statement)?;
                all(connection, sqlx::query_with(sql, values).persistent(false)).await
            }
            Self::SqlitePool(pool) => {
                let Rendered { sql, order } = statement.render(Dialect::Sqlite, 1)?;
                let mut values = SqliteArguments::default();
                add_values(statement, &order, &mut values)?;
                Ok(from_sqlite(pool.run(sql, values).await?))
            }
            Self::Sqlite(writing) => {
                queue(writing, statement)?;
                Ok(from_sqlite(writing.run().await?))
            }
        }
    }

    /// Runs a statement that has no result. In SQLite it is queued and sent with the next statement or with the commit.
    pub(super) async fn run_later(self, statement: &Statement<'_>) -> Result<()> {
        match self {
            Self::Sqlite(writing) => queue(writing, statement),
            other => other.run(statement).await.map(drop),
        }
    }

    /// Runs a statement that is written for SQLite.
    pub(in crate::store) async fn run_sqlite(self, sql: &str, values: SqliteArguments) -> Result<Vec<SqliteRow>> {
        match self {
            Self::SqlitePool(pool) => Ok(pool.run(sql.to_owned(), values).await?.0),
            _ => Err(Error::internal("this statement runs on SQLite's readers only")),
        }
    }
}

fn queue(writing: &mut sqlite::Writing, statement: &Statement<'_>) -> Result<()> {
    let Rendered { sql, order } = statement.render(Dialect::Sqlite, writing.parameters() + 1)?;
    writing.queue(&sql, |values| add_values(statement, &order, values))
}

fn add_values(statement: &Statement<'_>, order: &[usize], values: &mut SqliteArguments) -> Result<()> {
    let mut all = order.iter().filter_map(|index| statement.value(*index));
    Ok(all.try_for_each(|value| value.add_to_sqlite(values)).map_err(sqlx::Error::Encode)?)
}

fn from_sqlite((rows, changed): (Vec<SqliteRow>, u64)) -> (Vec<Row>, u64) {
    (rows.into_iter().map(Row::Sqlite).collect(), changed)
}

/// Collects the rows of a query, and counts the rows that it changed.
async fn all<'e>(
    executor: impl Executor<'e, Database = Postgres>,
    query: impl Execute<'e, Postgres> + 'e,
) -> Result<(Vec<Row>, u64)> {
    let mut steps = executor.fetch_many(query);
    let (mut rows, mut changed) = (Vec::new(), 0);
    while let Some(step) = steps.try_next().await? {
        match step {
            Either::Left(result) => changed += result.rows_affected(),
            Either::Right(found) => rows.push(Row::Postgres(found)),
        }
    }
    Ok((rows, changed))
}

fn postgres(statement: &Statement<'_>) -> Result<(AssertSqlSafe<String>, PgArguments)> {
    let Rendered { sql, order } = statement.render(Dialect::Postgres, 1)?;
    let mut arguments = PgArguments::default();
    for value in order.iter().filter_map(|index| statement.value(*index)) {
        value.add_to_postgres(&mut arguments).map_err(sqlx::Error::Encode)?;
    }
    Ok((AssertSqlSafe(sql), arguments))
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
