//! A new, migrated store of either kind, with direct access by SQL.

use std::{path::PathBuf, sync::Arc, time::Duration};

use duyetd::{
    config::Config,
    domain::{
        Result,
        decision::{DecisionBatch, Settled},
    },
    service::Decided,
    store::{
        Store,
        contract::{DatabaseStore as _, SubmissionStore},
        postgres::{PoolSettings, PostgresStore},
        sqlite::SqliteStore,
    },
};
use sqlx::{
    AssertSqlSafe, Connection as _, PgConnection, PgPool, Row as _, SqlitePool,
    postgres::PgConnectOptions,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};
use tempfile::TempDir;
use tokio::sync::OnceCell;
use uuid::Uuid;

use super::statements;

/// A store for one test.
pub(crate) struct Home {
    pub(crate) store: Arc<dyn Store>,
    back: DirectAccess,
    dir: Option<TempDir>,
}

/// Direct access to the database, for what the store's contract does not offer.
enum DirectAccess {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Home {
    pub(crate) async fn sqlite() -> Self {
        statements::record();
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("duyet.sqlite3");
        let store = SqliteStore::open(&file);
        store.migrate().await.unwrap();
        let options = SqliteConnectOptions::new().filename(&file).foreign_keys(true);
        let back = SqlitePoolOptions::new().max_connections(1).connect_lazy_with(options);
        Self { store: Arc::new(store), back: DirectAccess::Sqlite(back), dir: Some(dir) }
    }

    /// Creates a database on the cluster of `DUYET_TEST_POSTGRES_URL`, copied from a template that is migrated once.
    pub(crate) async fn postgres() -> Self {
        static TEMPLATE: OnceCell<String> = OnceCell::const_new();
        statements::record();
        let template = TEMPLATE.get_or_init(make_template).await;
        let name = format!("test_{}", Uuid::new_v4().simple());
        let mut admin = PgConnection::connect_with(&cluster()).await.unwrap();
        let sql = format!("create database {name} template {template}");
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut admin).await.unwrap();
        admin.close().await.unwrap();
        let options = cluster().database(&name);
        let back = PgPool::connect_lazy_with(options.clone());
        Self { store: Arc::new(patient(by_pooler(options))), back: DirectAccess::Postgres(back), dir: None }
    }

    /// Opens the database of a running server.
    pub(crate) fn beside(config: &Config) -> Self {
        let store = duyetd::server::open_store(config).unwrap();
        let back = match &config.database_url {
            Some(url) => DirectAccess::Postgres(PgPool::connect_lazy(url.expose()).unwrap()),
            None => {
                let options = SqliteConnectOptions::new().filename(config.data_dir.join("duyet.sqlite3"));
                DirectAccess::Sqlite(SqlitePoolOptions::new().max_connections(1).connect_lazy_with(options))
            }
        };
        Self { store, back, dir: None }
    }

    pub(crate) fn is_postgres(&self) -> bool {
        matches!(self.back, DirectAccess::Postgres(_))
    }

    pub(crate) fn file(&self) -> Option<PathBuf> {
        self.dir.as_ref().map(|dir| dir.path().join("duyet.sqlite3"))
    }

    /// Runs statements, in the database's own dialect.
    pub(crate) async fn execute(&self, sql: &str) -> Result<(), sqlx::Error> {
        let sql = AssertSqlSafe(sql);
        match &self.back {
            DirectAccess::Sqlite(pool) => sqlx::raw_sql(sql).execute(pool).await.map(drop),
            DirectAccess::Postgres(pool) => sqlx::raw_sql(sql).execute(pool).await.map(drop),
        }
    }

    pub(crate) async fn number(&self, sql: &str) -> i64 {
        let sql = AssertSqlSafe(sql);
        match &self.back {
            DirectAccess::Sqlite(pool) => sqlx::query_scalar(sql).fetch_one(pool).await.unwrap(),
            DirectAccess::Postgres(pool) => sqlx::query_scalar(sql).fetch_one(pool).await.unwrap(),
        }
    }

    pub(crate) async fn texts(&self, sql: &str) -> Vec<String> {
        let sql = AssertSqlSafe(sql);
        match &self.back {
            DirectAccess::Sqlite(pool) => sqlx::query_scalar(sql).fetch_all(pool).await.unwrap(),
            DirectAccess::Postgres(pool) => sqlx::query_scalar(sql).fetch_all(pool).await.unwrap(),
        }
    }

    /// Lists the steps of SQLite's plan of a statement.
    pub(crate) async fn plan(&self, sql: &str) -> Result<Vec<String>, sqlx::Error> {
        let DirectAccess::Sqlite(pool) = &self.back else { panic!("this home is PostgreSQL") };
        let plan = AssertSqlSafe(format!("explain query plan {sql}"));
        let mut connection = pool.acquire().await?;
        sqlx::raw_sql("pragma automatic_index = off").execute(&mut *connection).await?;
        let steps = sqlx::query(plan).fetch_all(&mut *connection).await?;
        Ok(steps.iter().map(|step| step.get("detail")).collect())
    }

    pub(crate) async fn rows(&self, table: &str) -> i64 {
        self.number(&format!("select count(*) from {table}")).await
    }

    pub(crate) fn pg(&self) -> &PgPool {
        match &self.back {
            DirectAccess::Postgres(pool) => pool,
            DirectAccess::Sqlite(_) => panic!("this home is SQLite"),
        }
    }
}

/// Returns a store that waits for connections as long as a busy test machine needs.
pub(crate) fn patient(options: PgConnectOptions) -> PostgresStore {
    PostgresStore::connect_lazy_with(
        options,
        PoolSettings { acquire: Duration::from_secs(30), ..PoolSettings::default() },
    )
}

impl Home {
    pub(crate) fn submissions(&self) -> Arc<dyn SubmissionStore> {
        self.store.clone()
    }

    pub(crate) async fn decide_one(&self, batch: &DecisionBatch) -> Result<Decided> {
        decide_one(&*self.store, batch).await
    }
}

pub(crate) async fn decide_one(store: &dyn Store, batch: &DecisionBatch) -> Result<Decided> {
    let mut settled = store.decide(batch).await?;
    assert_eq!(settled.len(), 1);
    let Settled { comment, result } = settled.remove(0);
    Ok(Decided { answer: result?, comment: comment.unwrap() })
}

/// Returns the connection options of the cluster that `tests/run` started.
pub(crate) fn cluster() -> PgConnectOptions {
    let url = std::env::var("DUYET_TEST_POSTGRES_URL")
        .expect("DUYET_TEST_POSTGRES_URL is not set: run tests/run, which starts a PostgreSQL for the tests");
    url.parse().unwrap()
}

/// Returns the connection options that the store uses: through the pooler that `tests/run --pgbouncer` started, or
/// directly.
fn by_pooler(options: PgConnectOptions) -> PgConnectOptions {
    match std::env::var("DUYET_TEST_POOLER_PORT") {
        Ok(port) => options.port(port.parse().unwrap()),
        Err(_) => options,
    }
}

/// Creates a database without a schema.
pub(crate) async fn empty_database() -> PgConnectOptions {
    let name = format!("empty_{}", Uuid::new_v4().simple());
    let mut admin = PgConnection::connect_with(&cluster()).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(format!("create database {name}"))).execute(&mut admin).await.unwrap();
    cluster().database(&name)
}

async fn make_template() -> String {
    let options = empty_database().await;
    let store = patient(options.clone());
    store.migrate().await.unwrap();
    store.close().await;
    options.get_database().unwrap().to_owned()
}
