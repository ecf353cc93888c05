use crate::domain::{Error, Result};

/// Runs CPU-bound work on the blocking thread pool, so that it does not delay other calls.
pub(super) async fn blocking<T: Send + 'static>(task: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(task).await.map_err(|error| Error::internal(Box::new(error)))
}
