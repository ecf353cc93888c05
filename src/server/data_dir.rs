//! Files of the data directory: keys and first tokens, readable by their owner only.

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

/// The embedded database, in the data directory.
pub(super) const SQLITE_FILE: &str = "duyet.sqlite3";

/// The site of the first tokens.
const FIRST_SITE: &str = "default";

/// Makes the directory, closed to others, unless it is there.
pub(super) fn create(dir: &Path) -> anyhow::Result<()> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.with_context(|| format!("data_dir (DUYET_DATA_DIR) {}", dir.display()))
}

/// Makes an empty file that only its owner reads, unless it is there. `SQLite` gives its log files the same rights.
pub(super) fn create_private(path: &Path) -> anyhow::Result<()> {
    let made = OpenOptions::new().append(true).create(true).mode(0o600).open(path);
    made.map(drop).with_context(|| path.display().to_string())
}

/// The keys of the key file, which is made unless it is there.
///
/// # Errors
/// When they cannot be read or made.
pub(super) fn make_keyring(config: &Config) -> anyhow::Result<Keyring> {
    create(&config.data_dir)?;
    make_key_file(&config.data_dir).with_context(|| key_file(&config.data_dir).display().to_string())?;
    check_keyring(config)?.context("the key file is gone again")
}

/// Whether the directory holds a database that a server has been at work on.
pub(super) fn has_database(dir: &Path) -> bool {
    fs::metadata(dir.join(SQLITE_FILE)).is_ok_and(|file| file.len() > 0)
}

/// The keys that were given, else those of the key file; `None` when the first start has yet to make it.
///
/// # Errors
/// When they cannot be read.
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

/// Linked into place whole, and only if none is there: neither a crash nor a second start leaves half a key or two.
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

/// On a database without tokens, makes one per role and writes each to `<name>.token`. A start that was cut off half-way
/// is finished by the next one: a token's file comes before its row.
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
            tracing::info!(path = %path.display(), %role, "made a first token");
        } else {
            // Another replica was faster, and has the file.
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

/// Replaces the file whole, so that no reader sees half a secret.
fn write_secret(path: &Path, text: &str) -> std::io::Result<()> {
    let fresh = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
    writeln!(file, "{text}")?;
    file.sync_all()?;
    fs::rename(fresh, path)
}
