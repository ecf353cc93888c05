//! What became of the last writes. Health follows them: a full disk can still be read, and a lock can still be taken.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::domain::{Error, Result};

/// Bytes of a trial write. A few bytes may still fit into pages that the database has already.
pub(super) const TRIAL_BYTES: i32 = 64 * 1024;

/// Whether a write failed since the last trial write succeeded. While it is so, health tries to write and not only to begin.
#[derive(Debug, Default)]
pub(super) struct Writes {
    failed: AtomicBool,
}

impl Writes {
    /// Remembers that the storage was not available, and returns the result as it is.
    pub(super) fn note<T>(&self, result: Result<T>) -> Result<T> {
        if matches!(result, Err(Error::StorageUnavailable(_))) {
            self.failed.store(true, Ordering::Relaxed);
        }
        result
    }

    /// True when a write failed and none was tried successfully since.
    pub(super) fn are_in_doubt(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    /// Ends the doubt after a trial write.
    pub(super) fn succeeded(&self) {
        self.failed.store(false, Ordering::Relaxed);
    }
}
