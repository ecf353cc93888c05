//! Timeouts for calls of Redis that exclude the delays of this process.
//!
//! When all cores are busy, a timer fires late, and an answer may wait in the socket's buffer until the task that reads
//! it gets a core. A timeout at such a moment says nothing about Redis.

use std::{future::poll_fn, io, pin::pin, task::Poll, time::Duration};

use redis::{RedisError, RedisResult};
use tokio::{
    task::yield_now,
    time::{Instant, timeout, timeout_at},
};

/// Longest time that the watch waits for one answer.
const ANSWER: Duration = Duration::from_millis(50);
/// Least delay of a timer that is attributed to this process or its machine, and not to Redis.
const LATE: Duration = Duration::from_millis(5);
/// Turns of the runtime until an answer in the socket's buffer reaches its caller: one to see that the socket is
/// readable, one for the task that reads it, one for the task that passes it on to the checks of its call, and one
/// spare.
const TURNS: u32 = 4;
/// Length of one step of a wait that excludes the delays of this process.
const STEP: Duration = Duration::from_millis(10);

/// The error of a call that had no answer by its deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TimedOut {
    /// Whether this process noticed the deadline late, so that the answer may have arrived in time.
    pub(super) is_ours: bool,
}

/// Waits for an answer until `deadline`. If this process notices the deadline late, an answer that has arrived by then
/// is still returned.
///
/// # Errors
/// [`TimedOut`], which says whether this process may be the cause.
pub(super) async fn until<T>(deadline: Instant, answer: impl Future<Output = T>) -> Result<T, TimedOut> {
    let mut answer = pin!(answer);
    if let Ok(answer) = timeout_at(deadline, &mut answer).await {
        return Ok(answer);
    }
    let is_ours = Instant::now().duration_since(deadline) > LATE;
    // Further turns would only delay the caller when the timer has fired in time.
    let turns = if is_ours { TURNS } else { 0 };
    for _ in 0..turns {
        yield_now().await;
        if let Poll::Ready(answer) = poll_fn(|context| Poll::Ready(answer.as_mut().poll(context))).await {
            return Ok(answer);
        }
    }
    Err(TimedOut { is_ours })
}

/// Waits about `patience` for an answer, without counting the delays of this process. The wait consists of a fixed
/// number of steps with a timer each. A late timer lengthens the wait and gives the answer another turn of the runtime
/// to arrive. A busy process therefore does not take a healthy server for a silent one, but still notices a silent
/// server.
///
/// Returns `None` when there was no answer.
pub(super) async fn patiently<T>(patience: Duration, answer: impl Future<Output = T>) -> Option<T> {
    let mut answer = pin!(answer);
    for _ in 0..patience.as_millis().div_ceil(STEP.as_millis()) {
        if let Ok(answer) = timeout(STEP, &mut answer).await {
            return Some(answer);
        }
    }
    None
}

/// Waits for one answer to the watch.
///
/// # Errors
/// The errors of the call, and a timeout.
pub(super) async fn answered<T>(answer: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
    patiently(ANSWER, answer).await.unwrap_or_else(|| Err(timed_out()))
}

/// Creates the error of a call that was not answered in time.
pub(super) fn timed_out() -> RedisError {
    io::Error::from(io::ErrorKind::TimedOut).into()
}

#[cfg(test)]
mod tests {
    use std::thread;

    use tokio::{sync::oneshot, time::sleep};

    use super::*;

    const MILLISECOND: Duration = Duration::from_millis(1);

    /// Returns a channel whose value arrives after 5 ms and, like an answer from a socket, through a task that reads it
    /// and one that passes it on.
    fn answer() -> oneshot::Receiver<()> {
        let ((arrive, arrived), (read, is_read)) = (oneshot::channel(), oneshot::channel());
        let (pass_on, answer) = oneshot::channel();
        tokio::spawn(async move {
            sleep(MILLISECOND * 5).await;
            arrive.send(()).unwrap();
        });
        tokio::spawn(async move {
            arrived.await.unwrap();
            read.send(()).unwrap();
        });
        tokio::spawn(async move {
            is_read.await.unwrap();
            pass_on.send(()).unwrap();
        });
        answer
    }

    /// Keeps the only thread busy for 60 ms at a time, so that every timer is late.
    fn saturate() {
        tokio::spawn(async {
            loop {
                thread::sleep(MILLISECOND * 60);
                yield_now().await;
            }
        });
    }

    #[tokio::test]
    async fn an_answer_that_a_busy_process_finds_after_the_deadline_is_taken() {
        saturate();
        for _ in 0..5 {
            let deadline = Instant::now() + MILLISECOND * 20;
            assert_eq!(until(deadline, answer()).await, Ok(Ok(())));
        }
    }

    #[tokio::test]
    async fn a_timeout_that_a_busy_process_notices_late_is_its_own() {
        saturate();
        let silent = std::future::pending::<()>();
        let deadline = Instant::now() + MILLISECOND * 20;
        assert_eq!(until(deadline, silent).await, Err(TimedOut { is_ours: true }));
    }

    #[tokio::test]
    async fn a_timeout_that_is_noticed_in_time_is_the_servers() {
        // On a loaded machine, some timers are late.
        for _ in 0..1_000 {
            let deadline = Instant::now() + MILLISECOND * 2;
            let Err(TimedOut { is_ours }) = until(deadline, std::future::pending::<()>()).await else { panic!() };
            if !is_ours {
                return;
            }
        }
        panic!("every timer is late");
    }

    #[tokio::test]
    async fn a_busy_watch_waits_for_an_answer_in_the_buffer_but_not_without_end() {
        saturate();
        for _ in 0..5 {
            assert_eq!(patiently(STEP * 3, answer()).await, Some(Ok(())));
        }
        assert_eq!(patiently(STEP * 3, std::future::pending::<()>()).await, None);
    }
}
