//! The shared tier: counts in Redis, behind a circuit breaker and short time-outs.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use redis::{
    Client, RedisError, RedisResult,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use tokio::{
    sync::Notify,
    time::{Instant, MissedTickBehavior, interval, timeout, timeout_at},
};

use super::{
    breaker::{Breaker, Fault},
    gcra::Gcra,
    verdict::Outcome,
};
use crate::domain::rate_limit::{Charge, Quotas};

/// Longest a check waits for Redis, refunds included. The library's own defaults block a request for 9.5 s.
const PATIENCE: Duration = Duration::from_millis(60);
const RESPONSE_TIMEOUT: Duration = Duration::from_millis(50);
const CONNECTION_TIMEOUT: Duration = Duration::from_millis(100);
/// Wait between the two tries to connect.
const RETRY_DELAY: Duration = Duration::from_millis(50);
/// A probe may take as long as one connect and one answer.
const PROBE_PATIENCE: Duration = Duration::from_millis(150);
/// Least time between two probes.
const PROBE_INTERVAL: Duration = Duration::from_millis(500);

const TIMED_OUT: &str = "no answer in time";

/// The shared tier. Its connection is made when first needed.
pub(super) struct Redis {
    client: Client,
    gcra: Gcra,
    link: Mutex<Link>,
    /// Something failed: the watch shall see for itself.
    doubted: Notify,
}

struct Link {
    connection: ConnectionManager,
    breaker: Breaker,
    /// Counts how often the breaker has been closed: what began before says nothing about the time after.
    term: u64,
}

impl Redis {
    /// Reads the URL; connects to nothing.
    pub(super) fn new(url: &str) -> Result<Self, String> {
        // The library's messages name what is wrong and never repeat the URL.
        let client = Client::open(url).map_err(|error| error.to_string())?;
        let connection = connect(&client).map_err(|error| error.to_string())?;
        let link = Mutex::new(Link { connection, breaker: Breaker::default(), term: 0 });
        Ok(Self { client, gcra: Gcra::new(), link, doubted: Notify::new() })
    }

    pub(super) fn is_degraded(&self) -> bool {
        self.link().breaker.is_open()
    }

    /// Counts every charge, or none when one of them is refused: an outcome per charge, in their order.
    ///
    /// `None`: Redis is not in use or did not answer in time. Then some charges may be counted, even later: a counter is
    /// never asked twice.
    pub(super) async fn take(&self, quotas: &Quotas, charges: &[Charge]) -> Option<Vec<Outcome>> {
        let (connection, term) = self.connection()?;
        let deadline = Instant::now() + PATIENCE;
        let answers = timeout_at(deadline, self.gcra.take(&connection, quotas, charges)).await;
        let outcomes = self.note(term, answers.map(|all| all.into_iter().collect::<RedisResult<Vec<_>>>()))?;
        if outcomes.iter().any(|outcome| !outcome.is_taken()) {
            let taken =
                charges.iter().zip(&outcomes).filter(|(_, outcome)| outcome.is_taken()).map(|(charge, _)| charge);
            // A refund that fails leaves its subject one event short until that drains; the answer stays "refused".
            let _ = self.note(term, timeout_at(deadline, self.gcra.refund(&connection, quotas, taken)).await);
        }
        Some(outcomes)
    }

    /// Probes a fresh connection at once, then whenever a call has failed, and for as long as the breaker is open. The
    /// first probe tells an absent Redis at start; the one after a lone failure tells a dead one to a quiet server.
    pub(super) async fn watch(&self) {
        let mut pace = interval(PROBE_INTERVAL);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            pace.tick().await;
            match self.probe().await {
                Ok(fresh) => {
                    self.heal(fresh);
                    self.doubted.notified().await;
                }
                Err(reason) => {
                    let opened = self.link().breaker.open();
                    self.degrade(opened, &reason);
                }
            }
        }
    }

    async fn probe(&self) -> Result<ConnectionManager, String> {
        let fresh = connect(&self.client).map_err(|error| error.to_string())?;
        match timeout(PROBE_PATIENCE, self.gcra.probe(&fresh)).await {
            Ok(Ok(())) => Ok(fresh),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(TIMED_OUT.to_owned()),
        }
    }

    /// The new connection replaces the old one, which may hang on a frozen or replaced server without ever knowing.
    fn heal(&self, fresh: ConnectionManager) {
        let mut link = self.link();
        link.connection = fresh;
        // While it is closed, its failures still count: a Redis that answers probes and fails calls must open it.
        if link.breaker.is_open() {
            link.breaker.close();
            link.term += 1;
            drop(link);
            show_degraded(false);
            tracing::info!(redis = %self.client.get_connection_info().addr(), "redis is back: limits are shared again");
        }
    }

    fn degrade(&self, opened: bool, reason: &str) {
        if opened {
            show_degraded(true);
            let redis = self.client.get_connection_info().addr();
            tracing::warn!(%redis, reason, "redis is out of use: each replica limits alone");
        }
    }

    /// Tells the breaker how a call went and hands on what it answered.
    fn note<T>(&self, term: u64, answer: Result<RedisResult<T>, tokio::time::error::Elapsed>) -> Option<T> {
        let (fault, reason) = match answer {
            Ok(Ok(value)) => {
                self.link().breaker.succeeded();
                return Some(value);
            }
            Ok(Err(error)) => (fault_of(&error), error.to_string()),
            Err(_) => (Fault::TimeOut, TIMED_OUT.to_owned()),
        };
        let mut link = self.link();
        let opened = link.term == term && link.breaker.failed(fault, Instant::now());
        drop(link);
        self.doubted.notify_one();
        self.degrade(opened, &reason);
        None
    }

    fn connection(&self) -> Option<(ConnectionManager, u64)> {
        let link = self.link();
        (!link.breaker.is_open()).then(|| (link.connection.clone(), link.term))
    }

    fn link(&self) -> MutexGuard<'_, Link> {
        self.link.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps the gauge that operators alert on.
pub(super) fn show_degraded(degraded: bool) {
    metrics::gauge!("duyet_degraded", "component" => "redis").set(if degraded { 1.0 } else { 0.0 });
}

fn fault_of(error: &RedisError) -> Fault {
    if error.is_timeout() { Fault::TimeOut } else { Fault::Error }
}

/// A connection that is made when first used and made anew when lost.
fn connect(client: &Client) -> RedisResult<ConnectionManager> {
    let config = ConnectionManagerConfig::new()
        .set_response_timeout(Some(RESPONSE_TIMEOUT))
        .set_connection_timeout(Some(CONNECTION_TIMEOUT))
        .set_number_of_retries(1)
        .set_min_delay(RETRY_DELAY)
        .set_max_delay(RETRY_DELAY);
    ConnectionManager::new_lazy_with_config(client.clone(), config)
}
