//! Settings of the listeners.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::address::ListenAddr;

/// Settings of the gRPC listener.
#[derive(Debug, Clone, Default, clap::Args, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GrpcSettings {
    /// Listen address for gRPC, with an IP address or a host name; port 0 picks a free port [default: 127.0.0.1:50051]
    #[arg(id = "grpc_addr", long = "grpc-addr", env = "DUYET_GRPC_ADDR", global = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub addr: Option<ListenAddr>,
    /// Enables gRPC reflection [default: true]
    #[arg(id = "grpc_reflection", long = "grpc-reflection", env = "DUYET_GRPC_REFLECTION", global = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reflection: Option<bool>,
    /// TLS certificate of the gRPC listener with its chain, in PEM format; reloaded when it changes
    #[arg(id = "grpc_tls_cert_file", long = "grpc-tls-cert-file", env = "DUYET_GRPC_TLS_CERT_FILE", global = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_cert_file: Option<PathBuf>,
    /// Private key of the certificate, in PEM format
    #[arg(id = "grpc_tls_key_file", long = "grpc-tls-key-file", env = "DUYET_GRPC_TLS_KEY_FILE", global = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_key_file: Option<PathBuf>,
    /// Certificate authorities for client certificates, in PEM format; if set, every client needs a certificate in
    /// addition to its token
    #[arg(
        id = "grpc_tls_client_ca_file",
        long = "grpc-tls-client-ca-file",
        env = "DUYET_GRPC_TLS_CLIENT_CA_FILE",
        global = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_client_ca_file: Option<PathBuf>,
    /// Allows plaintext on non-loopback addresses, for use behind a proxy that terminates TLS [default: false]
    #[arg(id = "grpc_insecure", long = "grpc-insecure", env = "DUYET_GRPC_INSECURE", global = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub insecure: Option<bool>,
    /// Maximum number of concurrent connections from one peer (an IPv4 address or an IPv6 /64) [default: a quarter of
    /// all connections]
    #[arg(
        id = "grpc_connections_per_peer",
        long = "grpc-connections-per-peer",
        env = "DUYET_GRPC_CONNECTIONS_PER_PEER",
        global = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connections_per_peer: Option<usize>,
    /// Interval of stream heartbeats in milliseconds, at which a stream's token is verified again, 100 to 15000
    /// [default: 15000]
    #[arg(id = "grpc_heartbeat_ms", long = "grpc-heartbeat-ms", env = "DUYET_GRPC_HEARTBEAT_MS", global = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heartbeat_ms: Option<u64>,
    /// Milliseconds between SIGTERM and the moment when the listener closes [default: 2000]
    #[arg(
        id = "grpc_drain_notice_ms",
        long = "grpc-drain-notice-ms",
        env = "DUYET_GRPC_DRAIN_NOTICE_MS",
        global = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drain_notice_ms: Option<u64>,
}

/// Settings of the HTTP listener.
#[derive(Debug, Clone, Default, clap::Args, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpSettings {
    /// Listen address for metrics and probes, with an IP address or a host name; port 0 picks a free port [default:
    /// 127.0.0.1:9464]
    #[arg(id = "http_addr", long = "http-addr", env = "DUYET_HTTP_ADDR", global = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub addr: Option<ListenAddr>,
}

impl GrpcSettings {
    /// Merges the settings of `self` over those of `file`.
    pub(super) fn over(self, file: Self) -> Self {
        Self {
            addr: self.addr.or(file.addr),
            reflection: self.reflection.or(file.reflection),
            tls_cert_file: self.tls_cert_file.or(file.tls_cert_file),
            tls_key_file: self.tls_key_file.or(file.tls_key_file),
            tls_client_ca_file: self.tls_client_ca_file.or(file.tls_client_ca_file),
            insecure: self.insecure.or(file.insecure),
            connections_per_peer: self.connections_per_peer.or(file.connections_per_peer),
            heartbeat_ms: self.heartbeat_ms.or(file.heartbeat_ms),
            drain_notice_ms: self.drain_notice_ms.or(file.drain_notice_ms),
        }
    }
}
