//! Every setting with its value in force.

use std::{net::SocketAddr, num::NonZeroU32, path::PathBuf, time::Duration};

use super::{secret::Secret, source::ConfigSource, store_sizes::StoreSizes};
use crate::domain::{
    captcha_answer::Alphabet, challenge::ProofTries, comment::TextLimits, image_profile::Profile, mode::Mode,
    privacy::Retention, rate_limit::Quotas, spam::Thresholds,
};

/// Everything that was decided at start.
#[derive(Debug, Clone)]
pub struct Config {
    /// To read it again; `None` without a file.
    pub source: Option<ConfigSource>,
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
    /// Tests only: every image has this answer.
    pub fixed_answer: Option<String>,
    /// What answers are made of.
    pub alphabet: Alphabet,
    /// Styles of images, one picked for each. Not empty.
    pub profiles: Vec<Profile>,
    pub proof_tries: ProofTries,
    pub text: TextLimits,
    pub limits: Quotas,
    pub store: StoreSizes,
    /// Mode of articles that set none.
    pub mode: Mode,
    /// In force on a site until its own decisions set others.
    pub thresholds: Thresholds,
    /// Of 100 automatic decisions, so many go to a moderator.
    pub sample_percent: u8,
    /// A comment that waited so many days is rejected.
    pub expire_pending_days: i64,
    pub retention: Retention,
    /// Filter of the log, for example `info` or `duyet=debug`.
    pub log: String,
}

impl Config {
    /// Where comments live, for the log: never the URL.
    pub const fn store_name(&self) -> &'static str {
        if self.database_url.is_some() { "postgres" } else { "sqlite" }
    }
}
