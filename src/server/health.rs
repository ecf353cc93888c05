//! Health of the server, which follows the state of the database: for probes and for `grpc.health.v1`.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval},
};
use tonic_health::{ServingStatus, server::HealthReporter};

use super::outage_reports::OutageReports;
use crate::{
    grpc::SERVICES,
    ops::{http::Readiness, metric},
    service::Services,
};

/// Interval at which the database is pinged.
const PING: Duration = Duration::from_secs(1);

/// Outages shorter than this are not reported, because callers bridge them with retries.
const PATIENCE: Duration = Duration::from_secs(5);

/// The time of the last successful ping. The caller keeps it, so that a restarted watch does not report a database as
/// healthy that has not responded yet.
#[derive(Clone)]
pub(super) struct LastSeen(Arc<Mutex<Instant>>);

impl LastSeen {
    pub(super) fn now() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }

    fn renew(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn is_recent(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).elapsed() < PATIENCE
    }
}

/// Updates `readiness` from the state of the database until the future is dropped.
pub(super) async fn watch_store(
    away: Arc<OutageReports>,
    services: Arc<Services>,
    readiness: watch::Sender<Readiness>,
    last_seen: LastSeen,
) {
    let mut ticks = interval(PING);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let up = services.maintenance.ping().await;
        metric::store_up(up.is_ok());
        match up {
            Ok(()) => {
                last_seen.renew();
                away.ended();
            }
            Err(error) => away.report(&error),
        }
        let next = if last_seen.is_recent() { Readiness::Ready } else { Readiness::StoreDown };
        readiness.send_if_modified(|now| {
            let changes = *now != next && *now != Readiness::Draining;
            if changes {
                tracing::warn!(readiness = ?next, "readiness changed");
                *now = next;
            }
            changes
        });
    }
}

/// Reports `readiness` to `reporter` now and at each change, until its sender is dropped.
pub(super) async fn follow(reporter: HealthReporter, mut readiness: watch::Receiver<Readiness>) {
    loop {
        let now = *readiness.borrow_and_update();
        report(&reporter, now).await;
        if readiness.changed().await.is_err() {
            return;
        }
    }
}

/// Reports the status of every service and of the whole server to `grpc.health.v1`.
pub(super) async fn report(reporter: &HealthReporter, readiness: Readiness) {
    let status = if readiness == Readiness::Ready { ServingStatus::Serving } else { ServingStatus::NotServing };
    for service in SERVICES {
        reporter.set_service_status(service, status).await;
    }
    // The empty name means the process, which serves until it drains.
    let whole = if readiness == Readiness::Draining { ServingStatus::NotServing } else { ServingStatus::Serving };
    reporter.set_service_status("", whole).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restarted_watch_keeps_the_time_of_the_last_successful_ping() {
        let last_seen = LastSeen(Arc::new(Mutex::new(Instant::now().checked_sub(PATIENCE).unwrap())));
        let restarted = last_seen.clone();
        assert!(!restarted.is_recent());
        last_seen.renew();
        assert!(restarted.is_recent());
    }
}
