//! Resolves settings to the values in force: flag > environment > TOML file > default.

use std::{fs, num::NonZeroU32, path::PathBuf, time::Duration};

use super::{
    check::MOST_HEARTBEAT_MS,
    listeners::{GrpcSettings, HttpSettings},
    problem::{ConfigError, ConfigProblem, Problems},
    secret::Secret,
    settings::{CaptchaSettings, PolicySettings, Settings},
    source::ConfigSource,
    values::Config,
};
use crate::domain::{
    captcha_answer::Alphabet,
    image_profile::Profile,
    mode::Mode,
    policy::{EXPIRE_PENDING_DAYS, SAMPLE_PERCENT},
    spam::Thresholds,
};

/// Default size of the page cache. It holds about a thousand first pages with long comments.
const PAGE_CACHE_MIB: u32 = 16;

impl Config {
    /// Resolves settings to a configuration.
    ///
    /// # Errors
    /// All problems, one per line, each with the name of its setting.
    pub fn from_settings(settings: Settings) -> Result<Self, ConfigError> {
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
            store: settings.store,
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
            problems.add(ConfigProblem::KeysMissing);
        }
        config.check(&mut problems);
        problems.none().map(|()| config)
    }
}

impl Settings {
    /// Merges `self` (flags and environment) over the file at `path` and over the defaults. Secrets come from the
    /// environment or the file but never from flags, because every user of the machine can read command lines.
    ///
    /// # Errors
    /// All problems, one per line, each with the name of its file or setting.
    pub fn resolve(self, path: Option<PathBuf>) -> Result<Config, ConfigError> {
        let Some(path) = path else { return Config::from_settings(self.with_secrets_of_environment()?) };
        let in_file = |problem| ConfigProblem::InFile { path: path.clone(), problem: Box::new(problem) };
        let text = fs::read_to_string(&path).map_err(|error| in_file(ConfigProblem::Unreadable(error.to_string())))?;
        let (file, problems) = Self::from_faulty_toml(&text);
        let mut problems: Vec<_> = problems.into_iter().map(in_file).collect();
        let flags = self.clone();
        let known = self.with_secrets_of_environment().map_err(ConfigError::from);
        match known.and_then(|known| Config::from_settings(known.over(file))) {
            Ok(config) if problems.is_empty() => {
                Ok(Config { source: Some(ConfigSource { flags, path, text: text.into() }), ..config })
            }
            Ok(_) => Err(ConfigError(problems)),
            Err(ConfigError(more)) => {
                problems.extend(more);
                Err(ConfigError(problems))
            }
        }
    }
}

impl ConfigSource {
    /// Reads the configuration again.
    ///
    /// # Errors
    /// All problems, one per line, each with the name of its file or setting, and with line and column where known.
    pub fn read(&self) -> Result<Config, ConfigError> {
        self.flags.clone().resolve(Some(self.path.clone()))
    }
}

