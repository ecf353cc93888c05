//! Readers who keep calling during a fault, and canary tasks that detect when the machine itself stalls.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use duyetd::limiter::Limiter;
use tokio::task::JoinSet;

use super::{BOUND, allows, ms, submit};

/// Pause between two calls of a reader, and the length of a canary's sleep.
const PAUSE: Duration = Duration::from_millis(2);
/// The time by which a sleep is too long on an idle machine: the granularity of the timer.
const GRAIN: Duration = Duration::from_millis(2);
/// If a canary's delays during a call add up to more than this, the call counts as stalled by the machine.
const STARVED: Duration = Duration::from_millis(5);

/// The start and the end of a call or a sleep.
type Span = (Instant, Instant);
/// The delays of one canary's sleeps.
type Overslept = Vec<(Span, Duration)>;

/// The running readers.
pub(super) struct Crowd {
    readers: JoinSet<Vec<Span>>,
    canaries: JoinSet<Overslept>,
    leave: Arc<AtomicBool>,
}

/// The measurements of all calls.
pub(super) struct Tally {
    pub(super) calls: usize,
    pub(super) longest: Duration,
    /// The longest call during which the machine did not stall.
    pub(super) longest_fair: Duration,
    fair: usize,
    stalled: Duration,
}

impl Crowd {
    /// Starts `readers` tasks, which call the limiters repeatedly. No call may be denied.
    pub(super) fn gather(limiters: &[&Arc<Limiter>], readers: usize) -> Self {
        let leave = Arc::new(AtomicBool::new(false));
        let mut crowd = Self { readers: JoinSet::new(), canaries: JoinSet::new(), leave: Arc::clone(&leave) };
        for reader in 0..readers {
            let (limiter, leave) = (Arc::clone(limiters[reader % limiters.len()]), Arc::clone(&leave));
            crowd.readers.spawn(async move {
                let (charges, mut calls) = (submit(&format!("reader-{reader}")), Vec::new());
                while !leave.load(Ordering::Relaxed) {
                    let asked = Instant::now();
                    assert!(allows(&limiter, &charges).await, "no limit may be reached");
                    calls.push((asked, Instant::now()));
                    tokio::time::sleep(PAUSE).await;
                }
                calls
            });
        }
        for _ in 0..4 {
            crowd.canaries.spawn(detect_stalls(Arc::clone(&leave)));
        }
        crowd
    }

    /// Runs all calls concurrently, once each.
    pub(super) async fn at_once(calls: impl Iterator<Item = impl Future<Output = ()> + Send + 'static>) -> Tally {
        let leave = Arc::new(AtomicBool::new(false));
        let mut crowd = Self { readers: JoinSet::new(), canaries: JoinSet::new(), leave: Arc::clone(&leave) };
        for _ in 0..4 {
            crowd.canaries.spawn(detect_stalls(Arc::clone(&leave)));
        }
        for call in calls {
            crowd.readers.spawn(async move {
                let asked = Instant::now();
                call.await;
                vec![(asked, Instant::now())]
            });
        }
        let mut spans = Vec::new();
        while let Some(calls) = crowd.readers.join_next().await {
            spans.extend(calls.unwrap());
        }
        crowd.tally(spans).await
    }

    pub(super) async fn leave(mut self) -> Tally {
        self.leave.store(true, Ordering::Relaxed);
        let mut spans = Vec::new();
        while let Some(calls) = self.readers.join_next().await {
            spans.extend(calls.unwrap());
        }
        self.tally(spans).await
    }

    async fn tally(mut self, calls: Vec<Span>) -> Tally {
        self.leave.store(true, Ordering::Relaxed);
        let mut canaries = Vec::new();
        while let Some(canary) = self.canaries.join_next().await {
            canaries.push(canary.unwrap());
        }
        let length = |(from, to): &Span| *to - *from;
        let overslept = |canary: &Overslept, call: &Span| -> Duration {
            let during = canary.iter().filter(|(sleep, _)| sleep.0 < call.1 && call.0 < sleep.1);
            during.map(|(_, over)| *over).sum()
        };
        let overlaps = |call: &Span| canaries.iter().any(|canary| overslept(canary, call) > STARVED);
        let fair: Vec<_> = calls.iter().filter(|call| !overlaps(call)).collect();
        Tally {
            calls: calls.len(),
            longest: calls.iter().map(length).max().unwrap_or_default(),
            longest_fair: fair.iter().map(|call| length(call)).max().unwrap_or_default(),
            fair: fair.len(),
            stalled: canaries.iter().flatten().map(|(_, over)| *over).max().unwrap_or_default(),
        }
    }
}

impl Tally {
    /// Prints the figures and compares them with the bound. Calls that overlap with a delayed sleep measure the
    /// machine and not the limiter, so they are left out; the bound is not widened for them. Enough other calls must
    /// remain.
    pub(super) fn assert_within_bound(&self, fault: &str) {
        let (longest, fair) = (ms(self.longest), ms(self.longest_fair));
        let still = ms(self.stalled);
        println!(
            "{fault}: {} calls, longest {longest}; {} while the machine did not stall, longest {fair} (it stalled for {still})",
            self.calls, self.fair
        );
        assert!(self.longest_fair <= BOUND, "{fault}: a check took {fair}");
        assert!(self.is_conclusive(), "{fault}: the machine is too busy for a measurement");
    }

    /// Checks whether the machine did not stall during at least a quarter of the calls.
    pub(super) fn is_conclusive(&self) -> bool {
        self.fair * 4 >= self.calls
    }
}

/// Sleeps repeatedly and returns the sleeps that took too long.
async fn detect_stalls(leave: Arc<AtomicBool>) -> Overslept {
    let mut overslept = Vec::new();
    while !leave.load(Ordering::Relaxed) {
        let began = Instant::now();
        tokio::time::sleep(PAUSE).await;
        let woke = Instant::now();
        let over = woke.duration_since(began).saturating_sub(PAUSE + GRAIN);
        if !over.is_zero() {
            overslept.push(((began, woke), over));
        }
    }
    overslept
}
