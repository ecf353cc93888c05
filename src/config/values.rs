//! The values in force of all settings.

use std::{net::SocketAddr, num::NonZeroU32, path::PathBuf, time::Duration};

use super::{secret::Secret, source::ConfigSource, store_sizes::StoreSizes};
use crate::domain::{
    captcha_answer::Alphabet, challenge::ProofTries, comment::TextLimits, image_profile::Profile, mode::Mode,
    privacy::Retention, rate_limit::Quotas, spam::Thresholds,
};

/// A resolved configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// The source from which the configuration can be read again. `None` without a file.
    pub source: Option<ConfigSource>,
    /// Directory for keys, initial tokens and the embedded database.
    pub data_dir: PathBuf,
    /// URL of the PostgreSQL database. `None` uses the embedded SQLite file.
    pub database_url: Option<Secret>,
    /// URL of Redis. `None` keeps rate limits in this process.
    pub redis_url: Option<Secret>,
    /// Approximate number of replicas that share Redis. While Redis is unavailable, each applies its share of the
    /// limits.
    pub expected_replicas: NonZeroU32,
    /// Memory for cached first pages in MiB. 0 disables the cache.
    pub page_cache_mib: u32,
    /// The keys. `None` uses the key file in the data directory, which is created on the first start. Required with a
    /// database URL.
    pub keys: Option<Secret>,
    /// Files that secrets were read from, with the names of their settings.
    pub secret_files: Vec<(&'static str, PathBuf)>,
    /// True if the server may start although keys that protect stored rows are missing.
    pub accept_keys: bool,
    pub grpc_addr: SocketAddr,
    /// The listener's certificate. `None` means plaintext.
    pub tls_cert_file: Option<PathBuf>,
    pub tls_key_file: Option<PathBuf>,
    /// The authorities that clients' certificates must be signed by.
    pub tls_client_ca_file: Option<PathBuf>,
    /// True when plaintext on non-loopback addresses is intended.
    pub insecure: bool,
    /// Maximum number of concurrent connections from one peer. `None` means a quarter of all connections.
    pub connections_per_peer: Option<usize>,
    /// Interval at which a stream sends a heartbeat and its token is verified again.
    pub heartbeat: Duration,
    /// Listen address for metrics and probes.
    pub http_addr: SocketAddr,
    /// True when the reflection services are enabled.
    pub reflection: bool,
    /// How long new calls are still accepted after SIGTERM, until load balancers have noticed the change.
    pub drain_notice: Duration,
    /// The answer of every image, for tests only.
    pub fixed_answer: Option<String>,
    /// Characters of answers.
    pub alphabet: Alphabet,
    /// Styles of images, one of which is picked at random for each image. Not empty.
    pub profiles: Vec<Profile>,
    pub proof_tries: ProofTries,
    pub text: TextLimits,
    pub limits: Quotas,
    pub store: StoreSizes,
    /// Mode of articles and sites that do not set one.
    pub mode: Mode,
    /// Thresholds that apply to a site until they are calibrated from its own decisions.
    pub thresholds: Thresholds,
    /// Percentage of automatic decisions that a moderator reviews as a sample.
    pub sample_percent: u8,
    /// Days after which a comment that was not reviewed is rejected.
    pub expire_pending_days: i64,
    pub retention: Retention,
    /// Log filter, for example `info` or `duyet=debug`.
    pub log: String,
}

impl Config {
    /// Returns the name of the database in use for the log, which must not contain the URL.
    pub const fn store_name(&self) -> &'static str {
        if self.database_url.is_some() { "postgres" } else { "sqlite" }
    }
}
