//! Settings: flag > environment > TOML file > default, resolved once at start into what the rooms of the house take.

mod address;
mod check;
mod listeners;
mod secret;
mod settings;
mod source;
mod toml_text;
mod variables;

use std::{net::SocketAddr, num::NonZeroU32, path::PathBuf, time::Duration};

pub use address::ListenAddr;
pub use secret::Secret;
pub use settings::{Settings, without_empty_variables};
pub use source::Source;
pub use variables::{UnknownVariable, unknown_variables};

use check::{KEYS_MISSING, Problems};

use crate::domain::{
    answer::Alphabet,
    challenge::ProofTries,
    comment::TextLimits,
    mode::Mode,
    picture::Profile,
    policy::{EXPIRE_PENDING_DAYS, SAMPLE_PERCENT, Thresholds},
    privacy::Retention,
    rate_limit::Quotas,
};

/// A thousand first pages of long comments.
const PAGE_CACHE_MIB: u32 = 16;

/// Streams show at least so often that they are alive, in milliseconds. A revoked token ends them within this and 5 s more.
const MOST_HEARTBEAT_MS: u64 = 15_000;

/// Everything that was decided at start.
#[derive(Debug, Clone)]
pub struct Config {
    /// To read it again; `None` without a file.
    pub source: Option<Source>,
    /// Keys, first tokens and the embedded database live here.
    pub data_dir: PathBuf,
    /// `None`: the embedded `SQLite` file.
    pub database_url: Option<Secret>,
    /// `None`: limits are kept in this process alone.
    pub redis_url: Option<Secret>,
    /// How many replicas share Redis, about. Without it each has its part of the limits.
    pub expected_replicas: NonZeroU32,
    /// First pages kept in memory; 0 keeps none.
    pub page_cache_mib: u32,
    /// `None`: the key file in the data directory, made on first start. Required with a database URL.
    pub keys: Option<Secret>,
    /// Files that secrets were read from, with the settings that name them.
    pub secret_files: Vec<(&'static str, PathBuf)>,
    /// To do without keys that the database has rows by.
    pub accept_keys: bool,
    pub grpc_addr: SocketAddr,
    /// The listener's certificate; `None`: plaintext.
    pub tls_cert_file: Option<PathBuf>,
    pub tls_key_file: Option<PathBuf>,
    /// Who must have signed clients' certificates.
    pub tls_client_ca_file: Option<PathBuf>,
    /// Plaintext beyond loopback is meant.
    pub insecure: bool,
    /// Connections that one peer may hold at once; `None`: a quarter of all.
    pub connections_per_peer: Option<usize>,
    /// How often a stream shows that it is alive, and its token is checked again.
    pub heartbeat: Duration,
    /// Metrics and probes.
    pub http_addr: SocketAddr,
    /// Whether the reflection services answer.
    pub reflection: bool,
    /// How long after SIGTERM new calls are still taken, so that load balancers notice.
    pub drain_notice: Duration,
    /// Tests only: every picture has this answer.
    pub fixed_answer: Option<String>,
    /// What answers are made of.
    pub alphabet: Alphabet,
    /// Styles of pictures, one picked for each. Not empty.
    pub profiles: Vec<Profile>,
    pub proof_tries: ProofTries,
    pub text: TextLimits,
    pub limits: Quotas,
    /// Mode of articles that set none.
    pub mode: Mode,
    /// In force on a site until its own decisions set others.
    pub thresholds: Thresholds,
    /// Of 100 automatic verdicts, so many go to a moderator.
    pub sample_percent: u8,
    /// A comment that waited so many days is refused.
    pub expire_pending_days: i64,
    pub retention: Retention,
    /// Filter of the log, for example `info` or `duyet=debug`.
    pub log: String,
}

impl Config {
    /// Resolves settings to a configuration.
    ///
    /// # Errors
    /// Everything that is wrong, a line each that names the setting.
    pub fn from_settings(settings: Settings) -> Result<Self, String> {
        let defaults = Thresholds::default();
        let mut problems = Problems::default();
        let needs_keys = settings.needs_keys();
        let secret_files = settings.secret_files();
        let config = Self {
            source: None,
            secret_files,
            data_dir: settings.data_dir.unwrap_or_else(|| "duyet-data".into()),
            database_url: problems.without(Secret::choose(
                "DATABASE_URL",
                settings.database_url,
                settings.database_url_file,
            )),
            redis_url: problems.without(Secret::choose("REDIS_URL", settings.redis_url, settings.redis_url_file)),
            expected_replicas: settings.expected_replicas.unwrap_or(NonZeroU32::MIN),
            page_cache_mib: settings.page_cache_mib.unwrap_or(PAGE_CACHE_MIB),
            keys: problems.without(Secret::choose("DUYET_KEYS", settings.keys, settings.keys_file)),
            accept_keys: settings.accept_keys.unwrap_or(false),
            grpc_addr: problems.addr("grpc.addr", settings.grpc.addr, 50_051),
            tls_cert_file: settings.grpc.tls_cert_file,
            tls_key_file: settings.grpc.tls_key_file,
            tls_client_ca_file: settings.grpc.tls_client_ca_file,
            insecure: settings.grpc.insecure.unwrap_or(false),
            connections_per_peer: settings.grpc.connections_per_peer,
            heartbeat: Duration::from_millis(settings.grpc.heartbeat_ms.unwrap_or(MOST_HEARTBEAT_MS)),
            http_addr: problems.addr("http.addr", settings.http.addr, 9_464),
            reflection: settings.grpc.reflection.unwrap_or(true),
            drain_notice: Duration::from_millis(settings.grpc.drain_notice_ms.unwrap_or(2_000)),
            fixed_answer: settings.captcha.fixed_answer.filter(|answer| !answer.is_empty()),
            alphabet: settings.captcha.alphabet.unwrap_or(Alphabet::Mixed),
            profiles: settings.captcha.profiles.unwrap_or_else(|| Profile::ALL.to_vec()),
            proof_tries: settings.captcha.proof_tries,
            text: settings.text,
            retention: settings.retention,
            limits: settings.limits,
            mode: settings.policy.mode.unwrap_or(Mode::Pre),
            thresholds: Thresholds {
                low: settings.policy.low.unwrap_or(defaults.low),
                high: settings.policy.high.unwrap_or(defaults.high),
                ..defaults
            },
            sample_percent: settings.policy.sample_percent.unwrap_or(SAMPLE_PERCENT),
            expire_pending_days: settings.policy.expire_pending_days.unwrap_or(EXPIRE_PENDING_DAYS),
            log: settings.log.unwrap_or_else(|| "info".to_owned()),
        };
        if needs_keys {
            problems.add(KEYS_MISSING);
        }
        config.check(&mut problems);
        problems.none().map(|()| config)
    }

