//! All settings, declared once as flags, environment variables and keys of the TOML file.

use std::{env::VarError, num::NonZeroU32, path::PathBuf};

use clap::builder::BoolishValueParser;
use serde::{Deserialize, Serialize};

use super::{
    listeners::{GrpcSettings, HttpSettings},
    problem::ConfigProblem,
    secret::Secret,
    store_sizes::StoreSizes,
};
use crate::domain::{
    captcha_answer::Alphabet, challenge::ProofTries, comment::TextLimits, image_profile::Profile, mode::Mode,
    privacy::Retention, rate_limit::Quotas,
};

/// Treats empty environment variables as unset, because container tools often define variables without a value.
pub fn without_empty_variables(command: clap::Command) -> clap::Command {
    command.mut_args(|arg| {
        let value = arg.get_env().and_then(std::env::var_os);
        if value.is_some_and(|value| value.is_empty()) { arg.env(clap::builder::Resettable::Reset) } else { arg }
    })
}

/// Settings, each of which may be absent. The doc comments of fields are also the help text.
#[derive(Debug, Clone, Default, clap::Args, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Directory for keys, initial tokens and the embedded database [default: ./duyet-data]
    #[arg(long, env = "DUYET_DATA_DIR", global = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_dir: Option<PathBuf>,
    /// URL of a `PostgreSQL` 15+ database; without it, comments are stored in the data directory
    #[arg(skip)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database_url: Option<Secret>,
    /// File with the database URL
    #[arg(long, env = "DATABASE_URL_FILE", global = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database_url_file: Option<PathBuf>,
    /// URL of Redis for shared rate limits; without it, limits are kept in this process
    #[arg(skip)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redis_url: Option<Secret>,
    /// File with the Redis URL
    #[arg(long, env = "REDIS_URL_FILE", global = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redis_url_file: Option<PathBuf>,
    /// Approximate number of replicas that share Redis; while Redis is unavailable, each applies its share of the
    /// limits [default: 1]
    #[arg(long, env = "DUYET_EXPECTED_REPLICAS", global = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_replicas: Option<NonZeroU32>,
    /// Memory for cached first pages of busy articles, in MiB; 0 disables the cache; changes by other replicas appear
    /// within 250 ms [default: 16]
    #[arg(long, env = "DUYET_PAGE_CACHE_MIB", global = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_cache_mib: Option<u32>,
    /// Keys as printed by `duyetd keys generate`
    #[arg(skip)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys: Option<Secret>,
    /// File with the keys
    #[arg(long, env = "DUYET_KEYS_FILE", global = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys_file: Option<PathBuf>,
    /// Starts although keys that protect stored rows are missing, and records that they were given up; set it for one
    /// start only, which logs what is lost
    #[arg(
        long,
        env = "DUYET_ACCEPT_KEYS",
        global = true,
        num_args = 0..=1,
        default_missing_value = "true",
        require_equals = true,
        value_parser = BoolishValueParser::new()
    )]
    // It is never read from a file, because it would remain set there.
    #[serde(skip)]
    pub accept_keys: Option<bool>,
    /// Log filter, for example info or duyet=debug [default: info]
    #[arg(long, env = "DUYET_LOG", global = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log: Option<String>,
    #[command(flatten)]
    pub grpc: GrpcSettings,
    #[command(flatten)]
    pub http: HttpSettings,
    #[command(flatten)]
    pub captcha: CaptchaSettings,
    #[arg(skip)]
    pub store: StoreSizes,
    #[arg(skip)]
    pub policy: PolicySettings,
    #[arg(skip)]
    pub text: TextLimits,
    #[arg(skip)]
    pub retention: Retention,
    #[arg(skip)]
    pub limits: Quotas,
}

/// Settings of captchas.
#[derive(Debug, Clone, Default, clap::Args, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CaptchaSettings {
    /// FOR TESTS ONLY: the answer of every image; an error unless every listener is on loopback
    #[arg(
        id = "captcha_fixed_answer",
        long = "captcha-fixed-answer",
        env = "DUYET_CAPTCHA_FIXED_ANSWER",
        global = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fixed_answer: Option<String>,
    /// Characters of answers: MIXED (letters and digits) or DIGITS, for numeric keypads [default: MIXED]
    #[arg(id = "captcha_alphabet", long = "captcha-alphabet", env = "DUYET_CAPTCHA_ALPHABET", global = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alphabet: Option<Alphabet>,
    /// Styles of images, one of which is picked at random for each image.
    #[arg(skip)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profiles: Option<Vec<Profile>>,
    /// Largest number of tries of a proof of work, by level.
    #[arg(skip)]
    pub proof_tries: ProofTries,
}

