//! Graceful shutdown: announces it, lets calls end, and closes the store.

use std::time::Duration;

use tokio::{
    signal::unix::{SignalKind, signal},
    time::timeout,
};

use super::{running::Running, start::start};
use crate::{config::Config, ops::http::Readiness};

/// How long calls in flight may take to end. A call lasts at most 10 s, so even with the longest notice (10 s) and a
/// slow [`CLOSE`], the process ends within the 27 s that a deployment waits.
const DRAIN: Duration = Duration::from_secs(15);

/// How long the store may take to close.
const CLOSE: Duration = Duration::from_secs(5);

impl Running {
    /// Shuts down: reports not ready, waits for the notice period, closes the listener, waits for calls to end, and
    /// closes the store. Open streams and idle connections do not delay it.
    pub async fn stop(mut self) {
        self.readiness.send_replace(Readiness::Draining);
        tracing::info!("draining");
        tokio::time::sleep(self.notice).await;
        self.stop_grpc.cancel();
        // Watches end only after the listener was closed, so that clients that reconnect immediately do not reach this
        // server again.
        self.services.end_watches();
        if timeout(DRAIN, self.in_flight.drained()).await.is_err() {
            tracing::warn!("calls that did not end in time were aborted");
        }
        // Responses of calls that just ended are still being sent. Idle connections would keep the server task running
        // indefinitely.
        if timeout(Duration::from_millis(500), &mut self.grpc).await.is_err() {
            self.grpc.abort();
        }
        self.stop_rest.cancel();
        let closed = timeout(CLOSE, async {
            self.services.close().await;
            self.store.close().await;
        });
        if closed.await.is_err() {
            tracing::warn!("the store did not close in time");
        }
        tracing::info!("stopped");
    }
}

/// Serves until SIGTERM or SIGINT, then shuts down gracefully. A second signal ends the process immediately.
///
/// # Errors
/// The server cannot start, or its gRPC listener ends unexpectedly.
pub async fn serve(config: Config, on_start: impl FnOnce(&Running)) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let signalled = async || {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    serve_until(config, on_start, signalled).await
}

/// Serves until `signalled` completes, then shuts down. While the server starts or drains, `signalled` ends it
/// immediately.
async fn serve_until(
    config: Config,
    on_start: impl FnOnce(&Running),
    mut signalled: impl AsyncFnMut(),
) -> anyhow::Result<()> {
    let mut running = tokio::select! {
        started = start(config) => started?,
        () = signalled() => return Ok(()),
    };
    on_start(&running);
    tokio::select! {
        () = signalled() => {}
        // The listener's connections ended with it. Returning an error makes the process manager restart the server.
        ended = &mut running.grpc => anyhow::bail!("the gRPC listener ended: {ended:?}"),
    }
    tokio::select! {
        () = running.stop() => Ok(()),
        () = signalled() => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;
    use crate::config::Settings;

    #[tokio::test]
    async fn serving_ends_with_an_error_when_the_grpc_listener_ends() {
        let dir = tempfile::tempdir().unwrap();
        let mut config = Config::from_settings(Settings::default()).unwrap();
        config.data_dir = dir.path().to_owned();
        config.grpc_addr = "127.0.0.1:0".parse().unwrap();
        config.http_addr = config.grpc_addr;
        let served = serve_until(config, |running| running.grpc.abort(), async || pending().await);
        let error = timeout(Duration::from_secs(60), served).await.expect("the server is still serving").unwrap_err();
        assert!(error.to_string().starts_with("the gRPC listener ended"), "{error}");
    }
}
