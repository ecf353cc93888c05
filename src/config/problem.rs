//! Problems of a configuration, which are all reported at once.

use std::{net::SocketAddr, path::PathBuf};

use super::address::{AddressError, ListenAddr};

/// One problem: a sentence that names the setting, or the file with line and column.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigProblem {
    #[error("{}: {problem}", .path.display())]
    InFile { path: PathBuf, problem: Box<Self> },
    /// The file cannot be read; the text is the operating system's.
    #[error("{0}")]
    Unreadable(String),
    /// The file is not valid. `place` is empty when the parser reports none; `key` is the key with the invalid value,
    /// if the line begins with one.
    #[error("{place}{}{message}", .key.as_ref().map(|key| format!("{key}: ")).unwrap_or_default())]
    Toml { place: String, key: Option<String>, message: String },
    #[error("{setting} is not UTF-8")]
    NotUtf8 { setting: &'static str },
    #[error("{setting} and {setting}_FILE are both set: keep one")]
    SecretAndFile { setting: &'static str },
    /// The file of a secret cannot be read; `reason` is the operating system's text.
    #[error("{setting}_FILE: {}: {reason}", .path.display())]
    SecretUnreadable { setting: &'static str, path: PathBuf, reason: String },
    #[error("{setting}_FILE: {} is empty", .path.display())]
    SecretEmpty { setting: &'static str, path: PathBuf },
    #[error("{setting}: {source}")]
    Address { setting: &'static str, source: AddressError },
    #[error(
        "DUYET_KEYS is not set: with DATABASE_URL every replica needs the same keys. \
         Make them once with `duyetd keys generate --out FILE` and pass them as DUYET_KEYS or DUYET_KEYS_FILE"
    )]
    KeysMissing,
    /// A value is out of range or inconsistent with another one; the text is a sentence that names the setting.
    #[error("{0}")]
    Setting(String),
}

/// All problems of a configuration, displayed one per line.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ConfigProblem::to_string).collect::<Vec<_>>().join("\n"))]
pub struct ConfigError(pub Vec<ConfigProblem>);

impl From<ConfigProblem> for ConfigError {
    fn from(problem: ConfigProblem) -> Self {
        Self(vec![problem])
    }
}

/// Collects problems.
#[derive(Debug, Default)]
pub(super) struct Problems(Vec<ConfigProblem>);

impl Problems {
    pub(super) fn add(&mut self, problem: ConfigProblem) {
        self.0.push(problem);
    }

    pub(super) fn unless(&mut self, is_good: bool, problem: impl FnOnce() -> String) {
        if !is_good {
            self.add(ConfigProblem::Setting(problem()));
        }
    }

    /// Returns the setting, or records its problem and returns `None`.
    pub(super) fn without<T>(&mut self, setting: Result<Option<T>, ConfigProblem>) -> Option<T> {
        setting.unwrap_or_else(|problem| {
            self.add(problem);
            None
        })
    }

    /// The default is `port` on 127.0.0.1.
    pub(super) fn addr(&mut self, setting: &'static str, given: Option<ListenAddr>, port: u16) -> SocketAddr {
        let resolved = given.map(|addr| addr.resolve()).transpose();
        self.without(resolved.map_err(|source| ConfigProblem::Address { setting, source }))
            .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], port)))
    }

    pub(super) fn none(self) -> Result<(), ConfigError> {
        if self.0.is_empty() { Ok(()) } else { Err(ConfigError(self.0)) }
    }
}
