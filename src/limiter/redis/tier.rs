//! The shared tier: counts in Redis, behind a circuit breaker and short timeouts.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use redis::RedisResult;
use tokio::{
    sync::Notify,
    time::{Instant, MissedTickBehavior, interval, sleep, timeout},
};

use super::{
    answer_timeout::{TimedOut, patiently, until},
    circuit_breaker::{CircuitBreaker, Fault},
    eviction::Evictions,
    gcra,
    servers::Servers,
    topology::Topology,
};
use crate::{
    domain::rate_limit::{Charge, Quotas},
    limiter::{
        error::{Unreachable, UrlError},
        tier_answer::ChargeOutcome,
    },
};

/// Longest time that a check waits for Redis, refunds included. With the local tier and the granularity of timers, a
/// check takes less than 60 ms plus the delays of this process. The library's own defaults block a request for 9.5 s.
const PATIENCE: Duration = Duration::from_millis(50);
/// Longest time for a probe to discover the servers, connect to them and write to each. It excludes the delays of this
/// process.
const PROBE_PATIENCE: Duration = Duration::from_millis(400);
/// Time between two probes while no call fails, and also while Redis is not in use.
const PROBE_INTERVAL: Duration = Duration::from_millis(500);
/// Least time between two probes when calls fail.
const PROBE_PAUSE: Duration = Duration::from_millis(100);

/// The shared tier. Only [`Redis::watch`] and [`Redis::reach`] connect.
pub(in crate::limiter) struct Redis {
    topology: Topology,
    state: Mutex<RedisState>,
    /// Notified when a call has failed, so that the watch probes at once.
    doubted: Notify,
}

struct RedisState {
    /// `None` until the first connection. The servers are kept while the breaker is open, because a discovery also asks
    /// their nodes.
    servers: Option<Arc<Servers>>,
    breaker: CircuitBreaker,
    /// Number of times that Redis came into use. A failure of an earlier term does not count in the current one.
    term: u64,
}

impl RedisState {
    fn is_in_use(&self) -> bool {
        self.servers.is_some() && !self.breaker.is_open()
    }
}

impl Redis {
    /// Parses the URL without connecting.
    pub(in crate::limiter) fn new(url: &str) -> Result<Self, UrlError> {
        let topology = Topology::parse(url)?;
        let state = Mutex::new(RedisState { servers: None, breaker: CircuitBreaker::default(), term: 0 });
        Ok(Self { topology, state, doubted: Notify::new() })
    }

    pub(in crate::limiter) fn is_degraded(&self) -> bool {
        !self.state().is_in_use()
    }

    /// Counts every charge, or none of them when one is denied. Returns one outcome per charge, in the order of the
    /// charges.
    ///
    /// Returns `None` when Redis is not in use or did not answer in time. Some charges may be counted then, but never
    /// twice, and Redis does not count a call that it receives after the deadline.
    pub(in crate::limiter) async fn take(&self, quotas: &Quotas, charges: &[Charge]) -> Option<Vec<ChargeOutcome>> {
        let (servers, term) = self.servers()?;
        let deadline = Instant::now() + PATIENCE;
        let answer = until(deadline, gcra::take(&servers, quotas, charges, deadline)).await;
        let answer = self.note(term, answer)?;
        if !answer.excess.is_empty() {
            let excess: Vec<_> = answer.excess.iter().map(|at| charges[*at].clone()).collect();
            // If the refund fails, its subject has one event less until the count drains. The check stays denied.
            let _ = self.note(term, until(deadline, gcra::refund(&servers, quotas, &excess)).await);
        }
        Some(answer.outcomes)
    }

