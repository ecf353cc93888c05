//! Migration of the schema, on its own connections, because the timeouts of the pool's sessions are too short.

use std::time::Duration;

use futures_util::{FutureExt as _, future::BoxFuture};
use sqlx::{
    Connection as _, Executor as _, PgConnection, Row as _,
    migrate::{AppliedMigration, Migrate, MigrateError, Migration},
};
use tokio::time::Instant;

use super::{link::Link, session::Pool};
use crate::{domain::Result, store::migrations};

/// Begins the transaction that holds the migration lock. It is a transaction's advisory lock, because a pooler would
/// leave a session's lock behind in a session that other clients use.
const BEGIN_LOCK: &str = "begin; set local idle_in_transaction_session_timeout = 0";

/// The advisory lock's key is "duyet" in ASCII, which no other program on the database uses. A starting replica polls
/// for the lock: a statement that waits for it would block `create index concurrently`, which waits for all running
/// statements.
const LOCK: &str = "select pg_try_advisory_xact_lock(x'6475796574'::bigint)";

/// Time between two attempts of a starting replica to get the lock.
const POLL: Duration = Duration::from_millis(100);

/// A migration may run long, but does not wait long for a lock that calls hold, because other calls would queue behind
/// it.
const LIMITS: &[(&str, &str)] = &[("lock_timeout", "2000"), ("statement_timeout", "600000")];

/// Begins a migration with [`LIMITS`], which sessions behind a pooler do not have.
const BEGIN_MIGRATION: &str = "begin; set local lock_timeout = 2000; set local statement_timeout = 600000";

/// Drops invalid indexes, which a killed build left behind, but not one that is being built. Dropping locks the table,
/// so the lock timeout is short, and the starting replica tries again.
const DROP_UNFINISHED: &str = "
    do $$
    declare unfinished regclass;
    begin
        set local lock_timeout = '200ms';
        for unfinished in
            select indexrelid from pg_index join pg_class c on c.oid = indexrelid
            where not indisvalid and c.relnamespace = current_schema()::regnamespace
            and indexrelid not in (select index_relid from pg_stat_progress_create_index)
        loop
            execute format('drop index %s', unfinished);
        end loop;
    end $$";

/// Brings the schema up to date under the migration lock.
pub(super) async fn migrate(pool: &Pool) -> Result<()> {
    let limits = if pool.link().await? == Link::Direct { LIMITS } else { &[] };
    let mut keeper = PgConnection::connect_with(pool.options()).await?;
    let result = migrate_under_lock(&mut keeper, pool, limits).await;
    // Closing the connection ends the transaction and with it the lock.
    keeper.close().await.ok();
    result
}

async fn migrate_under_lock(keeper: &mut PgConnection, pool: &Pool, limits: &[(&str, &str)]) -> Result<()> {
    loop {
        keeper.execute(BEGIN_LOCK).await?;
        if sqlx::raw_sql(LOCK).fetch_one(&mut *keeper).await?.try_get(0)? {
            break;
        }
        keeper.execute("rollback").await?;
        tokio::time::sleep(POLL).await;
    }
    let mut connection = PgConnection::connect_with(&pool.options_with(limits)).await?;
    let result = run(&mut connection).await;
    connection.close().await.ok();
    result
}

async fn run(connection: &mut PgConnection) -> Result<()> {
    connection.execute(DROP_UNFINISHED).await?;
    let mut migrator = migrations::postgres();
    Ok(migrator.set_locking(false).run_direct(None, &mut Schema(connection), false).await?)
}

/// Applies migrations without named prepared statements and session settings, which sqlx's own implementation uses.
struct Schema<'a>(&'a mut PgConnection);

const DIRTY: &str = "select version from _sqlx_migrations where success = false order by version limit 1";

const APPLIED: &str = "select version, checksum from _sqlx_migrations order by version";

const RECORD: &str = "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
    values ($1, $2, true, $3, $4)";

impl Schema<'_> {
    async fn apply_one(&mut self, migration: &Migration) -> std::result::Result<Duration, MigrateError> {
        let failed = |error| MigrateError::ExecuteMigration(error, migration.version);
        let began = Instant::now();
        if migration.no_tx {
            self.0.execute(migration.sql.clone()).await.map_err(failed)?;
            self.0.execute(BEGIN_MIGRATION).await?;
        } else {
            self.0.execute(BEGIN_MIGRATION).await?;
            self.0.execute(migration.sql.clone()).await.map_err(failed)?;
        }
        let took = began.elapsed();
        let record = sqlx::query(RECORD).persistent(false).bind(migration.version).bind(&*migration.description);
        let nanoseconds = i64::try_from(took.as_nanos()).unwrap_or(i64::MAX);
        record.bind(&*migration.checksum).bind(nanoseconds).execute(&mut *self.0).await?;
        self.0.execute("commit").await?;
        Ok(took)
    }
}

impl Migrate for Schema<'_> {
    fn create_schema_if_not_exists<'e>(
        &'e mut self,
        name: &'e str,
    ) -> BoxFuture<'e, std::result::Result<(), MigrateError>> {
        self.0.create_schema_if_not_exists(name)
    }

    fn ensure_migrations_table<'e>(
        &'e mut self,
        table: &'e str,
    ) -> BoxFuture<'e, std::result::Result<(), MigrateError>> {
        self.0.ensure_migrations_table(table)
    }

    fn dirty_version<'e>(
        &'e mut self,
        _table: &'e str,
    ) -> BoxFuture<'e, std::result::Result<Option<i64>, MigrateError>> {
        async {
            let row = sqlx::raw_sql(DIRTY).fetch_optional(&mut *self.0).await?;
            Ok(row.map(|row| row.try_get(0)).transpose()?)
        }
        .boxed()
    }

    fn list_applied_migrations<'e>(
        &'e mut self,
        _table: &'e str,
    ) -> BoxFuture<'e, std::result::Result<Vec<AppliedMigration>, MigrateError>> {
        async {
            let rows = sqlx::raw_sql(APPLIED).fetch_all(&mut *self.0).await?;
            let applied = rows.iter().map(|row| {
                let checksum: Vec<u8> = row.try_get(1)?;
                Ok(AppliedMigration { version: row.try_get(0)?, checksum: checksum.into() })
            });
            applied.collect()
        }
        .boxed()
    }

    fn lock(&mut self) -> BoxFuture<'_, std::result::Result<(), MigrateError>> {
        async { Ok(()) }.boxed()
    }

    fn unlock(&mut self) -> BoxFuture<'_, std::result::Result<(), MigrateError>> {
        async { Ok(()) }.boxed()
    }

    fn apply<'e>(
        &'e mut self,
        _table: &'e str,
        migration: &'e Migration,
    ) -> BoxFuture<'e, std::result::Result<Duration, MigrateError>> {
        self.apply_one(migration).boxed()
    }

    fn revert<'e>(
        &'e mut self,
        _table: &'e str,
        _migration: &'e Migration,
    ) -> BoxFuture<'e, std::result::Result<Duration, MigrateError>> {
        async { Err(MigrateError::SkipNotSupported()) }.boxed()
    }
}
