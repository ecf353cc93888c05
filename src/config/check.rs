//! Checks of ranges and of settings that depend on each other.

use std::time::Duration;

use super::{problem::Problems, store_sizes::StoreSizes, values::Config};
use crate::domain::{
    challenge::ProofTries, comment::TextLimits, image_profile::Profile, privacy::Retention, spam::Thresholds,
};

/// Maximum number of replicas. With more, a replica's share of any quota would be less than one event.
const MOST_REPLICAS: u32 = 1_000;
const MOST_PAGE_CACHE_MIB: u32 = 4_096;

/// Longest interval between heartbeats of a stream, in milliseconds. A stream ends at most this long plus 5 seconds
/// after its token was revoked.
pub(super) const MOST_HEARTBEAT_MS: u64 = 15_000;

impl Config {
    pub(super) fn check(&self, problems: &mut Problems) {
        self.check_listeners(problems);
        self.check_captcha(problems);
        self.check_numbers(problems);
        let url = self.database_url.as_ref();
        let is_postgres = |url: &str| ["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme));
        problems.unless(url.is_none_or(|url| is_postgres(url.expose())), || {
            "DATABASE_URL must start with postgres:// (without it, comments go into the data directory)".to_owned()
        });
    }

    fn check_listeners(&self, problems: &mut Problems) {
        problems.unless(self.tls_cert_file.is_some() == self.tls_key_file.is_some(), || {
            "grpc.tls_cert_file and grpc.tls_key_file must be set together".to_owned()
        });
        problems.unless(self.tls_client_ca_file.is_none() || self.tls_cert_file.is_some(), || {
            "grpc.tls_client_ca_file needs grpc.tls_cert_file".to_owned()
        });
        let is_secured = self.tls_cert_file.is_some() || self.grpc_addr.ip().is_loopback() || self.insecure;
        problems.unless(is_secured, || {
            format!(
                "grpc.addr ({}) is not a loopback address and would use plaintext: set grpc.tls_cert_file and grpc.tls_key_file, \
                 or grpc.insecure = true behind a proxy that terminates TLS",
                self.grpc_addr
            )
        });
        problems
            .unless(self.connections_per_peer != Some(0), || "grpc.connections_per_peer must be at least 1".to_owned());
        let beats = Duration::from_millis(100)..=Duration::from_millis(MOST_HEARTBEAT_MS);
        problems.unless(beats.contains(&self.heartbeat), || {
            format!("grpc.heartbeat_ms must be between 100 and {MOST_HEARTBEAT_MS}")
        });
        let is_on_loopback = self.grpc_addr.ip().is_loopback() && self.http_addr.ip().is_loopback();
        problems.unless(self.fixed_answer.is_none() || is_on_loopback, || {
            "captcha.fixed_answer is for tests: it is an error unless grpc.addr and http.addr are on loopback"
                .to_owned()
        });
        problems.unless(self.grpc_addr != self.http_addr || self.grpc_addr.port() == 0, || {
            format!("grpc.addr and http.addr are both {}: each listener needs its own address", self.grpc_addr)
        });
        problems.unless(self.drain_notice <= Duration::from_secs(10), || {
            "grpc.drain_notice_ms must be at most 10000, to leave time for the drain itself".to_owned()
        });
    }

    fn check_captcha(&self, problems: &mut Problems) {
        let symbols = self.alphabet.symbols();
        let is_made_of = |answer: &String| answer.chars().all(|c| symbols.contains(c.to_ascii_uppercase()));
        problems.unless(self.fixed_answer.as_ref().is_none_or(is_made_of), || {
            format!("captcha.fixed_answer must be made of {symbols}")
        });
        let once = |profile| self.profiles.iter().filter(|other| *other == profile).count() == 1;
        problems.unless(!self.profiles.is_empty() && self.profiles.iter().all(once), || {
            let names: Vec<_> = Profile::ALL.iter().map(|profile| profile.as_str()).collect();
            format!("captcha.profiles must name one or more of {}, each once", names.join(", "))
        });
        problems.unless(self.proof_tries.is_sane(), || {
            format!("captcha.proof_tries: 1 <= light <= normal <= hard <= {} must hold", ProofTries::MOST)
        });
    }

    fn check_numbers(&self, problems: &mut Problems) {
        problems.unless(self.expected_replicas.get() <= MOST_REPLICAS, || {
            format!("expected_replicas ({}) must be at most {MOST_REPLICAS}", self.expected_replicas)
        });
        problems.unless(self.page_cache_mib <= MOST_PAGE_CACHE_MIB, || {
            format!("page_cache_mib ({}) must be at most {MOST_PAGE_CACHE_MIB}", self.page_cache_mib)
        });
        let StoreSizes { connections, writers, readers } = self.store;
        let sane = (5..=200).contains(&connections) && (1..=16).contains(&writers) && (1..=16).contains(&readers);
        problems.unless(sane, || {
            format!(
                "store: connections ({connections}) must be between 5 and 200, writers ({writers}) \
                 and readers ({readers}) between 1 and 16"
            )
        });
        let Thresholds { low, high, .. } = self.thresholds;
        problems.unless((0.0..=1.0).contains(&low) && (0.0..=1.0).contains(&high) && low <= high, || {
            format!("policy.low ({low}) and policy.high ({high}) must be in order and between 0 and 1")
        });
        problems.unless(self.sample_percent <= 100, || {
            format!("policy.sample_percent ({}) must be between 0 and 100", self.sample_percent)
        });
        problems.unless((1..=365).contains(&self.expire_pending_days), || {
            format!("policy.expire_pending_days ({}) must be between 1 and 365", self.expire_pending_days)
        });
        let Retention { spam_days, rejected_days, changes_days } = self.retention;
        problems.unless((1..=3_650).contains(&spam_days) && (1..=3_650).contains(&rejected_days), || {
            "retention: spam_days and rejected_days must be between 1 and 3650".to_owned()
        });
        problems.unless((1..=365).contains(&changes_days), || {
            format!("retention.changes_days ({changes_days}) must be between 1 and 365")
        });
        let TextLimits { name, title, content } = self.text;
        problems.unless((1..=200).contains(&name) && title <= 500 && (1..=5_000).contains(&content), || {
            "text: name must be 1 to 200, title 0 to 500 and content 1 to 5000 graphemes, \
             because a message holds at most 64 KiB"
                .to_owned()
        });
    }
}