/// Default policies of all sites.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PolicySettings {
    /// Mode of articles and sites that do not set one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// Score below which HYBRID publishes a comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// Score at or above which HYBRID marks a comment as spam and POST holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
    /// Percentage of automatic decisions that a moderator reviews as a sample, 0 to 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample_percent: Option<u8>,
    /// Days after which a comment that was not reviewed is rejected, 1 to 365.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expire_pending_days: Option<i64>,
}

impl Settings {
    /// Checks whether keys are required but not set: all replicas that share a database need the same keys.
    pub(super) fn needs_keys(&self) -> bool {
        let given = |secret: &Option<Secret>, file: &Option<PathBuf>| {
            secret.as_ref().is_some_and(|secret| !secret.expose().is_empty())
                || file.as_ref().is_some_and(|path| !path.as_os_str().is_empty())
        };
        given(&self.database_url, &self.database_url_file) && !given(&self.keys, &self.keys_file)
    }

    /// Lists the files that contain secrets, with the names of their settings.
    pub(super) fn secret_files(&self) -> Vec<(&'static str, PathBuf)> {
        let files = [
            ("DATABASE_URL_FILE", &self.database_url_file),
            ("REDIS_URL_FILE", &self.redis_url_file),
            ("DUYET_KEYS_FILE", &self.keys_file),
            ("grpc.tls_key_file", &self.grpc.tls_key_file),
        ];
        let given = files.into_iter().filter_map(|(name, path)| Some((name, path.clone()?)));
        given.filter(|(_, path)| !path.as_os_str().is_empty()).collect()
    }

    pub(super) fn with_secrets_of_environment(mut self) -> Result<Self, ConfigProblem> {
        let read = |name| match std::env::var(name) {
            Ok(text) => Ok(text.parse().ok()),
            Err(VarError::NotPresent) => Ok(None),
            Err(VarError::NotUnicode(_)) => Err(ConfigProblem::NotUtf8 { setting: name }),
        };
        self.database_url = read("DATABASE_URL")?;
        self.redis_url = read("REDIS_URL")?;
        self.keys = read("DUYET_KEYS")?;
        Ok(self)
    }

    /// Merges the settings of `self` over those of `file`. A secret that is set here as a value also overrides the
    /// file's `*_file` setting, and vice versa.
    pub(super) fn over(self, file: Self) -> Self {
        let (database_url, database_url_file) =
            over_secret(self.database_url, self.database_url_file, file.database_url, file.database_url_file);
        let (redis_url, redis_url_file) =
            over_secret(self.redis_url, self.redis_url_file, file.redis_url, file.redis_url_file);
        let (keys, keys_file) = over_secret(self.keys, self.keys_file, file.keys, file.keys_file);
        Self {
            data_dir: self.data_dir.or(file.data_dir),
            database_url,
            database_url_file,
            redis_url,
            redis_url_file,
            expected_replicas: self.expected_replicas.or(file.expected_replicas),
            page_cache_mib: self.page_cache_mib.or(file.page_cache_mib),
            keys,
            keys_file,
            accept_keys: self.accept_keys,
            log: self.log.or(file.log),
            grpc: self.grpc.over(file.grpc),
            http: HttpSettings { addr: self.http.addr.or(file.http.addr) },
            captcha: CaptchaSettings {
                fixed_answer: self.captcha.fixed_answer.or(file.captcha.fixed_answer),
                alphabet: self.captcha.alphabet.or(file.captcha.alphabet),
                profiles: file.captcha.profiles,
                proof_tries: file.captcha.proof_tries,
            },
            store: file.store,
            policy: file.policy,
            text: file.text,
            retention: file.retention,
            limits: file.limits,
        }
    }
}

type SecretAndFile = (Option<Secret>, Option<PathBuf>);

fn over_secret(
    value: Option<Secret>,
    path: Option<PathBuf>,
    file_value: Option<Secret>,
    file_path: Option<PathBuf>,
) -> SecretAndFile {
    let set = |secret: &Secret| !secret.expose().is_empty();
    if value.as_ref().is_some_and(set) || path.is_some() { (value, path) } else { (file_value, file_path) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_win_over_the_file() {
        let file = Settings::from_toml("data_dir = \"/a\"\nlog = \"debug\"\nkeys = \"1:x\"").unwrap();
        let flags = Settings { data_dir: Some("/b".into()), keys_file: Some("/k".into()), ..Settings::default() };
        let merged = flags.over(file);
        assert_eq!(merged.data_dir, Some("/b".into()));
        assert_eq!(merged.log.as_deref(), Some("debug"));
        assert!(merged.keys.is_none() && merged.keys_file.is_some());
    }
}
