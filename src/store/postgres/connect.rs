//! Connections: how many, how long they wait, and the one that migrates.

use std::time::Duration;

use sqlx::{
    Connection as _, Executor as _, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::domain::Result;

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

/// More than PostgreSQL's `deadlock_timeout` (1 s), so that a deadlock is detected and reported as one, and less than
/// `statement_timeout`, so that a wait for a lock can be told from a slow statement.
const LOCK_TIMEOUT: &str = "1600ms";

/// A pool that connects when it is first used, so that a server that is down is no reason not to start.
pub(super) fn pool(options: PgConnectOptions, settings: PoolSettings) -> PgPool {
    let options = options.application_name("duyet").options([
        ("statement_timeout", "2s"),
        ("lock_timeout", LOCK_TIMEOUT),
        ("idle_in_transaction_session_timeout", "5s"),
        // Every statement has its index. A plan that was made while a table was empty would read it whole long after.
        ("enable_seqscan", "off"),
        // Left to itself, PostgreSQL plans statements that take arrays anew each time, because it does not know their length, and a
        // submit's statements take longer to plan than to run.
        ("plan_cache_mode", "force_generic_plan"),
    ]);
    PgPoolOptions::new()
        .max_connections(settings.connections)
        .min_connections(settings.connections.min(2))
        .acquire_timeout(settings.acquire)
        .max_lifetime(LIFETIME)
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > TRUSTED {
                    connection.ping().await?;
                }
                if rand::random_ratio(1, PLANNED_FOR) {
                    connection.execute("discard plans").await?;
                }
                Ok(true)
            })
        })
        .connect_lazy_with(options)
}

/// "duyet" in ASCII: no other program on this database takes this lock. It is asked for again and again, not waited for: an index that is
/// built beside the calls waits for every statement that is under way, and would wait for the waiting starter, too.
const MIGRATION_LOCK: &str = "select pg_try_advisory_lock(x'6475796574'::bigint)";

/// How often other starters ask whether they may migrate now.
const MIGRATION_POLL: Duration = Duration::from_millis(100);

/// A migration may take long, but never waits long for a lock that calls hold: others would wait behind it.
const LIMITS: &str = "set lock_timeout = '2s'; set statement_timeout = '10min'";

/// Drops what is left of an index whose builder was killed, but not what an operator is building now. That locks the table: only for a
/// moment, or the starter tries again.
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

/// Brings the schema up to date on a connection of its own: the pool's statements may not take long enough.
pub(super) async fn migrate(options: &PgConnectOptions) -> Result<()> {
    let mut connection = PgConnection::connect_with(options).await?;
    let result = run(&mut connection).await;
    // Also frees the lock.
    connection.close().await.ok();
    result
}

async fn run(connection: &mut PgConnection) -> Result<()> {
    while !sqlx::query_scalar::<_, bool>(MIGRATION_LOCK).fetch_one(&mut *connection).await? {
        tokio::time::sleep(MIGRATION_POLL).await;
    }
    connection.execute(sqlx::raw_sql(LIMITS)).await?;
    connection.execute(DROP_UNFINISHED).await?;
    let mut migrator = sqlx::migrate!("migrations/postgres");
    Ok(migrator.set_locking(false).run_direct(None, connection, false).await?)
}
