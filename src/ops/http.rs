//! The HTTP listener for `/metrics`, `/livez` and `/readyz`. It limits the lifetime and the number of connections.

use std::{
    future::Future,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
    serve::Listener,
};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpListener,
    sync::watch,
    time::Sleep,
};

use super::connection_slots::{AdmittedConnection, ConnectionSlots};
use crate::domain::access;

/// Longest lifetime of a connection. A probe or a scrape takes less time, and the next one opens a new connection.
const LIFE: Duration = Duration::from_secs(5);

/// Pause after a failed accept, so that a process without free file descriptors does not busy-loop.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Whether the server accepts calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// The server is connecting to the database or migrating it.
    Starting,
    Ready,
    /// The database has been unavailable for a while.
    StoreDown,
    /// The server is shutting down.
    Draining,
}

/// Decides whether a bearer token permits reading the metrics. It is a boxed closure, because this module does not
/// depend on the services.
pub type MetricsGate = Arc<dyn Fn(String) -> std::pin::Pin<Box<dyn Future<Output = bool> + Send>> + Send + Sync>;

#[derive(Clone)]
struct Probes {
    metrics: PrometheusHandle,
    readiness: watch::Receiver<Readiness>,
    /// `None` on loopback, where every local user may read the metrics.
    gate: Option<MetricsGate>,
}

/// Serves until `stop` completes.
///
/// # Errors
/// The listener's I/O error.
pub async fn serve(
    listener: Arc<TcpListener>,
    slots: Arc<ConnectionSlots>,
    metrics: PrometheusHandle,
    readiness: watch::Receiver<Readiness>,
    gate: Option<MetricsGate>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let router = Router::new()
        .route("/livez", get(async || "ok\n"))
        .route("/readyz", get(readyz))
        .route("/metrics", get(render))
        .with_state(Probes { metrics, readiness, gate });
    axum::serve(BoundedListener { listener, slots }, router).with_graceful_shutdown(stop).await
}

async fn readyz(State(probes): State<Probes>) -> Response {
    let readiness = *probes.readiness.borrow();
    match readiness {
        Readiness::Ready => "ready\n".into_response(),
        Readiness::Starting => (StatusCode::SERVICE_UNAVAILABLE, "starting\n").into_response(),
        Readiness::StoreDown => (StatusCode::SERVICE_UNAVAILABLE, "the database is not available\n").into_response(),
        Readiness::Draining => (StatusCode::SERVICE_UNAVAILABLE, "draining\n").into_response(),
    }
}

async fn render(State(probes): State<Probes>, headers: HeaderMap) -> Response {
    if let Some(gate) = &probes.gate {
        let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let bearer = header.and_then(access::bearer).unwrap_or_default();
        if !gate(bearer.to_owned()).await {
            let message = "a bearer token with the role METRICS is required\n";
            return (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")], message).into_response();
        }
    }
    let content_type = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (content_type, probes.metrics.render()).into_response()
}

/// A listener that accepts only as many connections as there are slots.
struct BoundedListener {
    listener: Arc<TcpListener>,
    slots: Arc<ConnectionSlots>,
}

impl Listener for BoundedListener {
    type Io = Passing;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Passing, SocketAddr) {
        loop {
            match self.listener.accept().await {
                Ok((socket, peer)) => {
                    if let Some(admitted) = self.slots.admit(socket, peer) {
                        return (Passing { admitted, life: Box::pin(tokio::time::sleep(LIFE)) }, peer);
                    }
                }
                Err(error) => {
                    tracing::warn!(cause = %error, "accepting a connection failed");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection that is closed when it is older than [`LIFE`].
struct Passing {
    admitted: AdmittedConnection,
    life: Pin<Box<Sleep>>,
}

impl Passing {
    fn is_over(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        if self.life.as_mut().poll(cx).is_ready() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(()) }
    }
}

impl AsyncRead for Passing {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.is_over(cx)?;
        Pin::new(&mut self.admitted).poll_read(cx, buf)
    }
}

impl AsyncWrite for Passing {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.is_over(cx)?;
        Pin::new(&mut self.admitted).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.admitted).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.admitted).poll_shutdown(cx)
    }
}
