//! Waits for Redis without blaming it for the lateness of this process.
//!
//! When all cores are busy, a timer fires late, and an answer may lie in the socket's buffer while the task that reads it
//! waits for a core. A time-out at such a moment says nothing about Redis.

use std::{future::poll_fn, io, pin::pin, task::Poll, time::Duration};

use redis::{RedisError, RedisResult};
use tokio::{
    task::yield_now,
    time::{Instant, timeout, timeout_at},
};

/// Longest wait for one answer to the watch.
const ANSWER: Duration = Duration::from_millis(50);
/// A timer that fires this much after its time was held up by this process or its machine.
const LATE: Duration = Duration::from_millis(5);
/// Turns of the runtime that an answer which has arrived needs until it is here: one to see that the socket is readable,
/// one for the task that reads it, one for the task that passes it on to the checks of its call, and one to spare.
const TURNS: u32 = 4;
/// Length of one step of a wait that counts only the time in which this process keeps up.
const STEP: Duration = Duration::from_millis(10);

/// No answer until the deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TimedOut {
    /// This process noticed the deadline late, so the answer may have been there in time.
    pub(super) is_ours: bool,
}

/// Waits for an answer until `deadline`, and no longer than this process is late itself.
///
/// # Errors
/// [`TimedOut`], with whose fault that may be.
pub(super) async fn until<T>(deadline: Instant, answer: impl Future<Output = T>) -> Result<T, TimedOut> {
    let mut answer = pin!(answer);
    if let Ok(answer) = timeout_at(deadline, &mut answer).await {
        return Ok(answer);
    }
    let is_ours = Instant::now().duration_since(deadline) > LATE;
    // Only then: a turn that is not needed is time for which somebody waits.
    let turns = if is_ours { TURNS } else { 0 };
    for _ in 0..turns {
        yield_now().await;
        if let Poll::Ready(answer) = poll_fn(|context| Poll::Ready(answer.as_mut().poll(context))).await {
            return Ok(answer);
        }
    }
    Err(TimedOut { is_ours })
}

/// Waits for an answer for about `patience` of the time in which this process keeps up. The wait is a number of steps, each
/// a timer's: every step that is late prolongs the wait, and gives the answer another turn of the runtime to come in. So a
/// busy process does not take a healthy server for a silent one, and a silent server is known as such even then.
///
/// `None`: no answer.
pub(super) async fn patiently<T>(patience: Duration, answer: impl Future<Output = T>) -> Option<T> {
    let mut answer = pin!(answer);
    for _ in 0..patience.as_millis().div_ceil(STEP.as_millis()) {
        if let Ok(answer) = timeout(STEP, &mut answer).await {
            return Some(answer);
        }
    }
    None
}

/// One answer that the watch waits for.
///
/// # Errors
/// Those of the call, and a time-out.
pub(super) async fn answered<T>(answer: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
    patiently(ANSWER, answer).await.unwrap_or_else(|| Err(timed_out()))
}

/// The error of a call that was not answered in time.
pub(super) fn timed_out() -> RedisError {
    io::Error::from(io::ErrorKind::TimedOut).into()
}

#[cfg(test)]
mod tests {
    use std::thread;

    use tokio::{sync::oneshot, time::sleep};

    use super::*;

    const MILLISECOND: Duration = Duration::from_millis(1);

    /// Comes after 5 ms and, like an answer from a socket, through a task that reads it and one that passes it on.
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
    async fn a_time_out_that_a_busy_process_notices_late_is_its_own() {
        saturate();
        let silent = std::future::pending::<()>();
        let deadline = Instant::now() + MILLISECOND * 20;
        assert_eq!(until(deadline, silent).await, Err(TimedOut { is_ours: true }));
    }

    #[tokio::test]
    async fn a_time_out_that_is_noticed_in_time_is_the_servers() {
        // A loaded machine may be late itself, now and then.
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
    async fn a_busy_watch_waits_until_the_answer_had_its_turn_and_not_for_ever() {
        saturate();
        for _ in 0..5 {
            assert_eq!(patiently(STEP * 3, answer()).await, Some(Ok(())));
        }
        assert_eq!(patiently(STEP * 3, std::future::pending::<()>()).await, None);
    }
}
