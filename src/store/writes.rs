//! The outcome of the last writes, which health reports: on a full disk, reads still succeed and a transaction still
//! begins.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::domain::{Error, Result};

/// Bytes of a trial write. Fewer bytes might fit into pages that the database has allocated already.
pub(super) const TRIAL_BYTES: i32 = 64 * 1024;

/// Whether a write failed since the last trial write succeeded. After a failure, health makes a trial write, which
/// takes more than beginning a transaction.
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
