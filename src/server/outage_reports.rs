//! A database that is away is reported once, and then every 30 s as long as it stays away: not by every try of every task.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::domain::Error;

const REPORT_AGAIN: Duration = Duration::from_secs(30);

/// When it was reported last that the database is away.
#[derive(Debug, Default)]
pub(super) struct OutageReports {
    reported: Mutex<Option<Instant>>,
}

impl OutageReports {
    /// True when it is time to report that the database is away. The caller does so.
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

    /// The database is back: its next absence is reported at once.
    pub(super) fn ended(&self) {
        self.reported.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Reports that background work failed. Every failure is reported that is not the database's absence.
    pub(super) fn report(&self, error: &Error) {
        let Error::StorageUnavailable(cause) = error else {
            tracing::warn!(reason = error.reason(), "background work failed");
            return;
        };
        if self.is_due() {
            tracing::warn!(reason = error.reason(), %cause, "background work failed: the database is away");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absence_is_reported_once_and_then_every_half_minute() {
        let (away, start) = (OutageReports::default(), Instant::now());
        let tries = (0..180).map(|n| start + n * Duration::from_millis(500));
        assert_eq!(tries.filter(|now| away.is_due_at(*now)).count(), 3, "at 0 s, 30 s and 60 s");
        away.ended();
        assert!(away.is_due_at(start) && !away.is_due_at(start));
    }
}
