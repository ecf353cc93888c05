//! Differences between two configurations, by whether a running server can apply them.

use super::{secret::Secret, values::Config};

impl Config {
    /// Lists the names of the settings that differ in `other` and need a restart.
    pub fn frozen_differences(&self, other: &Self) -> Vec<&'static str> {
        let secret =
            |config: &Self, pick: fn(&Self) -> Option<&Secret>| pick(config).map(|secret| secret.expose().to_owned());
        let differs = |pick: fn(&Self) -> Option<&Secret>| secret(self, pick) != secret(other, pick);
        [
            ("data_dir", self.data_dir != other.data_dir),
            ("database_url", differs(|config| config.database_url.as_ref())),
            ("redis_url", differs(|config| config.redis_url.as_ref())),
            ("keys", differs(|config| config.keys.as_ref())),
            ("page_cache_mib", self.page_cache_mib != other.page_cache_mib),
            ("store", self.store != other.store),
            ("expected_replicas", self.expected_replicas != other.expected_replicas),
            ("grpc.addr", self.grpc_addr != other.grpc_addr),
            ("grpc.tls_cert_file", self.tls_cert_file != other.tls_cert_file),
            ("grpc.tls_key_file", self.tls_key_file != other.tls_key_file),
            ("grpc.tls_client_ca_file", self.tls_client_ca_file != other.tls_client_ca_file),
            ("grpc.insecure", self.insecure != other.insecure),
            ("grpc.reflection", self.reflection != other.reflection),
            ("grpc.connections_per_peer", self.connections_per_peer != other.connections_per_peer),
            ("grpc.heartbeat_ms", self.heartbeat != other.heartbeat),
            ("grpc.drain_notice_ms", self.drain_notice != other.drain_notice),
            ("http.addr", self.http_addr != other.http_addr),
            ("captcha.fixed_answer", self.fixed_answer != other.fixed_answer),
            ("captcha.alphabet", self.alphabet != other.alphabet),
            ("log", self.log != other.log),
        ]
        .into_iter()
        .filter_map(|(name, differs)| differs.then_some(name))
        .collect()
    }

    /// Lists the names of the settings that differ in `other` and that a running server applies.
    pub fn live_differences(&self, other: &Self) -> Vec<&'static str> {
        [
            ("limits", self.limits != other.limits),
            ("text", self.text != other.text),
            ("policy.mode", self.mode != other.mode),
            ("policy.low, policy.high", self.thresholds != other.thresholds),
            ("policy.sample_percent", self.sample_percent != other.sample_percent),
            ("policy.expire_pending_days", self.expire_pending_days != other.expire_pending_days),
            ("retention", self.retention != other.retention),
            ("captcha.profiles", self.profiles != other.profiles),
            ("captcha.proof_tries", self.proof_tries != other.proof_tries),
        ]
        .into_iter()
        .filter_map(|(name, differs)| differs.then_some(name))
        .collect()
    }
}
