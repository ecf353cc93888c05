//! The number of concurrent calls of one kind.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// A batch waits for a quarter of the calls. The other calls are in other steps, which keep the processors busy
/// meanwhile.
const SHARE: usize = 4;

/// The counter of the calls in flight in this process. A batch reads from it whether more items will arrive soon.
#[derive(Debug, Clone, Default)]
pub struct Crowd(Arc<AtomicUsize>);

/// A call in flight. It is counted until the value is dropped.
#[derive(Debug)]
pub struct InCrowd(Arc<AtomicUsize>);

impl Crowd {
    /// Counts a call until the returned value is dropped.
    #[must_use]
    pub fn enter(&self) -> InCrowd {
        self.0.fetch_add(1, Ordering::Relaxed);
        InCrowd(Arc::clone(&self.0))
    }

    /// Returns the batch size to wait for. It is at most 1 while fewer than eight calls are in flight, so that few
    /// callers never wait for each other.
    pub(super) fn worth_waiting_for(&self) -> usize {
        self.0.load(Ordering::Relaxed) / SHARE
    }
}

impl Drop for InCrowd {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
