//! Background tasks that are restarted after a panic. Panics are counted and logged.

use std::{panic::AssertUnwindSafe, time::Duration};

use futures_util::FutureExt as _;
use metrics::counter;
use tokio::time::Instant;

/// Name of the counter of panics by task.
pub const TASK_PANICS: &str = "duyet_task_panics_total";

/// Pause before a task is restarted after a panic. It doubles with each panic, so that a task that panics immediately
/// does not keep a core busy.
const PAUSE: Duration = Duration::from_secs(1);

/// Longest pause. If a task ran for longer than this before it panicked, its pause is reset to [`PAUSE`].
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Runs the future that `start` creates until it completes. If it panics, creates and runs another one after a pause of
/// 1 second, which doubles up to 1 minute with repeated panics.
pub async fn supervise<F: Future<Output = ()>>(task: &'static str, start: impl FnMut() -> F) {
    supervise_with(task, start, tokio::time::sleep).await;
}

/// Like [`supervise`], with a `sleep` function that tests replace.
async fn supervise_with<F: Future<Output = ()>, S: Future<Output = ()>>(
    task: &'static str,
    mut start: impl FnMut() -> F,
    mut sleep: impl FnMut(Duration) -> S,
) {
    watched(task);
    let mut pause = Pause(PAUSE);
    loop {
        let began = Instant::now();
        let run = async { run(task, start()).await };
        if AssertUnwindSafe(run).catch_unwind().await.is_ok() {
            return;
        }
        panicked(task);
        sleep(pause.after(began.elapsed())).await;
    }
}

/// The next pause of a task.
struct Pause(Duration);

impl Pause {
    /// Returns the pause after a run of duration `run`, and doubles the next one.
    fn after(&mut self, run: Duration) -> Duration {
        let pause = if run > LONGEST_PAUSE { PAUSE } else { self.0 };
        self.0 = (pause * 2).min(LONGEST_PAUSE);
        pause
    }
}

/// Registers the task's counter at zero, so that an alert can detect the first increase.
pub fn watched(task: &'static str) {
    counter!(TASK_PANICS, "task" => task).increment(0);
}

/// Counts and logs a panic. Also called by tasks that catch their own panics.
pub fn panicked(task: &'static str) {
    counter!(TASK_PANICS, "task" => task).increment(1);
    tracing::error!(task, "a background task panicked and is restarted");
}

#[cfg(not(test))]
async fn run(_: &'static str, task: impl Future<Output = ()>) {
    task.await;
}

#[cfg(test)]
async fn run(task: &'static str, running: impl Future<Output = ()>) {
    trap::begun(task);
    tokio::select! {
        biased;
        () = trap::sprung(task) => {}
        () = running => {}
    }
}

/// Makes tasks of this thread's runtime panic, for tests.
#[cfg(test)]
pub mod trap {
    use std::{
        cell::RefCell,
        collections::{BTreeMap, BTreeSet},
        future::poll_fn,
        task::{Poll, Waker},
    };

    #[derive(Default)]
    struct Traps {
        begun: BTreeMap<&'static str, usize>,
        set: BTreeSet<String>,
        waiting: Vec<Waker>,
    }

    thread_local! {
        static TRAPS: RefCell<Traps> = RefCell::default();
    }

    pub(super) fn begun(task: &'static str) {
        TRAPS.with_borrow_mut(|traps| *traps.begun.entry(task).or_default() += 1);
    }

    /// Panics when a trap is set for the task; otherwise never completes.
    pub(super) async fn sprung(task: &'static str) {
        poll_fn::<(), _>(|context| {
            let is_set = TRAPS.with_borrow_mut(|traps| {
                traps.waiting.push(context.waker().clone());
                traps.set.remove(task)
            });
            assert!(!is_set, "a panic for the test");
            Poll::Pending
        })
        .await;
    }

    /// Makes the task panic once.
    pub fn set(task: &str) {
        let waiting = TRAPS.with_borrow_mut(|traps| {
            traps.set.insert(task.to_owned());
            std::mem::take(&mut traps.waiting)
        });
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Returns how often each task was started in this thread.
    pub fn starts() -> BTreeMap<&'static str, usize> {
        TRAPS.with_borrow(|traps| traps.begun.clone())
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, future::ready, rc::Rc};

    use super::*;

    #[tokio::test]
    async fn a_task_that_panics_starts_again_until_it_returns() {
        let runs = Rc::new(Cell::new(0));
        let start = || {
            let runs = Rc::clone(&runs);
            async move {
                runs.set(runs.get() + 1);
                assert!(runs.get() == 3, "a panic for the test");
            }
        };
        supervise_with("three_runs", start, |_| ready(())).await;
        assert_eq!(runs.get(), 3);
    }

    #[tokio::test]
    async fn a_panic_before_the_first_await_is_caught_too() {
        let runs = Cell::new(0);
        let start = || {
            runs.set(runs.get() + 1);
            assert!(runs.get() == 2, "a panic for the test");
            ready(())
        };
        supervise_with("panics_in_start", start, |_| ready(())).await;
        assert_eq!(runs.get(), 2);
    }

    #[tokio::test]
    async fn a_task_that_panics_again_and_again_pauses_longer_each_time() {
        let (runs, mut pauses) = (Cell::new(0), vec![]);
        let start = || {
            runs.set(runs.get() + 1);
            assert!(runs.get() == 9, "a panic for the test");
            ready(())
        };
        let sleep = |pause: Duration| {
            pauses.push(pause.as_secs());
            ready(())
        };
        supervise_with("panics_often", start, sleep).await;
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
    }

    #[test]
    fn a_run_longer_than_the_longest_pause_resets_the_pause() {
        let mut pause = Pause(PAUSE);
        let pauses = [0, 60, 61, 0].map(|run| pause.after(Duration::from_secs(run)).as_secs());
        assert_eq!(pauses, [1, 2, 1, 2]);
    }

    #[tokio::test]
    async fn a_supervised_task_sleeps_before_it_starts_again() {
        let (runs, began) = (Cell::new(0), Instant::now());
        let start = || {
            runs.set(runs.get() + 1);
            assert!(runs.get() == 2, "a panic for the test");
            ready(())
        };
        supervise("sleeps", start).await;
        assert!(began.elapsed() >= PAUSE, "{:?}", began.elapsed());
    }
}
