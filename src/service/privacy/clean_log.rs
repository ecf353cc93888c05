//! Removal of erased text from the write-ahead log before the erasure is answered.

use crate::store::Store;

/// Longest time that an erasure waits for the log to be cleaned.
const CLEANING: std::time::Duration = std::time::Duration::from_millis(250);

/// Makes the first attempt to clean the log after an erasure. Most attempts succeed within milliseconds, so that the
/// text is gone when the erasure is answered. Background work retries after an attempt that fails.
pub(super) async fn try_to_clean_log(store: &dyn Store) {
    let cleaned = tokio::time::timeout(CLEANING, store.clean_log()).await;
    if !matches!(cleaned, Ok(Ok(true))) {
        tracing::info!("erased text stays in the write-ahead log while readers use it: retrying in the background");
    }
}
