//! Rate-limited reports of database outages: an outage is logged once and then every 30 seconds, and not by every
//! attempt of every task.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::domain::Error;

const REPORT_AGAIN: Duration = Duration::from_secs(30);

/// The time of the last report of the current outage.
#[derive(Debug, Default)]
pub(super) struct OutageReports {
    reported: Mutex<Option<Instant>>,
}

impl OutageReports {
    /// Checks whether the caller must report the outage now. If so, it counts as reported.
    pub(super) fn is_due(&self) -> bool {
        self.is_due_at(Instant::now())
    }

    fn is_due_at(&self, now: Instant) -> bool {
        let mut reported = self.reported.lock().unwrap_or_else(PoisonError::into_inner);
        let due = reported.is_none_or(|last| now.duration_since(last) >= REPORT_AGAIN);
        if due {
            *reported = Some(now);
        }
        due
    }

    /// Ends the outage, so that the next one is reported immediately.
    pub(super) fn ended(&self) {
        self.reported.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Logs that background work failed. Failures for other reasons than an outage are always logged.
    pub(super) fn report(&self, error: &Error) {
        let Error::StorageUnavailable(cause) = error else {
            tracing::warn!(reason = error.reason(), "background work failed");
            return;
        };
        if self.is_due() {
            tracing::warn!(reason = error.reason(), %cause, "background work failed: the database is not available");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_reported_once_and_then_every_30_seconds() {
        let (away, start) = (OutageReports::default(), Instant::now());
        let tries = (0..180).map(|n| start + n * Duration::from_millis(500));
        assert_eq!(tries.filter(|now| away.is_due_at(*now)).count(), 3, "at 0 s, 30 s and 60 s");
        away.ended();
        assert!(away.is_due_at(start) && !away.is_due_at(start));
    }
}
