//! What time it is at a Redis server, judged from here. Time is a parameter.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use tokio::time::Instant;

/// A call counts this much longer than its caller waits, and no longer: a timer's grain and what clocks drift apart
/// between two answers. Were it longer, a server that froze for a moment would count whoever had just left.
const SLACK: Duration = Duration::from_millis(10);

/// The server's clock need not be right, only go on: every answer bounds how far it is ahead, and the estimate is moved
/// no further than into those bounds. Where it was set in between, the next call is answered "too late", which tells the
/// new time, and may be asked again.
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
        Self { origin, ahead: AtomicI64::new(i64::MAX) }
    }

    /// Takes in what the server `told`, in its microseconds, at some moment between question and answer.
    pub(super) fn learn(&self, told: i64, asked_at: Instant, answered_at: Instant) {
        let least = told.saturating_sub(self.elapsed(answered_at));
        let most = told.saturating_sub(self.elapsed(asked_at)).max(least);
        // Two answers at once may each forget the other's; the next one mends it.
        self.ahead.store(self.ahead.load(Ordering::Relaxed).clamp(least, most), Ordering::Relaxed);
    }

    /// The server's time after which a call must not be counted any more, when its caller waits until `deadline`.
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
    const TOLD: i64 = 1_800_000_000_000_000;

    #[test]
    fn a_call_is_too_late_a_moment_after_its_caller_has_gone() {
        let origin = Instant::now();
        let clock = ServerClock::new(origin);
        let latest = |asked: u32| clock.latest(origin + MILLISECOND * (asked + 50));
        // It took 40 ms, and the clock was read at an unknown moment of them: the latest it may have been counts.
        clock.learn(TOLD, origin + MILLISECOND * 500, origin + MILLISECOND * 540);
        assert_eq!(latest(500), TOLD + 60_000);
        assert_eq!(latest(9_500), TOLD + 9_060_000);
        // A quicker answer knows better, and a slow one after it no worse.
        clock.learn(TOLD + 990_000, origin + MILLISECOND * 1_500, origin + MILLISECOND * 1_501);
        assert_eq!(latest(1_500), TOLD + 1_050_000);
        clock.learn(TOLD + 2_030_000, origin + MILLISECOND * 2_500, origin + MILLISECOND * 2_550);
        assert_eq!(latest(2_500), TOLD + 2_050_000);
    }

    #[test]
    fn a_clock_set_forward_or_back_is_learned_from_one_answer() {
        let origin = Instant::now();
        let clock = ServerClock::new(origin);
        for step in [0, 3_600_000_000, -3_600_000_000, 30_000, 0] {
            clock.learn(TOLD + step, origin, origin + MILLISECOND);
            let latest = clock.latest(origin);
            assert!((TOLD + step + 9_000..=TOLD + step + 10_000).contains(&latest), "{step} {latest}");
        }
    }
}
