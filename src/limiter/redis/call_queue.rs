//! A queue of script calls to one server. Checks that arrive while a call is under way share the next call. A check
//! that arrives while no call is under way is sent at once.

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use redis::{ErrorKind, RedisError, RedisResult, aio::MultiplexedConnection};
use tokio::{
    sync::oneshot,
    time::{Instant, timeout},
};

use super::{
    answer_timeout::timed_out,
    script::{Ask, Naming, ScriptAnswer, ScriptCheck, command, read},
    server_clock::ServerClock,
};
use crate::{limiter::tier_answer::ChargeOutcome, supervise::supervise};

/// Longest time that a check waits for the call under way before the next call is sent. Without this bound, a check
/// would wait for two slow calls: the one under way and its own.
const GATHERING: Duration = Duration::from_millis(1);
/// Largest number of checks in a call. They occupy a server for about a third of a millisecond.
const MOST_CHECKS: usize = 64;
/// Largest number of times that a check is sent. It is sent again when the estimate of the server's clock was wrong.
const TRIES: u32 = 3;
/// Time after which a task no longer waits for the answer to a call. The callers have given up long before.
const FORGOTTEN: Duration = Duration::from_secs(1);

/// The answer to one check.
type CheckResult = RedisResult<Vec<ChargeOutcome>>;

/// The calls to one server. Clones share them.
#[derive(Clone)]
pub(super) struct CallQueue(Arc<Shared>);

struct Shared {
    connection: MultiplexedConnection,
    clock: ServerClock,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    checks: Vec<WaitingCheck>,
    /// Whether a task is sending the checks that wait.
    is_sent: bool,
}

struct WaitingCheck {
    asks: Vec<Ask>,
    /// The time at which the caller gives up. `None` for a check that is counted even if it arrives late.
    deadline: Option<Instant>,
    caller: oneshot::Sender<CheckResult>,
}

impl CallQueue {
    pub(super) fn new(connection: MultiplexedConnection) -> Self {
        let clock = ServerClock::new(Instant::now());
        Self(Arc::new(Shared { connection, clock, waiting: Mutex::default() }))
    }

    pub(super) fn connection(&self) -> MultiplexedConnection {
        self.0.connection.clone()
    }

    /// Sends a check to the server, in one call with the other checks that wait. A check that the server receives after
    /// `deadline`, when its caller has given up, counts nothing.
    ///
    /// # Errors
    /// The error of Redis, and a timeout when Redis received the check too late.
    pub(super) async fn ask(&self, asks: Vec<Ask>, deadline: Option<Instant>) -> CheckResult {
        let (caller, answer) = oneshot::channel();
        if self.0.is_first(WaitingCheck { asks, deadline, caller }) {
            // The calls run in a task of their own, because this caller may give up before the others do. After a panic
            // the task must go on, because later checks rely on it.
            let shared = Arc::clone(&self.0);
            tokio::spawn(supervise("redis_checks", move || send_all(Arc::clone(&shared))));
        }
        answer.await.unwrap_or_else(|_| Err(timed_out()))
    }

    /// Sends a check in a call of its own. On a cluster, the keys of a call must have the same hash tag.
    ///
    /// # Errors
    /// The same as those of [`Self::ask`].
    pub(super) async fn ask_alone(&self, asks: Vec<Ask>, deadline: Option<Instant>) -> CheckResult {
        let (caller, mut answer) = oneshot::channel();
        self.0.settle(vec![WaitingCheck { asks, deadline, caller }]).await;
        answer.try_recv().unwrap_or_else(|_| Err(timed_out()))
    }
}

/// Sends waiting checks until there are none. Checks gather until the call under way is answered, but at most for
/// [`GATHERING`].
async fn send_all(shared: Arc<Shared>) {
    while let Some(checks) = shared.next() {
        let one = Arc::clone(&shared);
        let mut call = Box::pin(async move { one.settle(checks).await });
        if timeout(GATHERING, &mut call).await.is_err() {
            tokio::spawn(timeout(FORGOTTEN, call));
        }
    }
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a check to those that wait. Returns whether the caller must start the task that sends them.
    fn is_first(&self, check: WaitingCheck) -> bool {
        let mut waiting = self.waiting();
        waiting.checks.push(check);
        !mem::replace(&mut waiting.is_sent, true)
    }

    /// Takes the checks of the next call. Returns `None` when no check waits. The next check then starts a new task.
    fn next(&self) -> Option<Vec<WaitingCheck>> {
        let mut waiting = self.waiting();
        // A check whose caller has given up is not counted.
        waiting.checks.retain(|check| !check.caller.is_closed());
        if waiting.checks.is_empty() {
            waiting.is_sent = false;
            return None;
        }
        let most = waiting.checks.len().min(MOST_CHECKS);
        let rest = waiting.checks.split_off(most);
        Some(mem::replace(&mut waiting.checks, rest))
    }

    /// Calls the server and answers every caller. A check that arrived too late has counted nothing, so it may be sent
    /// again: the answer corrects the estimate of the server's clock.
    async fn settle(&self, mut checks: Vec<WaitingCheck>) {
        for _ in 0..TRIES {
            let answer = match self.call(&checks).await {
                Ok(answer) => answer,
                Err(error) => return reply_all(checks, &error),
            };
            let now = Instant::now();
            let mut late = Vec::new();
            for (check, outcomes) in checks.into_iter().zip(answer.checks) {
                match outcomes {
                    Some(outcomes) => reply(check, Ok(outcomes)),
                    // The caller's deadline has passed, so a repeated call would be too late as well.
                    None if check.deadline.is_some_and(|deadline| now >= deadline) => reply(check, Err(timed_out())),
                    None => late.push(check),
                }
            }
            if late.is_empty() {
                return;
            }
            checks = late;
        }
        reply_all(checks, &(ErrorKind::Client, "the server's clock was set several times during the calls").into());
    }

    /// Makes one call. A server that does not know the script has counted nothing, so the call is repeated with the
    /// whole script. After any other error, the call is not repeated.
    async fn call(&self, checks: &[WaitingCheck]) -> RedisResult<ScriptAnswer> {
        match self.call_by(Naming::Hash, checks).await {
            Err(error) if error.code() == Some("NOSCRIPT") => self.call_by(Naming::Whole, checks).await,
            answer => answer,
        }
    }

    async fn call_by(&self, naming: Naming, checks: &[WaitingCheck]) -> RedisResult<ScriptAnswer> {
        let asked_at = Instant::now();
        let latest = |deadline| self.clock.latest(deadline);
        let each = |check| {
            let WaitingCheck { asks, deadline, .. }: &WaitingCheck = check;
            ScriptCheck { asks, latest: deadline.map_or(0, latest) }
        };
        let checks: Vec<_> = checks.iter().map(each).collect();
        let answer: Vec<Option<i64>> = command(naming, &checks).query_async(&mut self.connection()).await?;
        let answer = read(&answer, &checks)?;
        self.clock.learn(answer.now, asked_at, Instant::now());
        Ok(answer)
    }

    fn connection(&self) -> MultiplexedConnection {
        self.connection.clone()
    }
}

/// Answers the caller of a check, unless the caller has given up.
fn reply(check: WaitingCheck, result: CheckResult) {
    let _ = check.caller.send(result);
}

fn reply_all(checks: Vec<WaitingCheck>, error: &RedisError) {
    for check in checks {
        reply(check, Err(error.clone()));
    }
}
