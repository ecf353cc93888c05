//! When to stop asking a Redis that fails. Time is a parameter.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

/// So many errors within [`WINDOW`] open the breaker: enough to pass over one lost connection.
const ERRORS: usize = 5;
const WINDOW: Duration = Duration::from_secs(1);
/// So many time-outs without an answer between them open it, when they last for [`SILENCE`]. A server that says nothing at
/// all is found by the watch long before. This is for one that answers the watch and no call.
const TIME_OUTS: u32 = 3;
const SILENCE: Duration = Duration::from_secs(1);

/// What went wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    Error,
    TimeOut,
}

/// Closed: calls go through. Open: none does, until a probe has closed it.
#[derive(Debug, Default)]
pub(super) struct CircuitBreaker {
    open: bool,
    errors: VecDeque<Instant>,
    time_outs: u32,
    /// The first time-out since the last answer.
    silent_since: Option<Instant>,
}

impl CircuitBreaker {
    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    /// Notes a call that went well.
    pub(super) fn succeeded(&mut self) {
        (self.time_outs, self.silent_since) = (0, None);
    }

    /// Notes a call that failed at `now`; true when this one opens the breaker.
    pub(super) fn failed(&mut self, fault: Fault, now: Instant) -> bool {
        let is_enough = match fault {
            Fault::Error => self.is_error_too_many(now),
            Fault::TimeOut => {
                self.time_outs += 1;
                let since = *self.silent_since.get_or_insert(now);
                self.time_outs >= TIME_OUTS && now.duration_since(since) >= SILENCE
            }
        };
        is_enough && self.open()
    }

    fn is_error_too_many(&mut self, now: Instant) -> bool {
        // An error is an answer, too.
        self.succeeded();
        self.errors.push_back(now);
        while self.errors.len() > ERRORS || self.errors.front().is_some_and(|first| now.duration_since(*first) > WINDOW)
        {
            self.errors.pop_front();
        }
        self.errors.len() >= ERRORS
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
        let (mut breaker, now) = (CircuitBreaker::default(), Instant::now());
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
        let (mut breaker, now) = (CircuitBreaker::default(), Instant::now());
        for nth in 0..20 {
            assert!(!breaker.failed(Fault::Error, now + SHORTLY * 3 * nth));
        }
        assert!(!breaker.is_open());
    }

    #[test]
    fn time_outs_open_it_when_no_answer_comes_between_them_for_a_second() {
        let (mut breaker, now) = (CircuitBreaker::default(), Instant::now());
        // As in a crowd whose calls all meet the same moment.
        for _ in 0..100 {
            assert!(!breaker.failed(Fault::TimeOut, now));
        }
        breaker.succeeded();
        assert!(!breaker.failed(Fault::TimeOut, now + SILENCE));
        assert!(!breaker.failed(Fault::TimeOut, now + SILENCE * 3), "two may be hours apart");
        assert!(breaker.failed(Fault::TimeOut, now + SILENCE * 3));
    }

    #[test]
    fn closing_forgets_what_was() {
        let (mut breaker, now) = (CircuitBreaker::default(), Instant::now());
        assert!(breaker.open());
        assert!(!breaker.open());
        for _ in 0..4 {
            breaker.failed(Fault::Error, now);
        }
        breaker.close();
        assert!(!breaker.failed(Fault::Error, now));
        assert!(!breaker.is_open());
    }
}
