//! Readers who keep asking while something breaks, and a canary that tells when the machine itself stood still.

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

/// Pause of a reader between two calls, and of the canary between two breaths.
const PAUSE: Duration = Duration::from_millis(2);
/// What a sleep takes longer on an idle machine: the timer's grain.
const GRAIN: Duration = Duration::from_millis(2);
/// When a canary overslept by more in sum during a call, the machine stood still.
const STARVED: Duration = Duration::from_millis(5);

/// When something began and ended.
type Span = (Instant, Instant);
/// What one canary overslept, and when.
type Overslept = Vec<(Span, Duration)>;

/// Readers at work.
pub(super) struct Crowd {
    readers: JoinSet<Vec<Span>>,
    canaries: JoinSet<Overslept>,
    leave: Arc<AtomicBool>,
}

/// What the crowd went through.
pub(super) struct Tally {
    pub(super) calls: usize,
    pub(super) longest: Duration,
    /// The longest of the calls during which the machine did not stand still.
    pub(super) longest_fair: Duration,
    fair: usize,
    stood_still: Duration,
}

impl Crowd {
    /// `readers` ask each of the limiters again and again. None is denied but by a bug.
    pub(super) fn gather(limiters: &[&Arc<Limiter>], readers: usize) -> Self {
        let leave = Arc::new(AtomicBool::new(false));
        let mut crowd = Self { readers: JoinSet::new(), canaries: JoinSet::new(), leave: Arc::clone(&leave) };
        for reader in 0..readers {
            let (limiter, leave) = (Arc::clone(limiters[reader % limiters.len()]), Arc::clone(&leave));
            crowd.readers.spawn(async move {
                let (charges, mut calls) = (submit(&format!("reader-{reader}")), Vec::new());
                while !leave.load(Ordering::Relaxed) {
                    let asked = Instant::now();
                    assert!(allows(&limiter, &charges).await, "nobody meets a limit");
                    calls.push((asked, Instant::now()));
                    tokio::time::sleep(PAUSE).await;
                }
                calls
            });
        }
        for _ in 0..4 {
            crowd.canaries.spawn(breathe(Arc::clone(&leave)));
        }
        crowd
    }

    /// Many callers at one moment, once each.
    pub(super) async fn at_once(calls: impl Iterator<Item = impl Future<Output = ()> + Send + 'static>) -> Tally {
        let leave = Arc::new(AtomicBool::new(false));
        let mut crowd = Self { readers: JoinSet::new(), canaries: JoinSet::new(), leave: Arc::clone(&leave) };
        for _ in 0..4 {
            crowd.canaries.spawn(breathe(Arc::clone(&leave)));
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
            let during = canary.iter().filter(|(breath, _)| breath.0 < call.1 && call.0 < breath.1);
            during.map(|(_, over)| *over).sum()
        };
        let overlaps = |call: &Span| canaries.iter().any(|canary| overslept(canary, call) > STARVED);
        let fair: Vec<_> = calls.iter().filter(|call| !overlaps(call)).collect();
        Tally {
            calls: calls.len(),
            longest: calls.iter().map(length).max().unwrap_or_default(),
            longest_fair: fair.iter().map(|call| length(call)).max().unwrap_or_default(),
            fair: fair.len(),
            stood_still: canaries.iter().flatten().map(|(_, over)| *over).max().unwrap_or_default(),
        }
    }
}

impl Tally {
    /// Prints the figures and holds them to the bound. Calls during which a bare sleep overslept measure the machine, not
    /// the limiter: they are set aside, never excused by a wider bound, and the others must be enough to tell.
    pub(super) fn assert_within_bound(&self, fault: &str) {
        let (longest, fair) = (ms(self.longest), ms(self.longest_fair));
        let still = ms(self.stood_still);
        println!(
            "{fault}: {} calls, longest {longest}; {} while the machine did not stand still, longest {fair} (it did for {still})",
            self.calls, self.fair
        );
        assert!(self.longest_fair <= BOUND, "{fault}: a check took {fair}");
        assert!(self.tells(), "{fault}: the machine is too busy to tell");
    }

    /// Enough calls met a machine that did not stand still.
    pub(super) fn tells(&self) -> bool {
        self.fair * 4 >= self.calls
    }
}

/// Sleeps again and again; tells when it overslept.
async fn breathe(leave: Arc<AtomicBool>) -> Overslept {
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