    /// Probes Redis twice a second, so that an outage is noticed without any calls, and at once when a call has failed.
    /// When a probe fails, the watch discovers the servers again and reconnects. When that fails too, Redis is out of
    /// use. The function never returns.
    pub(in crate::limiter) async fn watch(&self) {
        let mut pace = interval(PROBE_PAUSE);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut doubted, mut evictions) = (true, Evictions::default());
        loop {
            pace.tick().await;
            match patiently(PROBE_PATIENCE, self.look(doubted)).await.unwrap_or(Err(Unreachable::TimedOut)) {
                Ok(()) => {
                    if let Some((servers, _)) = self.servers() {
                        evictions.read(&servers, Instant::now()).await;
                    }
                    doubted = timeout(PROBE_INTERVAL, self.doubted.notified()).await.is_ok();
                }
                Err(reason) => {
                    let opened = self.state().breaker.open();
                    self.degrade(opened, &reason);
                    doubted = true;
                    sleep(PROBE_INTERVAL).await;
                }
            }
        }
    }

    /// Discovers the servers, connects to them and makes each of them count.
    pub(in crate::limiter) async fn reach(&self) -> Result<(), Unreachable> {
        let of = |problem| Unreachable::Of { servers: self.topology.to_string(), problem: Box::new(problem) };
        self.look(true).await.map_err(of)
    }

    /// Probes the current servers. When they fail, or when a call failed before (`doubted`), discovers the servers and
    /// connects again.
    async fn look(&self, doubted: bool) -> Result<(), Unreachable> {
        let current = self.state().servers.clone();
        if let Some(servers) = &current
            && !doubted
            && gcra::probe(servers).await.is_ok()
        {
            return Ok(());
        }
        let known = current.as_ref().map_or(&[][..], |servers| servers.nodes());
        let fresh = Servers::connect(&self.topology, known).await?;
        gcra::probe(&fresh).await?;
        self.heal(fresh);
        Ok(())
    }

    /// Replaces the connections. The old ones may hang on a frozen or replaced server without an error.
    fn heal(&self, fresh: Servers) {
        let mut state = self.state();
        let was_in_use = state.is_in_use();
        state.servers = Some(Arc::new(fresh));
        // A closed breaker keeps its failures, because a Redis that answers probes but fails calls must open it.
        if !was_in_use {
            state.breaker.close();
            state.term += 1;
            drop(state);
            show_degraded(false);
            tracing::info!(redis = %self.topology, "redis is in use: limits are shared");
        }
    }

    fn degrade(&self, opened: bool, reason: &Unreachable) {
        if opened {
            show_degraded(true);
            tracing::warn!(redis = %self.topology, %reason, "redis is out of use: each replica limits alone");
        }
    }

    /// Records the result of a call in the breaker. A timeout that this process may have caused does not count as a
    /// failure and only triggers a probe.
    fn note<T>(&self, term: u64, answer: Result<RedisResult<T>, TimedOut>) -> Option<T> {
        let (fault, reason) = match answer {
            Ok(Ok(value)) => {
                self.state().breaker.succeeded();
                return Some(value);
            }
            Ok(Err(error)) if error.is_timeout() => (None, Unreachable::TimedOut),
            Ok(Err(error)) => (Some(Fault::Error), error.into()),
            Err(TimedOut { is_ours }) => ((!is_ours).then_some(Fault::TimeOut), Unreachable::TimedOut),
        };
        let mut state = self.state();
        let is_of_now = state.term == term;
        let opened = is_of_now && fault.is_some_and(|fault| state.breaker.failed(fault, Instant::now()));
        drop(state);
        self.doubted.notify_one();
        self.degrade(opened, &reason);
        None
    }

    fn servers(&self) -> Option<(Arc<Servers>, u64)> {
        let state = self.state();
        state.servers.clone().filter(|_| state.is_in_use()).map(|servers| (servers, state.term))
    }

    fn state(&self) -> MutexGuard<'_, RedisState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sets the gauge that operators alert on.
pub(in crate::limiter) fn show_degraded(degraded: bool) {
    metrics::gauge!("duyet_degraded", "component" => "redis").set(if degraded { 1.0 } else { 0.0 });
}
