//! Background tasks survive a panic: it is counted and logged, and the task starts again.

use std::{panic::AssertUnwindSafe, time::Duration};

use futures_util::FutureExt as _;
use metrics::counter;
use tokio::time::Instant;

/// Counter of panics by task.
pub const TASK_PANICS: &str = "duyet_task_panics_total";

/// Pause before a task that panicked starts again. It doubles with each panic, so that a task which panics at once does not keep
/// a core busy.
const PAUSE: Duration = Duration::from_secs(1);

/// Longest pause. A task that ran for longer before its panic starts with the shortest one again.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Runs the future that `start` makes until it returns. When it panics, runs another one a second later, or after up to a minute
/// when it panics again and again.
pub async fn supervise<F: Future<Output = ()>>(task: &'static str, mut start: impl FnMut() -> F) {
    watched(task);
    let mut pause = PAUSE;
    loop {
        let began = Instant::now();
        let run = async { run(task, start()).await };
        if AssertUnwindSafe(run).catch_unwind().await.is_ok() {
            return;
        }
        panicked(task);
        if began.elapsed() > LONGEST_PAUSE {
            pause = PAUSE;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Registers the task's counter at zero, so that an alert sees the first increase.
pub fn watched(task: &'static str) {
    counter!(TASK_PANICS, "task" => task).increment(0);
}

/// Counts and logs a panic. A task that catches its own panics calls it, too.
pub fn panicked(task: &'static str) {
    counter!(TASK_PANICS, "task" => task).increment(1);
    tracing::error!(task, "a background task panicked and starts again");
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

    /// Panics when the task's trap is set; never returns otherwise.
    pub(super) async fn sprung(task: &'static str) {
        poll_fn::<(), _>(|context| {
            let is_set = TRAPS.with_borrow_mut(|traps| {
                traps.waiting.push(context.waker().clone());
                traps.set.remove(task)
            });
            assert!(!is_set, "as the test wants it");
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

    /// Returns how often each task began in this thread.
    pub fn starts() -> BTreeMap<&'static str, usize> {
        TRAPS.with_borrow(|traps| traps.begun.clone())
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, rc::Rc};

    use super::*;

    #[tokio::test]
    async fn a_task_that_panics_starts_again_until_it_returns() {
        let runs = Rc::new(Cell::new(0));
        supervise("three_runs", || {
            let runs = Rc::clone(&runs);
            async move {
                runs.set(runs.get() + 1);
                assert!(runs.get() == 3, "as the test wants it");
            }
        })
        .await;
        assert_eq!(runs.get(), 3);
    }

    #[tokio::test]
    async fn a_panic_before_the_first_await_is_caught_too() {
        let runs = Cell::new(0);
        supervise("panics_in_start", || {
            runs.set(runs.get() + 1);
            assert!(runs.get() == 2, "as the test wants it");
            std::future::ready(())
        })
        .await;
        assert_eq!(runs.get(), 2);
    }
}
