//! What time it is at a Redis server, judged from here. Time is a parameter.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use tokio::time::Instant;

/// A call counts this much later than anybody waits for it, and no later. It allows for a clock that was set by a little.
const SLACK: Duration = Duration::from_millis(100);

/// The server's clock is never assumed to be right, only to go on: every answer tells it anew. Where it was set in
/// between, the next call is refused as too late and asked again with the time that it told.
#[derive(Debug)]
pub(super) struct ServerClock {
    /// Where the local monotonic clock is counted from.
    origin: Instant,
    /// Microseconds that the server's clock is ahead of the local one.
    ahead: AtomicI64,
}

impl ServerClock {
    /// A clock that has told nothing yet.
    pub(super) fn new(origin: Instant) -> Self {
        Self { origin, ahead: AtomicI64::new(0) }
    }

    /// Takes in what the server `told`, in its microseconds, when it answered a question of `asked_at`. That it may have
    /// told it a little later makes the next call's time longer, never shorter.
    pub(super) fn learn(&self, told: i64, asked_at: Instant) {
        self.ahead.store(told.saturating_sub(self.elapsed(asked_at)), Ordering::Relaxed);
    }

    /// The server's time from which a call of `now` must not be counted any more, when its caller waits for `patience`.
    pub(super) fn latest(&self, now: Instant, patience: Duration) -> i64 {
        self.elapsed(now + patience + SLACK).saturating_add(self.ahead.load(Ordering::Relaxed))
    }

    fn elapsed(&self, now: Instant) -> i64 {
        i64::try_from(now.saturating_duration_since(self.origin).as_micros()).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLISECOND: Duration = Duration::from_millis(1);

    #[test]
    fn a_call_is_too_late_a_moment_after_its_caller_has_gone() {
        let origin = Instant::now();
        let (clock, told) = (ServerClock::new(origin), 1_800_000_000_000_000);
        // The answer took 40 ms on its way: they lengthen the time, which never shortens.
        clock.learn(told, origin + MILLISECOND * 500);
        let patience = MILLISECOND * 50;
        assert_eq!(clock.latest(origin + MILLISECOND * 500, patience), told + 150_000);
        assert_eq!(clock.latest(origin + MILLISECOND * 9_540, patience), told + 9_190_000);
    }

    #[test]
    fn a_clock_set_forward_or_back_is_learned_from_one_answer() {
        let origin = Instant::now();
        let clock = ServerClock::new(origin);
        let told = 1_800_000_000_000_000;
        for hour in [0, 3_600_000_000, -3_600_000_000, 0] {
            clock.learn(told + hour, origin);
            assert_eq!(clock.latest(origin, Duration::ZERO), told + hour + 100_000);
        }
    }
}
