//! A running server.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::{sync::watch, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::data_dir_lock::DirLock;
use crate::{grpc::transport::in_flight::InFlight, ops::http::Readiness, service::Services, store::Store};

/// A running server. If it is dropped without [`Running::stop`], its tasks continue in the runtime.
pub struct Running {
    pub grpc_addr: SocketAddr,
    pub http_addr: SocketAddr,
    pub(super) store: Arc<dyn Store>,
    pub(super) services: Arc<Services>,
    pub(super) readiness: watch::Sender<Readiness>,
    pub(super) in_flight: InFlight,
    pub(super) notice: Duration,
    pub(super) stop_grpc: CancellationToken,
    pub(super) stop_rest: CancellationToken,
    pub(super) grpc: JoinHandle<Result<(), tonic::transport::Error>>,
    /// Held until the store is closed. `None` on PostgreSQL.
    pub(super) _lock: Option<DirLock>,
}