    /// Where comments live, for the log: never the URL.
    pub const fn store_name(&self) -> &'static str {
        if self.database_url.is_some() { "postgres" } else { "sqlite" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(toml: &str) -> Result<Config, String> {
        Settings::from_toml(toml).and_then(Config::from_settings)
    }

    #[test]
    fn nothing_set_means_the_embedded_default_on_loopback() {
        let config = resolve("").unwrap();
        assert!(config.database_url.is_none() && config.redis_url.is_none());
        assert_eq!(config.grpc_addr.to_string(), "127.0.0.1:50051");
        assert_eq!(config.mode, Mode::Pre);
    }

    #[test]
    fn an_unknown_key_is_an_error_with_its_line() {
        let error = resolve("[grpc]\nadr = \"127.0.0.1:1\"\n").unwrap_err();
        assert!(error.contains("line 2") && error.contains("adr"), "{error}");
    }

    #[test]
    fn a_fixed_answer_is_refused_off_loopback() {
        let error = resolve("[captcha]\nfixed_answer = \"KM7RT\"\n[grpc]\naddr = \"0.0.0.0:50051\"\ninsecure = true\n")
            .unwrap_err();
        assert!(error.contains("loopback"), "{error}");
        let error = resolve("[captcha]\nfixed_answer = \"KM7RT\"\n[http]\naddr = \"0.0.0.0:9464\"\n").unwrap_err();
        assert!(error.contains("loopback"), "{error}");
    }

    #[test]
    fn plaintext_beyond_loopback_must_be_meant() {
        let listening = |rest: &str| resolve(&format!("[grpc]\naddr = \"0.0.0.0:50051\"\n{rest}"));
        let error = listening("").unwrap_err();
        assert!(error.contains("plaintext") && error.contains("grpc.insecure"), "{error}");
        assert!(listening("insecure = true\n").is_ok());
        assert!(listening("tls_cert_file = \"c\"\ntls_key_file = \"k\"\n").is_ok());
        assert!(listening("tls_cert_file = \"c\"\n").unwrap_err().contains("go together"));
        assert!(listening("insecure = true\ntls_client_ca_file = \"a\"\n").unwrap_err().contains("tls_cert_file"));
    }

    #[test]
    fn pictures_are_of_every_profile_unless_said_otherwise() {
        let config = resolve("").unwrap();
        assert_eq!((config.alphabet, config.profiles), (Alphabet::Mixed, Profile::ALL.to_vec()));
        let config = resolve("[captcha]\nalphabet = \"DIGITS\"\nprofiles = [\"BANDS\"]\n").unwrap();
        assert_eq!((config.alphabet, config.profiles), (Alphabet::Digits, vec![Profile::Bands]));
    }

    #[test]
    fn profiles_and_alphabets_that_are_none_are_named() {
        for (toml, word) in [
            ("profiles = []", "captcha.profiles"),
            ("profiles = [\"BANDS\", \"BANDS\"]", "captcha.profiles"),
            ("profiles = [\"COMIC\"]", "STROKE, OUTLINE, BANDS"),
            ("alphabet = \"VOWELS\"", "MIXED, DIGITS"),
            ("fixed_answer = \"KM7R2\"", "captcha.fixed_answer"),
            ("alphabet = \"DIGITS\"\nfixed_answer = \"KM7RT\"", "made of 23456789"),
        ] {
            let error = resolve(&format!("[captcha]\n{toml}\n")).unwrap_err();
            assert!(error.contains(word), "{toml}: {error}");
        }
    }

    #[test]
    fn postgres_without_keys_names_the_command() {
        let error = resolve("database_url = \"postgres://a@b/c\"").unwrap_err();
        assert!(error.contains("duyetd keys generate"), "{error}");
    }

    #[test]
    fn a_wrong_quota_names_its_line() {
        let error = resolve("[limits]\nsubmits_per_device = \"5 per minute\"\n").unwrap_err();
        assert!(error.contains("line 2") && error.contains("5/1m"), "{error}");
    }

    #[test]
    fn a_proof_of_work_has_bounds() {
        assert_eq!(resolve("[captcha.proof_tries]\nhard = 50_000\n").unwrap().proof_tries.hard, 50_000);
        for wrong in ["light = 0", "hard = 50_001", "light = 3_000", "normal = 10_000"] {
            let error = resolve(&format!("[captcha.proof_tries]\n{wrong}\n")).unwrap_err();
            assert!(error.contains("captcha.proof_tries"), "{error}");
        }
    }

    #[test]
    fn thresholds_must_be_in_order() {
        assert!(resolve("[policy]\nlow = 0.9\nhigh = 0.3\n").unwrap_err().contains("policy.low"));
    }
    #[test]
    fn a_comment_waits_thirty_days_unless_said_otherwise() {
        assert_eq!(resolve("").unwrap().expire_pending_days, 30);
        assert_eq!(resolve("[policy]\nexpire_pending_days = 365\n").unwrap().expire_pending_days, 365);
        for days in ["0", "366", "-1"] {
            let error = resolve(&format!("[policy]\nexpire_pending_days = {days}\n")).unwrap_err();
            assert!(error.contains("policy.expire_pending_days"), "{error}");
            let error = resolve(&format!("[retention]\nspam_days = {days}0\n")).unwrap_err();
            assert!(error.contains("retention") || error.contains("line 2"), "{error}");
        }
    }
}