impl From<&Config> for Settings {
    /// Returns every setting with its value in force, for `config print`. Secrets serialize as `[redacted]`.
    fn from(config: &Config) -> Self {
        let config = config.clone();
        Self {
            data_dir: Some(config.data_dir),
            database_url: config.database_url,
            redis_url: config.redis_url,
            expected_replicas: Some(config.expected_replicas),
            page_cache_mib: Some(config.page_cache_mib),
            keys: config.keys,
            log: Some(config.log),
            grpc: GrpcSettings {
                addr: Some(config.grpc_addr.into()),
                reflection: Some(config.reflection),
                connections_per_peer: config.connections_per_peer,
                heartbeat_ms: u64::try_from(config.heartbeat.as_millis()).ok(),
                drain_notice_ms: u64::try_from(config.drain_notice.as_millis()).ok(),
                tls_cert_file: config.tls_cert_file,
                tls_key_file: config.tls_key_file,
                tls_client_ca_file: config.tls_client_ca_file,
                insecure: Some(config.insecure),
            },
            http: HttpSettings { addr: Some(config.http_addr.into()) },
            captcha: CaptchaSettings {
                fixed_answer: config.fixed_answer,
                alphabet: Some(config.alphabet),
                profiles: Some(config.profiles),
                proof_tries: config.proof_tries,
            },
            store: config.store,
            policy: PolicySettings {
                mode: Some(config.mode),
                low: Some(config.thresholds.low),
                high: Some(config.thresholds.high),
                sample_percent: Some(config.sample_percent),
                expire_pending_days: Some(config.expire_pending_days),
            },
            text: config.text,
            retention: config.retention,
            limits: config.limits,
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(toml: &str) -> Result<Config, String> {
        Settings::from_toml(toml).and_then(Config::from_settings).map_err(|error| error.to_string())
    }

    #[test]
    fn the_default_is_an_embedded_database_on_loopback() {
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
    fn a_fixed_answer_is_an_error_on_non_loopback_addresses() {
        let error = resolve("[captcha]\nfixed_answer = \"KM7RT\"\n[grpc]\naddr = \"0.0.0.0:50051\"\ninsecure = true\n")
            .unwrap_err();
        assert!(error.contains("loopback"), "{error}");
        let error = resolve("[captcha]\nfixed_answer = \"KM7RT\"\n[http]\naddr = \"0.0.0.0:9464\"\n").unwrap_err();
        assert!(error.contains("loopback"), "{error}");
    }

    #[test]
    fn plaintext_on_a_non_loopback_address_must_be_allowed_explicitly() {
        let listening = |rest: &str| resolve(&format!("[grpc]\naddr = \"0.0.0.0:50051\"\n{rest}"));
        let error = listening("").unwrap_err();
        assert!(error.contains("plaintext") && error.contains("grpc.insecure"), "{error}");
        assert!(listening("insecure = true\n").is_ok());
        assert!(listening("tls_cert_file = \"c\"\ntls_key_file = \"k\"\n").is_ok());
        assert!(listening("tls_cert_file = \"c\"\n").unwrap_err().contains("must be set together"));
        assert!(listening("insecure = true\ntls_client_ca_file = \"a\"\n").unwrap_err().contains("tls_cert_file"));
    }

    #[test]
    fn images_use_every_profile_by_default() {
        let config = resolve("").unwrap();
        assert_eq!((config.alphabet, config.profiles), (Alphabet::Mixed, Profile::ALL.to_vec()));
        let config = resolve("[captcha]\nalphabet = \"DIGITS\"\nprofiles = [\"BANDS\"]\n").unwrap();
        assert_eq!((config.alphabet, config.profiles), (Alphabet::Digits, vec![Profile::Bands]));
    }

    #[test]
    fn errors_name_invalid_profiles_and_alphabets() {
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
    fn an_error_about_missing_keys_names_the_command_that_creates_them() {
        let error = resolve("database_url = \"postgres://a@b/c\"").unwrap_err();
        assert!(error.contains("duyetd keys generate"), "{error}");
    }

    #[test]
    fn an_error_about_a_quota_names_its_line() {
        let error = resolve("[limits]\nsubmits_per_device = \"5 per minute\"\n").unwrap_err();
        assert!(error.contains("line 2") && error.contains("5/1m"), "{error}");
    }

    #[test]
    fn the_tries_of_a_proof_of_work_are_bounded() {
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
    fn a_comment_waits_thirty_days_by_default() {
        assert_eq!(resolve("").unwrap().expire_pending_days, 30);
        assert_eq!(resolve("[policy]\nexpire_pending_days = 365\n").unwrap().expire_pending_days, 365);
        for days in ["0", "366", "-1"] {
            let error = resolve(&format!("[policy]\nexpire_pending_days = {days}\n")).unwrap_err();
            assert!(error.contains("policy.expire_pending_days"), "{error}");
            let error = resolve(&format!("[retention]\nchanges_days = {days}\n")).unwrap_err();
            assert!(error.contains("retention.changes_days"), "{error}");
            let error = resolve(&format!("[retention]\nspam_days = {days}0\n")).unwrap_err();
            assert!(error.contains("retention") || error.contains("line 2"), "{error}");
        }
    }

    #[test]
    fn a_printed_configuration_can_be_parsed() {
        let config = Config::from_settings(Settings::default()).unwrap();
        let printed = toml::to_string(&Settings::from(&config)).unwrap();
        Settings::from_toml(&printed).unwrap();
    }
}
