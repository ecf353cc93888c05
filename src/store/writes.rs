//! The result of the last writes, for the health check. On a full disk, reads still succeed and a transaction still
//! begins, so only a write shows the failure.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::domain::{Error, Result};

/// Size of a trial write in bytes. Fewer bytes might fit into pages that the database has already allocated.
pub(super) const TRIAL_BYTES: i32 = 64 * 1024;

/// Whether a write failed since the last successful trial write. After a failure, the health check makes a trial write,
/// which costs more than beginning a transaction.
#[derive(Debug, Default)]
pub(super) struct Writes {
    failed: AtomicBool,
}

impl Writes {
    /// Records a failure when the storage was not available. Returns the result unchanged.
    pub(super) fn note<T>(&self, result: Result<T>) -> Result<T> {
        if matches!(result, Err(Error::StorageUnavailable(_))) {
            self.failed.store(true, Ordering::Relaxed);
        }
        result
    }

    /// Returns `true` when a write failed and no trial write succeeded since.
    pub(super) fn are_in_doubt(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    /// Clears the failure after a trial write succeeded.
    pub(super) fn succeeded(&self) {
        self.failed.store(false, Ordering::Relaxed);
    }
}
