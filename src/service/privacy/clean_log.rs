//! Removing erased text from the write-ahead log before the erasure is answered.

use crate::store::Store;

/// Longest time that an erasure waits for the log to be cleaned.
const CLEANING: std::time::Duration = std::time::Duration::from_millis(250);

/// Makes the first attempt to clean the log after an erasure. Most succeed within milliseconds, so that nothing of the
/// text is left when the erasure is answered; what this one leaves is retried in the background.
pub(super) async fn try_to_clean_log(store: &dyn Store) {
    let cleaned = tokio::time::timeout(CLEANING, store.clean_log()).await;
    if !matches!(cleaned, Ok(Ok(true))) {
        tracing::info!("erased text is in the write-ahead log until nobody reads it: retrying in the background");
    }
}
