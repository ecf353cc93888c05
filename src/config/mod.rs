//! Settings: flag > environment > TOML file > default, resolved once at start into what the rooms of the house take.

mod listeners;
mod secret;
mod settings;
mod source;

use std::{net::SocketAddr, num::NonZeroU32, path::PathBuf, time::Duration};

pub use secret::Secret;
pub use settings::{Settings, without_empty_variables};
pub use source::Source;

use crate::domain::{
    answer::Alphabet,
    challenge::ProofTries,
    comment::TextLimits,
    picture::Profile,
    policy::{EXPIRE_PENDING_DAYS, Mode, SAMPLE_PERCENT, Thresholds},
    privacy::Retention,
    rate_limit::Quotas,
};

/// A thousand first pages of long comments.
const PAGE_CACHE_MIB: u32 = 16;
const MOST_PAGE_CACHE_MIB: u32 = 4_096;

/// Streams show at least so often that they are alive, in milliseconds. A revoked token ends them within this and 5 s more.
const MOST_HEARTBEAT_MS: u64 = 15_000;

/// Most replicas: with more, a part of any quota would be one event for all of them.
const MOST_REPLICAS: u32 = 1_000;

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
    /// One sentence that names the setting.
    pub fn from_settings(settings: Settings) -> Result<Self, String> {
        let defaults = Thresholds::default();
        let config = Self {
            source: None,
            data_dir: settings.data_dir.unwrap_or_else(|| "duyet-data".into()),
            database_url: Secret::choose("DATABASE_URL", settings.database_url, settings.database_url_file)?,
            redis_url: Secret::choose("REDIS_URL", settings.redis_url, settings.redis_url_file)?,
            expected_replicas: settings.expected_replicas.unwrap_or(NonZeroU32::MIN),
            page_cache_mib: settings.page_cache_mib.unwrap_or(PAGE_CACHE_MIB),
            keys: Secret::choose("DUYET_KEYS", settings.keys, settings.keys_file)?,
            grpc_addr: settings.grpc.addr.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 50_051))),
            tls_cert_file: settings.grpc.tls_cert_file,
            tls_key_file: settings.grpc.tls_key_file,
            tls_client_ca_file: settings.grpc.tls_client_ca_file,
            insecure: settings.grpc.insecure.unwrap_or(false),
            connections_per_peer: settings.grpc.connections_per_peer,
            heartbeat: Duration::from_millis(settings.grpc.heartbeat_ms.unwrap_or(MOST_HEARTBEAT_MS)),
            http_addr: settings.http.addr.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 9_464))),
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
        config.check()?;
        Ok(config)
    }

    /// Where comments live, for the log: never the URL.
    pub const fn store_name(&self) -> &'static str {
        if self.database_url.is_some() { "postgres" } else { "sqlite" }
    }

    fn check_listeners(&self) -> Result<(), String> {
        if self.tls_cert_file.is_some() != self.tls_key_file.is_some() {
            return Err("grpc.tls_cert_file and grpc.tls_key_file go together".to_owned());
        }
        if self.tls_client_ca_file.is_some() && self.tls_cert_file.is_none() {
            return Err("grpc.tls_client_ca_file needs grpc.tls_cert_file".to_owned());
        }
        if self.tls_cert_file.is_none() && !self.grpc_addr.ip().is_loopback() && !self.insecure {
            return Err(format!(
                "grpc.addr ({}) is beyond loopback and would be plaintext: set grpc.tls_cert_file and grpc.tls_key_file, \
                 or grpc.insecure = true behind a proxy that ends TLS",
                self.grpc_addr
            ));
        }
        if self.connections_per_peer == Some(0) {
            return Err("grpc.connections_per_peer is at least 1".to_owned());
        }
        if !(Duration::from_millis(100)..=Duration::from_millis(MOST_HEARTBEAT_MS)).contains(&self.heartbeat) {
            return Err(format!("grpc.heartbeat_ms is 100 to {MOST_HEARTBEAT_MS}"));
        }
        let loopback = self.grpc_addr.ip().is_loopback() && self.http_addr.ip().is_loopback();
        if self.fixed_answer.is_some() && !loopback {
            return Err(
                "captcha.fixed_answer is for tests: it is refused unless grpc.addr and http.addr are on loopback"
                    .to_owned(),
            );
        }
        Ok(())
    }

    fn check(&self) -> Result<(), String> {
        self.check_listeners()?;
        if let Some(answer) = &self.fixed_answer
            && !answer.chars().all(|c| self.alphabet.symbols().contains(c.to_ascii_uppercase()))
        {
            return Err(format!("captcha.fixed_answer must be made of {}", self.alphabet.symbols()));
        }
        let once = |profile| self.profiles.iter().filter(|other| *other == profile).count() == 1;
        if self.profiles.is_empty() || !self.profiles.iter().all(once) {
            let names: Vec<_> = Profile::ALL.iter().map(|profile| profile.as_str()).collect();
            return Err(format!("captcha.profiles must name one or more of {}, each once", names.join(", ")));
        }
        if self.expected_replicas.get() > MOST_REPLICAS {
            return Err(format!("expected_replicas ({}) is at most {MOST_REPLICAS}", self.expected_replicas));
        }
        if self.page_cache_mib > MOST_PAGE_CACHE_MIB {
            return Err(format!("page_cache_mib ({}) is at most {MOST_PAGE_CACHE_MIB}", self.page_cache_mib));
        }
        if !self.proof_tries.is_sane() {
            let most = ProofTries::MOST;
            return Err(format!("captcha.proof_tries: 1 <= light <= normal <= hard <= {most} must hold"));
        }
        if self.drain_notice > Duration::from_secs(10) {
            return Err("grpc.drain_notice_ms is at most 10000, to leave time for the drain itself".to_owned());
        }
        if self.database_url.is_some() && self.keys.is_none() {
            return Err("DUYET_KEYS is not set: with DATABASE_URL every replica needs the same keys. \
                 Make them once with `duyetd keys generate` and pass them as DUYET_KEYS or DUYET_KEYS_FILE"
                .to_owned());
        }
        if let Some(url) = &self.database_url
            && !["postgres://", "postgresql://"].iter().any(|scheme| url.expose().starts_with(scheme))
        {
            return Err(
                "DATABASE_URL must start with postgres:// (without it, comments go into the data directory)".to_owned()
            );
        }
        let Thresholds { low, high, .. } = self.thresholds;
        if !(0.0..=1.0).contains(&low) || !(0.0..=1.0).contains(&high) || low > high {
            return Err(format!("policy.low ({low}) and policy.high ({high}) must be ordered and within 0 and 1"));
        }
        if self.sample_percent > 100 {
            return Err(format!("policy.sample_percent ({}) must be within 0 and 100", self.sample_percent));
        }
        if !(1..=365).contains(&self.expire_pending_days) {
            return Err(format!("policy.expire_pending_days ({}) must be within 1 and 365", self.expire_pending_days));
        }
        let Retention { spam_days, rejected_days } = self.retention;
        if !(1..=3_650).contains(&spam_days) || !(1..=3_650).contains(&rejected_days) {
            return Err("retention: spam_days and rejected_days are 1 to 3650".to_owned());
        }
        let TextLimits { name, title, content } = self.text;
        if !(1..=200).contains(&name) || title > 500 || !(1..=5_000).contains(&content) {
            return Err("text: name is 1 to 200, title 0 to 500, content 1 to 5000 graphemes (a message holds 64 KiB)"
                .to_owned());
        }
        Ok(())
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
