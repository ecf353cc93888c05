//! Checks of everything that a start needs, without starting: it reports all problems at once.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::Read as _,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    components::{self, captcha, limiter},
    data_dir::{SQLITE_FILE, check_keyring},
    database::{database_trouble, open_store},
    exposed_secrets,
    listen::open_tls,
};
use crate::{
    config::Config,
    domain::Error,
    ops::telemetry,
    store::postgres::{PoolSettings, PostgresStore},
};

/// How long to wait for the database and for Redis.
const PATIENCE: Duration = Duration::from_secs(5);

/// The first bytes of every SQLite file.
const SQLITE_HEADER: &[u8] = b"SQLite format 3\0";

/// Lists every reason why a start with this configuration would fail before it binds its listeners. Must be called
/// inside a runtime.
pub fn problems(config: &Config) -> Vec<String> {
    let mut problems = vec![];
    let mut note = |result: anyhow::Result<()>| problems.extend(result.err().map(|error| format!("{error:#}")));
    note(telemetry::check_filter(&config.log).map_err(anyhow::Error::msg));
    note(open_tls(config).map(drop));
    note(check_keyring(config).map(drop));
    note(limiter(config).map(drop));
    note(captcha(config).map(drop));
    match &config.database_url {
        Some(url) => {
            note(
                PostgresStore::connect_lazy(url.expose(), PoolSettings::default()).map(drop).map_err(database_trouble),
            );
        }
        None => note(check_data_dir(&config.data_dir)),
    }
    problems
}

/// Lists the warnings that a start would log.
pub fn warnings(config: &Config) -> Vec<String> {
    exposed_secrets::exposed_secrets(config)
        .into_iter()
        .chain(components::risks(config).into_iter().map(str::to_owned))
        .collect()
}

/// Connects to the database and to Redis, and returns a problem for each that cannot be reached.
pub async fn unreachable(config: &Config) -> Vec<String> {
    let mut problems = vec![];
    if let Err(problem) = reach_database(config).await {
        problems.push(problem.to_string());
    }
    if config.redis_url.is_some()
        && let Ok(limiter) = limiter(config)
        && let Err(error) = limiter.reach(PATIENCE).await
    {
        problems.push(format!("REDIS_URL: {error}"));
    }
    problems
}

async fn reach_database(config: &Config) -> anyhow::Result<()> {
    let name = if config.database_url.is_some() { "DATABASE_URL" } else { "data_dir" };
    if config.database_url.is_none() && !config.data_dir.join(SQLITE_FILE).exists() {
        // The first start creates the file.
        return Ok(());
    }
    let store = open_store(config).map_err(|error| anyhow::anyhow!("{name}: {error:#}"))?;
    let answer = tokio::time::timeout(PATIENCE, store.ping()).await;
    store.close().await;
    match answer {
        Ok(Ok(())) => Ok(()),
        Ok(Err(Error::StorageUnavailable(cause) | Error::Internal(cause))) => anyhow::bail!("{name}: {cause}"),
        Ok(Err(error)) => anyhow::bail!("{name}: {error}"),
        Err(_) => anyhow::bail!("{name}: no answer within {} s", PATIENCE.as_secs()),
    }
}

/// Checks that the embedded database can be stored in this directory. Leaves no files or directories behind.
fn check_data_dir(dir: &Path) -> anyhow::Result<()> {
    let named = |error: std::io::Error| anyhow::anyhow!("data_dir (DUYET_DATA_DIR) {}: {error}", dir.display());
    let made = make_missing(dir).map_err(named)?;
    let probe = dir.join(format!("duyet.check.{}", std::process::id()));
    let written = OpenOptions::new().write(true).create_new(true).open(&probe).and_then(|_| fs::remove_file(&probe));
    for dir in made {
        // A failure is harmless: the directory was created by this check and is empty.
        let _ = fs::remove_dir(dir);
    }
    written.map_err(named)?;
    check_sqlite(&dir.join(SQLITE_FILE))
}

/// Creates a directory with its parents, and returns those that were missing, innermost first.
fn make_missing(dir: &Path) -> std::io::Result<Vec<PathBuf>> {
    let missing: Vec<_> = dir
        .ancestors()
        .filter(|dir| !dir.as_os_str().is_empty())
        .take_while(|dir| !dir.exists())
        .map(Path::to_owned)
        .collect();
    DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    Ok(missing)
}

fn check_sqlite(path: &Path) -> anyhow::Result<()> {
    if !path.exists() {
        return Ok(());
    }
    let mut header = vec![];
    let read = File::open(path).and_then(|file| file.take(SQLITE_HEADER.len() as u64).read_to_end(&mut header));
    read.map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))?;
    let is_database = header.is_empty() || header == SQLITE_HEADER;
    anyhow::ensure!(is_database, "{} is not a SQLite database", path.display());
    let writable = OpenOptions::new().append(true).open(path).map(drop);
    writable.map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_leaves_the_data_directory_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let deep = dir.path().join("one/two");
        check_data_dir(&deep).unwrap();
        assert!(!dir.path().join("one").exists());
        check_data_dir(dir.path()).unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);

        let file = dir.path().join("file");
        fs::write(&file, "x").unwrap();
        for wrong in [file.clone(), file.join("below")] {
            let error = check_data_dir(&wrong).unwrap_err().to_string();
            assert!(error.contains("DUYET_DATA_DIR") && error.contains("file"), "{error}");
        }
        fs::write(dir.path().join(SQLITE_FILE), "no database at all").unwrap();
        assert!(check_data_dir(dir.path()).unwrap_err().to_string().contains("duyet.sqlite3"));
    }
}
