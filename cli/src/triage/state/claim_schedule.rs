//! Times of the next claim and of the next count of the queue.

use chrono::{DateTime, Utc};

/// The schedule of claims and counts.
#[derive(Debug)]
pub(super) struct ClaimSchedule {
    pub(super) in_flight: Option<ClaimInFlight>,
    pub(super) not_before: DateTime<Utc>,
    pub(super) tries: u32,
    pub(super) is_counting: bool,
    pub(super) count_at: DateTime<Utc>,
}

/// A claim without a response so far.
#[derive(Debug)]
pub(super) struct ClaimInFlight {
    pub(super) sent_at: DateTime<Utc>,
    /// True if it requested new comments.
    pub(super) for_more: bool,
    /// Largest number of new comments.
    pub(super) limit: i32,
    pub(super) renews: Vec<String>,
    /// Comments decided since the request: the response may be stale for them.
    pub(super) decided: Vec<String>,
}

impl ClaimSchedule {
    pub(super) const fn new(now: DateTime<Utc>) -> Self {
        Self { in_flight: None, not_before: now, tries: 0, is_counting: false, count_at: now }
    }

    pub(super) const fn is_in_flight(&self) -> bool {
        self.in_flight.is_some()
    }

    pub(super) fn hurry(&mut self, now: DateTime<Utc>) {
        self.not_before = self.not_before.min(now);
        self.count_at = self.count_at.min(now);
    }

    pub(super) fn note_decided(&mut self, id: &str) {
        if let Some(in_flight) = &mut self.in_flight {
            in_flight.decided.push(id.to_owned());
        }
    }
}
