use crate::domain::{Error, Result};

/// Runs what takes a core for a while beside the calls.
pub(super) async fn blocking<T: Send + 'static>(task: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(task).await.map_err(|error| Error::internal(Box::new(error)))
}
