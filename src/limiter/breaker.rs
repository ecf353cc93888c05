//! When to stop asking a Redis that fails. Time is a parameter.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

/// So many failures within [`WINDOW`] open the breaker: enough to pass over one lost connection.
const FAILURES: usize = 5;
const WINDOW: Duration = Duration::from_secs(1);
/// So many time-outs in a row open it sooner: each has kept a reader waiting, and its write may still land.
const TIME_OUTS: u32 = 3;

/// What went wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    Error,
    TimeOut,
}

/// Closed: calls go through. Open: none does, until a probe has closed it.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    open: bool,
    failures: VecDeque<Instant>,
    time_outs: u32,
}

impl Breaker {
    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    /// Notes a call that went well.
    pub(super) fn succeeded(&mut self) {
        self.time_outs = 0;
    }

    /// Notes a call that failed at `now`; true when this one opens the breaker.
    pub(super) fn failed(&mut self, fault: Fault, now: Instant) -> bool {
        self.failures.push_back(now);
        while self.failures.len() > FAILURES
            || self.failures.front().is_some_and(|first| now.duration_since(*first) > WINDOW)
        {
            self.failures.pop_front();
        }
        self.time_outs = if fault == Fault::TimeOut { self.time_outs + 1 } else { 0 };
        (self.failures.len() >= FAILURES || self.time_outs >= TIME_OUTS) && self.open()
    }

    /// Opens it; true when it was closed.
    pub(super) fn open(&mut self) -> bool {
        !std::mem::replace(&mut self.open, true)
    }

    /// Closes it and forgets the failures.
    pub(super) fn close(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORTLY: Duration = Duration::from_millis(100);

    #[test]
    fn five_failures_within_a_second_open_it() {
        let (mut breaker, now) = (Breaker::default(), Instant::now());
        for nth in 0..4 {
            assert!(!breaker.failed(Fault::Error, now + SHORTLY * nth));
            breaker.succeeded();
        }
        assert!(breaker.failed(Fault::Error, now + SHORTLY * 4));
        assert!(breaker.is_open());
        assert!(!breaker.failed(Fault::Error, now + SHORTLY * 5), "it opens once");
    }

    #[test]
    fn five_failures_spread_wider_do_not() {
        let (mut breaker, now) = (Breaker::default(), Instant::now());
        for nth in 0..20 {
            assert!(!breaker.failed(Fault::Error, now + SHORTLY * 3 * nth));
        }
        assert!(!breaker.is_open());
    }

    #[test]
    fn three_time_outs_in_a_row_open_it() {
        let (mut breaker, now) = (Breaker::default(), Instant::now());
        let mut later = now;
        for _ in 0..10 {
            later += WINDOW * 2;
            assert!(!breaker.failed(Fault::TimeOut, later));
            assert!(!breaker.failed(Fault::TimeOut, later));
            breaker.succeeded();
        }
        let last = later + WINDOW * 2;
        assert!(!breaker.failed(Fault::TimeOut, last));
        assert!(!breaker.failed(Fault::TimeOut, last));
        assert!(breaker.failed(Fault::TimeOut, last));
    }

    #[test]
    fn closing_forgets_what_was() {
        let (mut breaker, now) = (Breaker::default(), Instant::now());
        assert!(breaker.open());
        assert!(!breaker.open());
        for _ in 0..4 {
            breaker.failed(Fault::TimeOut, now);
        }
        breaker.close();
        assert!(!breaker.failed(Fault::TimeOut, now));
        assert!(!breaker.is_open());
    }
}
