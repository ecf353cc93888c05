//! One caller of an HTTP server, on one connection that stays open as long as the server allows.

use std::net::SocketAddr;

use axum::body::{Body, to_bytes};
use http::{Request, request::Builder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use tonic::Status;

/// Longest response that is read, in bytes.
const LONGEST: usize = 1 << 20;

#[derive(Clone)]
pub(crate) struct HttpCaller {
    client: Client<HttpConnector, Body>,
    address: SocketAddr,
}

impl HttpCaller {
    pub(crate) fn to(address: SocketAddr) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new()).pool_max_idle_per_host(1).build(connector);
        Self { client, address }
    }

    /// Sends a request to a path of the server, and reads the whole response.
    ///
    /// # Errors
    /// Returns an error without a response, or for a response with an error status.
    pub(crate) async fn send(&self, path: &str, request: Builder, body: impl Into<Body>) -> Result<(), Status> {
        let request: Request<Body> =
            request.uri(format!("http://{}{path}", self.address)).body(body.into()).map_err(unknown)?;
        let response = self.client.request(request).await.map_err(unknown)?;
        let status = response.status();
        let text = to_bytes(Body::new(response.into_body()), LONGEST).await.map_err(unknown)?;
        if status.is_success() {
            return Ok(());
        }
        Err(Status::unknown(format!("{path}: {status}: {}", String::from_utf8_lossy(&text))))
    }
}

fn unknown(error: impl std::fmt::Display) -> Status {
    Status::unknown(error.to_string())
}
