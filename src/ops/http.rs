//! The HTTP listener: `/metrics`, `/livez`, `/readyz`.

use std::{future::Future, sync::Arc};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::{net::TcpListener, sync::watch};

/// Whether calls should be sent here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// Connecting or migrating.
    Starting,
    Ready,
    /// The database has been away for a while.
    StoreDown,
    /// On the way out.
    Draining,
}

/// Says whether a bearer token may read the metrics. Boxed, because who may is not this room's business.
pub type MetricsGate = Arc<dyn Fn(String) -> std::pin::Pin<Box<dyn Future<Output = bool> + Send>> + Send + Sync>;

#[derive(Clone)]
struct Probes {
    metrics: PrometheusHandle,
    readiness: watch::Receiver<Readiness>,
    /// `None` on loopback: whoever is on the machine may read.
    gate: Option<MetricsGate>,
}

/// Serves until `stop` completes.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
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
    axum::serve(listener, router).with_graceful_shutdown(stop).await
}

async fn readyz(State(probes): State<Probes>) -> Response {
    let readiness = *probes.readiness.borrow();
    match readiness {
        Readiness::Ready => "ready\n".into_response(),
        Readiness::Starting => (StatusCode::SERVICE_UNAVAILABLE, "starting\n").into_response(),
        Readiness::StoreDown => (StatusCode::SERVICE_UNAVAILABLE, "the database is away\n").into_response(),
        Readiness::Draining => (StatusCode::SERVICE_UNAVAILABLE, "draining\n").into_response(),
    }
}

async fn render(State(probes): State<Probes>, headers: HeaderMap) -> Response {
    if let Some(gate) = &probes.gate {
        let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let bearer = header.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
        if !gate(bearer.to_owned()).await {
            let message = "a bearer token of role METRICS or ADMIN is needed\n";
            return (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")], message).into_response();
        }
    }
    let content_type = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (content_type, probes.metrics.render()).into_response()
}
