//! An estimate of a Redis server's clock. The current time is a parameter.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use tokio::time::Instant;

/// Time after a caller's deadline during which the server still counts the call. It covers the granularity of timers
/// and the drift between the clocks from one answer to the next. If it were longer, a server that froze for a moment
/// would count calls whose callers have just given up.
const SLACK: Duration = Duration::from_millis(10);

/// An estimate of a server's clock. That clock need not be right, but it must advance. Every answer bounds its offset
/// from the local clock, and the estimate is moved only as far as those bounds require. If the server's clock was set
/// forward, the next call comes too late. Its answer contains the new time, and the call may be repeated.
#[derive(Debug)]
pub(super) struct ServerClock {
    /// The instant from which local time is measured.
    origin: Instant,
    /// The offset of the server's clock from the local one, in microseconds.
    ahead: AtomicI64,
}

impl ServerClock {
    /// Creates an estimate before the first answer. Until then, no call is too late.
    pub(super) fn new(origin: Instant) -> Self {
        Self { origin, ahead: AtomicI64::new(i64::MAX) }
    }

    /// Updates the estimate with the server's time in microseconds, which it read between `asked_at` and `answered_at`.
    pub(super) fn learn(&self, server_time: i64, asked_at: Instant, answered_at: Instant) {
        let least = server_time.saturating_sub(self.elapsed(answered_at));
        let most = server_time.saturating_sub(self.elapsed(asked_at)).max(least);
        // Concurrent answers may overwrite each other's update. The next answer corrects the estimate.
        self.ahead.store(self.ahead.load(Ordering::Relaxed).clamp(least, most), Ordering::Relaxed);
    }

    /// Returns the server's time after which it must not count a call whose caller waits until `deadline`.
    pub(super) fn latest(&self, deadline: Instant) -> i64 {
        self.elapsed(deadline + SLACK).saturating_add(self.ahead.load(Ordering::Relaxed))
    }

    fn elapsed(&self, now: Instant) -> i64 {
        i64::try_from(now.saturating_duration_since(self.origin).as_micros()).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLISECOND: Duration = Duration::from_millis(1);
    const TIME: i64 = 1_800_000_000_000_000;

    #[test]
    fn a_call_is_too_late_shortly_after_its_callers_deadline() {
        let origin = Instant::now();
        let clock = ServerClock::new(origin);
        let latest = |asked: u32| clock.latest(origin + MILLISECOND * (asked + 50));
        // The call took 40 ms and the server read its clock at an unknown moment of them, so the largest offset is
        // used.
        clock.learn(TIME, origin + MILLISECOND * 500, origin + MILLISECOND * 540);
        assert_eq!(latest(500), TIME + 60_000);
        assert_eq!(latest(9_500), TIME + 9_060_000);
        // A faster answer makes the estimate more precise, and a slower one after it does not make it less precise.
        clock.learn(TIME + 990_000, origin + MILLISECOND * 1_500, origin + MILLISECOND * 1_501);
        assert_eq!(latest(1_500), TIME + 1_050_000);
        clock.learn(TIME + 2_030_000, origin + MILLISECOND * 2_500, origin + MILLISECOND * 2_550);
        assert_eq!(latest(2_500), TIME + 2_050_000);
    }

    #[test]
    fn a_clock_set_forward_or_back_is_learned_from_one_answer() {
        let origin = Instant::now();
        let clock = ServerClock::new(origin);
        for step in [0, 3_600_000_000, -3_600_000_000, 30_000, 0] {
            clock.learn(TIME + step, origin, origin + MILLISECOND);
            let latest = clock.latest(origin);
            assert!((TIME + step + 9_000..=TIME + step + 10_000).contains(&latest), "{step} {latest}");
        }
    }
}
