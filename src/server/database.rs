//! Opens the database, migrates it and waits until it is available.

use std::{sync::Arc, time::Duration};

use anyhow::{Context as _, bail};

use super::{
    data_dir::{self, SQLITE_FILE},
    outage_reports::OutageReports,
};
use crate::{
    config::Config,
    domain::Error,
    service::AccessTokens,
    store::{
        Store,
        postgres::{PoolSettings, PostgresStore},
        sqlite::SqliteStore,
    },
};

/// How long a command waits for an unavailable database. A server waits indefinitely.
const STORE_PATIENCE: Duration = Duration::from_secs(30);

/// Pause between attempts to reach the database.
const STORE_PAUSE: Duration = Duration::from_millis(500);

/// Opens the configured store. A PostgreSQL store connects on first use.
///
/// # Errors
/// The file cannot be opened, or the URL is invalid.
pub fn open_store(config: &Config) -> anyhow::Result<Arc<dyn Store>> {
    match &config.database_url {
        Some(url) => {
            let settings = PoolSettings { connections: config.store.connections, ..PoolSettings::default() };
            Ok(Arc::new(PostgresStore::connect_lazy(url.expose(), settings).map_err(database_trouble)?))
        }
        None => {
            data_dir::create(&config.data_dir)?;
            let path = config.data_dir.join(SQLITE_FILE);
            data_dir::create_private(&path)?;
            Ok(Arc::new(SqliteStore::open(path)))
        }
    }
}

/// Opens the configured store, but does not create a SQLite file.
///
/// # Errors
/// The errors of [`open_store`], and an error if the file is missing.
pub fn open_existing_store(config: &Config) -> anyhow::Result<Arc<dyn Store>> {
    let path = config.data_dir.join(SQLITE_FILE);
    if config.database_url.is_none() && path.metadata().map_or(true, |file| file.len() == 0) {
        bail!(
            "there is no database in {}: start `duyetd serve` there first, or set the \
             right directory with --data-dir (DUYET_DATA_DIR) or the right database with DATABASE_URL",
            config.data_dir.display()
        );
    }
    open_store(config)
}

pub(super) fn database_trouble(error: Error) -> anyhow::Error {
    anyhow::Error::new(error).context("DATABASE_URL")
}

/// Migrates the database, waiting up to 30 seconds for it to become available.
///
/// # Errors
/// The database remains unavailable, fails permanently (wrong password, unknown database, invalid start-up parameter),
/// or has a schema newer than this program.
pub async fn migrate(store: &dyn Store) -> anyhow::Result<()> {
    migrate_within(store, Some(STORE_PATIENCE)).await
}

pub(super) async fn migrate_within(store: &dyn Store, patience: Option<Duration>) -> anyhow::Result<()> {
    match patiently(patience, || store.migrate()).await {
        Err(Error::StorageUnavailable(cause) | Error::Internal(cause)) => {
            Err(anyhow::anyhow!(cause)).context("migrating the database")
        }
        other => Ok(other?),
    }
}

/// Runs `task` and retries while the database is unavailable, for at most `patience`; `None` retries indefinitely.
pub(super) async fn patiently<T, F: Future<Output = Result<T, Error>>>(
    patience: Option<Duration>,
    task: impl Fn() -> F,
) -> Result<T, Error> {
    let (began, away) = (tokio::time::Instant::now(), OutageReports::default());
    loop {
        match task().await {
            Err(Error::StorageUnavailable(cause)) if patience.is_none_or(|most| began.elapsed() < most) => {
                if away.is_due() {
                    tracing::warn!(%cause, waited_s = began.elapsed().as_secs(), "the database is not available yet");
                }
                tokio::time::sleep(STORE_PAUSE).await;
            }
            other => return other,
        }
    }
}

/// Creates the initial tokens, waiting for a busy database as [`migrate`] does.
pub(super) async fn make_first_tokens(config: &Config, tokens: &AccessTokens) -> anyhow::Result<()> {
    let (patience, away) = (tokio::time::Instant::now() + STORE_PATIENCE, OutageReports::default());
    loop {
        let made = data_dir::write_first_tokens(&config.data_dir, tokens).await;
        let is_away = |error: &anyhow::Error| matches!(error.downcast_ref(), Some(Error::StorageUnavailable(_)));
        match made {
            Err(error) if is_away(&error) && tokio::time::Instant::now() < patience => {
                if away.is_due() {
                    tracing::warn!(cause = %error, "the database is busy");
                }
                tokio::time::sleep(STORE_PAUSE).await;
            }
            made => return made,
        }
    }
}
