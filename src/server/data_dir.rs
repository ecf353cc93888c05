//! The files of the data directory: keys and initial tokens, which only their owner can read.

use std::{
    fs::{self, DirBuilder, OpenOptions},
    io::{ErrorKind, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use anyhow::Context as _;

use super::clock::now;
use crate::{
    config::Config,
    domain::{access::AccessToken, id::SiteId},
    keyring::Keyring,
    service::{AccessTokens, FIRST_TOKENS, NewToken},
};

/// Name of the embedded database in the data directory.
pub(super) const SQLITE_FILE: &str = "duyet.sqlite3";

/// The site of the initial tokens.
const FIRST_SITE: &str = "default";

/// Creates the directory, accessible only to its owner, if it does not exist.
pub(super) fn create(dir: &Path) -> anyhow::Result<()> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.with_context(|| format!("data_dir (DUYET_DATA_DIR) {}", dir.display()))
}

/// Creates an empty file that only its owner can read, if it does not exist. SQLite gives its log files the same
/// permissions.
pub(super) fn create_private(path: &Path) -> anyhow::Result<()> {
    let made = OpenOptions::new().append(true).create(true).mode(0o600).open(path);
    made.map(drop).with_context(|| path.display().to_string())
}

/// Loads the keys of the key file. Creates the file if it does not exist.
///
/// # Errors
/// The file cannot be read or created.
pub(super) fn make_keyring(config: &Config) -> anyhow::Result<Keyring> {
    create(&config.data_dir)?;
    make_key_file(&config.data_dir).with_context(|| key_file(&config.data_dir).display().to_string())?;
    check_keyring(config)?.context("the key file was removed while starting")
}

/// Checks whether the directory contains a database that a server has used.
pub(super) fn has_database(dir: &Path) -> bool {
    fs::metadata(dir.join(SQLITE_FILE)).is_ok_and(|file| file.len() > 0)
}

/// Loads the configured keys, or those of the key file. Returns `None` if the first start has not created the file yet.
///
/// # Errors
/// The keys cannot be read.
pub fn check_keyring(config: &Config) -> anyhow::Result<Option<Keyring>> {
    let parse = |text: &str| Keyring::parse(text).map(Some);
    if let Some(keys) = &config.keys {
        let named = config.secret_files.iter().find(|(name, _)| *name == "DUYET_KEYS_FILE");
        return parse(keys.expose()).with_context(|| match named {
            Some((name, path)) => format!("{name}: {}", path.display()),
            None => "DUYET_KEYS".to_owned(),
        });
    }
    let path = key_file(&config.data_dir);
    match fs::read_to_string(&path) {
        Ok(text) => parse(&text).with_context(|| path.display().to_string()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| path.display().to_string()),
    }
}

pub(super) fn key_file(dir: &Path) -> PathBuf {
    dir.join("duyet.keys")
}

/// Creates the key file with a hard link, which is atomic and fails if the file exists. Neither a crash nor a
/// concurrent start can therefore leave an incomplete file or replace keys.
fn make_key_file(dir: &Path) -> std::io::Result<()> {
    if key_file(dir).exists() {
        return Ok(());
    }
    let fresh = dir.join(format!("duyet.keys.{}", std::process::id()));
    write_secret(&fresh, &Keyring::generate())?;
    let linked = fs::hard_link(&fresh, key_file(dir));
    fs::remove_file(&fresh)?;
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Creates those of [`FIRST_TOKENS`] that are missing, and writes each to `<name>.token`. Does nothing if the database
/// has any other token. The file is written before the row, so that the next start can complete an interrupted one.
pub(super) async fn write_first_tokens(dir: &Path, tokens: &AccessTokens) -> anyhow::Result<()> {
    let site = SiteId::parse(FIRST_SITE).context("the first site's name")?;
    let known = tokens.list(None).await?;
    let is_first = |token: &AccessToken| token.site == site && FIRST_TOKENS.iter().any(|(name, _)| *name == token.name);
    if !known.iter().all(is_first) {
        return Ok(());
    }
    create(dir)?;
    for (name, role) in FIRST_TOKENS {
        if known.iter().any(|token| token.name == name) {
            continue;
        }
        let new = NewToken { site: site.clone(), name: name.to_owned(), role, expires_at: None };
        let (token, text) = tokens.prepare(new, now());
        let path = dir.join(format!("{name}.token"));
        write_secret(&path, &text).with_context(|| path.display().to_string())?;
        if tokens.insert(&token).await? {
            tracing::info!(path = %path.display(), %role, "created an initial token");
        } else {
            // Another replica created this token first, and has its file.
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

/// Replaces the file atomically, so that no reader sees an incomplete secret.
fn write_secret(path: &Path, text: &str) -> std::io::Result<()> {
    let fresh = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
    writeln!(file, "{text}")?;
    file.sync_all()?;
    fs::rename(fresh, path)
}
