//! Where the service listens, and how.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::address::ListenAddr;

/// The gRPC listener.
#[derive(Debug, Clone, Default, clap::Args, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GrpcSettings {
    /// gRPC address, by number or name; port 0 picks a free one [default: 127.0.0.1:50051]
    #[arg(id = "grpc_addr", long = "grpc-addr", env = "DUYET_GRPC_ADDR", global = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub addr: Option<ListenAddr>,
    /// Whether reflection answers [default: true]
    #[arg(id = "grpc_reflection", long = "grpc-reflection", env = "DUYET_GRPC_REFLECTION", global = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reflection: Option<bool>,
    /// Certificate of the listener with its chain, in PEM; read again when it changes
    #[arg(id = "grpc_tls_cert_file", long = "grpc-tls-cert-file", env = "DUYET_GRPC_TLS_CERT_FILE", global = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_cert_file: Option<PathBuf>,
    /// Private key of the certificate, in PEM
    #[arg(id = "grpc_tls_key_file", long = "grpc-tls-key-file", env = "DUYET_GRPC_TLS_KEY_FILE", global = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_key_file: Option<PathBuf>,
    /// Authorities that sign clients' certificates, in PEM; then every client needs one, beside its token
    #[arg(
        id = "grpc_tls_client_ca_file",
        long = "grpc-tls-client-ca-file",
        env = "DUYET_GRPC_TLS_CLIENT_CA_FILE",
        global = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_client_ca_file: Option<PathBuf>,
    /// Whether plaintext is allowed beyond loopback, behind a proxy that ends TLS [default: false]
    #[arg(id = "grpc_insecure", long = "grpc-insecure", env = "DUYET_GRPC_INSECURE", global = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub insecure: Option<bool>,
    /// Connections that one peer (an IPv4 address, or a /64 of IPv6) may hold at once [default: a quarter of all]
    #[arg(
        id = "grpc_connections_per_peer",
        long = "grpc-connections-per-peer",
        env = "DUYET_GRPC_CONNECTIONS_PER_PEER",
        global = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connections_per_peer: Option<usize>,
    /// Milliseconds between two signs of life of a stream, at which its token is checked again, 100 to 15000 [default: 15000]
    #[arg(id = "grpc_heartbeat_ms", long = "grpc-heartbeat-ms", env = "DUYET_GRPC_HEARTBEAT_MS", global = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heartbeat_ms: Option<u64>,
    /// Milliseconds between SIGTERM and the end of listening [default: 2000]
    #[arg(
        id = "grpc_drain_notice_ms",
        long = "grpc-drain-notice-ms",
        env = "DUYET_GRPC_DRAIN_NOTICE_MS",
        global = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drain_notice_ms: Option<u64>,
}

/// The HTTP listener.
#[derive(Debug, Clone, Default, clap::Args, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpSettings {
    /// Address of metrics and probes, by number or name; port 0 picks a free one [default: 127.0.0.1:9464]
    #[arg(id = "http_addr", long = "http-addr", env = "DUYET_HTTP_ADDR", global = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub addr: Option<ListenAddr>,
}

impl GrpcSettings {
    /// `self` where it is set.
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
