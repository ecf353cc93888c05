//! The listeners: their addresses, certificates and limits, and access to the metrics.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context as _;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;

use super::clock::now;
use crate::{
    config::Config,
    domain::access::Role,
    grpc::transport::{
        listener,
        tls::{self, Tls},
    },
    ops::{
        connection_slots::ConnectionSlots,
        descriptors::Connections,
        http::{self, MetricsGate, Readiness},
        metric,
    },
    service::Authenticator,
    supervise::supervise,
};

pub(super) fn open_tls(config: &Config) -> anyhow::Result<Option<Arc<Tls>>> {
    let (Some(cert), Some(key)) = (config.tls_cert_file.clone(), config.tls_key_file.clone()) else { return Ok(None) };
    let files = tls::Files { cert, key, client_ca: config.tls_client_ca_file.clone() };
    let tls = Tls::open(files).map_err(anyhow::Error::msg);
    Ok(Some(Arc::new(tls.context("grpc.tls_cert_file, grpc.tls_key_file, grpc.tls_client_ca_file")?)))
}

/// Reloads certificates when they change, until `stop` is cancelled.
pub(super) fn follow(tls: Option<&Arc<Tls>>, stop: &CancellationToken) {
    if let Some(tls) = tls {
        let tls = Arc::clone(tls);
        let follow = supervise("certificate", move || Arc::clone(&tls).follow());
        tokio::spawn(stop.clone().run_until_cancelled_owned(follow));
    }
}

/// Binds the address; errors name its setting.
pub(super) async fn bind(setting: &str, addr: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(addr).await.with_context(|| format!("{setting}: listening on {addr}"))
}

/// Serves metrics and probes until `stop` is cancelled.
pub(super) fn serve_http(
    listener: TcpListener,
    connections: Connections,
    authenticator: &Arc<Authenticator>,
    readiness: watch::Receiver<Readiness>,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let gate = (!listener.local_addr()?.ip().is_loopback()).then(|| metrics_gate(Arc::clone(authenticator)));
    let metrics = metric::install().map_err(anyhow::Error::msg)?;
    let slots = ConnectionSlots::new(connections.http, connections.http / 2);
    let (listener, stop) = (Arc::new(listener), stop.clone());
    tokio::spawn(supervise("http", move || {
        let (listener, slots, stop) = (Arc::clone(&listener), Arc::clone(&slots), stop.clone().cancelled_owned());
        let served = http::serve(listener, slots, metrics.clone(), readiness.clone(), gate.clone(), stop);
        async move {
            if let Err(error) = served.await {
                tracing::error!(%error, "the listener for metrics and probes failed");
            }
        }
    }));
    Ok(())
}

/// Creates the slots of gRPC connections, with a share for each peer.
pub(super) fn grpc_slots(config: &Config, connections: Connections) -> Arc<ConnectionSlots> {
    ConnectionSlots::new(connections.grpc, config.connections_per_peer.unwrap_or(connections.grpc / 4))
}

/// Serves calls until `stop` is cancelled.
pub(super) fn serve_grpc(
    listener: TcpListener,
    tls: Option<Arc<Tls>>,
    slots: Arc<ConnectionSlots>,
    routes: Routes,
    stop: &CancellationToken,
) -> JoinHandle<Result<(), tonic::transport::Error>> {
    let incoming = listener::accept(listener, tls, slots, stop.clone());
    let server = grpc_server().add_routes(routes);
    tokio::spawn(server.serve_with_incoming_shutdown(incoming, stop.clone().cancelled_owned()))
}

fn grpc_server() -> tonic::transport::Server {
    tonic::transport::Server::builder()
        .max_concurrent_streams(256)
        // Flow control window: the bytes that a client may send before they are read. It exceeds one message, and
        // bounds the memory that a client can occupy.
        .initial_stream_window_size(128 * 1024)
        // There is no grace period, which would abort calls: old connections get a GOAWAY, so that clients spread over
        // replicas.
        .max_connection_age(Duration::from_secs(300))
        .http2_keepalive_interval(Some(listener::KEEPALIVE))
        .http2_keepalive_timeout(Some(Duration::from_secs(10)))
}

fn metrics_gate(authenticator: Arc<Authenticator>) -> MetricsGate {
    Arc::new(move |bearer| {
        let authenticator = Arc::clone(&authenticator);
        Box::pin(async move {
            let peer = std::net::Ipv4Addr::UNSPECIFIED.into();
            let caller = authenticator.authenticate(&bearer, peer, now()).await;
            caller.is_ok_and(|caller| caller.role == Role::Metrics)
        })
    })
}
