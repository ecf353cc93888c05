//! The circuit breaker, which stops calls to a failing Redis. The current time is a parameter.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

/// Number of errors within [`WINDOW`] that opens the breaker. It is high enough to tolerate one lost connection.
const ERRORS: usize = 5;
const WINDOW: Duration = Duration::from_secs(1);
/// Number of timeouts without an answer between them that opens the breaker, if the first of them is at least
/// [`SILENCE`] ago. It is for a server that answers probes but no calls; the watch notices a silent server earlier.
const TIME_OUTS: u32 = 3;
const SILENCE: Duration = Duration::from_secs(1);

/// The kind of a call's failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    Error,
    TimeOut,
}

/// The circuit breaker. While it is closed, calls are sent. While it is open, none is, until a successful probe closes
/// it.
#[derive(Debug, Default)]
pub(super) struct CircuitBreaker {
    open: bool,
    errors: VecDeque<Instant>,
    time_outs: u32,
    /// The time of the first timeout since the last answer.
    silent_since: Option<Instant>,
}

impl CircuitBreaker {
    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    pub(super) fn succeeded(&mut self) {
        (self.time_outs, self.silent_since) = (0, None);
    }

    /// Records a call that failed at `now`. Returns whether this failure opens the breaker.
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
        // An error is an answer too, so it ends a series of timeouts.
        self.succeeded();
        self.errors.push_back(now);
        while self.errors.len() > ERRORS || self.errors.front().is_some_and(|first| now.duration_since(*first) > WINDOW)
        {
            self.errors.pop_front();
        }
        self.errors.len() >= ERRORS
    }

    /// Opens the breaker. Returns whether it was closed.
    pub(super) fn open(&mut self) -> bool {
        !std::mem::replace(&mut self.open, true)
    }

    /// Closes the breaker and forgets the failures.
    pub(super) fn close(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORTLY: Duration = Duration::from_millis(100);

    #[test]
    fn five_failures_within_a_second_open_the_breaker() {
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
    fn five_failures_over_a_longer_time_do_not_open_the_breaker() {
        let (mut breaker, now) = (CircuitBreaker::default(), Instant::now());
        for nth in 0..20 {
            assert!(!breaker.failed(Fault::Error, now + SHORTLY * 3 * nth));
        }
        assert!(!breaker.is_open());
    }

    #[test]
    fn timeouts_open_the_breaker_when_there_is_no_answer_for_a_second() {
        let (mut breaker, now) = (CircuitBreaker::default(), Instant::now());
        // Many concurrent calls time out at the same moment.
        for _ in 0..100 {
            assert!(!breaker.failed(Fault::TimeOut, now));
        }
        breaker.succeeded();
        assert!(!breaker.failed(Fault::TimeOut, now + SILENCE));
        assert!(!breaker.failed(Fault::TimeOut, now + SILENCE * 3), "two may be hours apart");
        assert!(breaker.failed(Fault::TimeOut, now + SILENCE * 3));
    }

    #[test]
    fn closing_the_breaker_forgets_earlier_failures() {
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
