//! The source of the address and the token: the environment, then the login file, which only its owner may read.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use etcetera::{BaseStrategy as _, choose_base_strategy};
use serde::{Deserialize, Serialize};

use super::exit::{Exit, Failure};
use duyet_locale::Locale;

/// Default address of `duyetd`.
const DEFAULT_ADDR: &str = "http://127.0.0.1:50051";

/// The address of a service and a token for it. Also the content of the login file.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Access {
    pub(super) addr: String,
    pub(super) token: String,
}

/// Returns the access to use: `DUYET_TOKEN`, then `DUYET_TOKEN_FILE`, then the login file.
pub(super) fn access(addr: Option<&str>, locale: Locale) -> Result<Access, Failure> {
    if let Some(token) = token_from_environment(locale)? {
        return Ok(Access { addr: address(addr, locale), token });
    }
    let login = load(&path(locale)?, locale)?;
    match (addr.map(with_scheme), login) {
        (None, Some(login)) => Ok(login),
        // A token is only sent to the service that issued it.
        (Some(addr), Some(login)) if addr == login.addr => Ok(login),
        (Some(addr), Some(_)) => {
            Err(Failure::new(Exit::Denied, locale.text_with("cli-login-elsewhere", &[("addr", addr.into())])))
        }
        (_, None) => Err(Failure::new(Exit::Denied, locale.text("cli-no-token"))),
    }
}

/// An unreadable login file does not prevent a new login.
pub(super) fn address(addr: Option<&str>, locale: Locale) -> String {
    let stored = || path(locale).and_then(|path| load(&path, locale)).ok().flatten().map(|login| login.addr);
    addr.map(with_scheme).or_else(stored).unwrap_or_else(|| DEFAULT_ADDR.to_owned())
}

pub(super) fn path(locale: Locale) -> Result<PathBuf, Failure> {
    let strategy = choose_base_strategy().map_err(|_| Failure::new(Exit::Failed, locale.text("cli-no-home")))?;
    Ok(strategy.config_dir().join("duyet").join("login.toml"))
}

/// Writes the login file. Only its owner can read it from the moment it is created.
pub(super) fn save(path: &Path, access: &Access, locale: Locale) -> Result<(), Failure> {
    let text = toml::to_string(access).map_err(|error| Failure::new(Exit::Failed, error.to_string()))?;
    write_private(path, &text).map_err(|error| file_failure("cli-login-not-written", path, &error, locale))
}

fn load(path: &Path, locale: Locale) -> Result<Option<Access>, Failure> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(file_failure("cli-login-not-read", path, &error, locale)),
    };
    if is_seen_by_others(path) {
        let values = [("path", path.display().to_string().into())];
        return Err(Failure::new(Exit::Failed, locale.text_with("cli-login-not-private", &values)));
    }
    // The parser's message quotes the line, which may be the token.
    let broken = io::Error::new(io::ErrorKind::InvalidData, "TOML");
    toml::from_str(&text).map(Some).map_err(|_| file_failure("cli-login-not-read", path, &broken, locale))
}

fn token_from_environment(locale: Locale) -> Result<Option<String>, Failure> {
    let variable = |name| std::env::var(name).ok().filter(|value: &String| !value.trim().is_empty());
    if let Some(token) = variable("DUYET_TOKEN") {
        return Ok(Some(token.trim().to_owned()));
    }
    let Some(path) = variable("DUYET_TOKEN_FILE") else { return Ok(None) };
    let path = Path::new(&path);
    let text = fs::read_to_string(path).map_err(|error| file_failure("cli-token-file", path, &error, locale))?;
    Ok(Some(text.trim().to_owned()))
}

/// Returns a warning if other users can read the file that `DUYET_TOKEN_FILE` names.
pub(super) fn warning(locale: Locale) -> Option<String> {
    let variable = |name| std::env::var(name).ok().filter(|value: &String| !value.trim().is_empty());
    let path = variable("DUYET_TOKEN_FILE").filter(|_| variable("DUYET_TOKEN").is_none())?;
    let values = [("path", path.as_str().into())];
    is_seen_by_others(Path::new(&path)).then(|| locale.text_with("cli-token-file-not-private", &values))
}

fn with_scheme(addr: &str) -> String {
    let addr = addr.trim_end_matches('/');
    if addr.contains("://") { addr.to_owned() } else { format!("http://{addr}") }
}

fn file_failure(key: &str, path: &Path, error: &io::Error, locale: Locale) -> Failure {
    let values = [("path", path.display().to_string().into()), ("error", error.to_string().into())];
    Failure::new(Exit::Failed, locale.text_with(key, &values))
}

/// Writes a temporary file and renames it, so that a full disk does not destroy the login.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    let draft = path.with_extension(format!("{}.new", std::process::id()));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    let written =
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&draft, path));
    if written.is_err() {
        // The temporary file contains the token; the error is in `written`.
        let _ = fs::remove_file(&draft);
    }
    written
}

#[cfg(unix)]
fn is_seen_by_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
const fn is_seen_by_others(_: &Path) -> bool {
    false
}
