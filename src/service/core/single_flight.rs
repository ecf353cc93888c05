//! Single flight for duplicates of one request. A duplicate waits for the first call and then finds its stored answer,
//! so it is not charged to a rate limit: a double click must not use up a reader's quota. Duplicates at different
//! replicas do not wait for each other; the unique row of the request lets only one of them take effect.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::OwnedMutexGuard;
use uuid::Uuid;

use crate::domain::id::SiteId;

type RequestKey = (SiteId, Uuid);
type Gate = Arc<tokio::sync::Mutex<()>>;

/// The requests in flight, by site and request id. It never holds more entries than there are calls.
#[derive(Default)]
pub(in crate::service) struct SingleFlight(Mutex<HashMap<RequestKey, Gate>>);

impl SingleFlight {
    /// Waits until no duplicate of the request is in flight. The next duplicate waits until the flight is dropped.
    pub(in crate::service) async fn enter(&self, site: &SiteId, request_id: Uuid) -> Flight<'_> {
        let key = (site.clone(), request_id);
        let gate = Arc::clone(self.lock().entry(key.clone()).or_default());
        // The flight is created before waiting, so that dropping it also cleans up after a cancelled call.
        let mut flight = Flight { flights: self, key, gate, held: None };
        flight.held = Some(Arc::clone(&flight.gate).lock_owned().await);
        flight
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RequestKey, Gate>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request in flight. Its duplicates wait until it is dropped.
pub(in crate::service) struct Flight<'a> {
    flights: &'a SingleFlight,
    key: RequestKey,
    gate: Gate,
    held: Option<OwnedMutexGuard<()>>,
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.held = None;
        let mut gates = self.flights.lock();
        // If only the map and this flight hold the gate, no call waits for it.
        if Arc::strong_count(&self.gate) == 2 {
            gates.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn a_duplicate_waits_for_the_first_call_and_the_map_ends_empty() {
        let (flights, site) = (SingleFlight::default(), SiteId::parse("default").unwrap());
        let first = flights.enter(&site, Uuid::nil()).await;
        let stranger = flights.enter(&site, Uuid::max()).await;
        // A duplicate is cancelled while it waits, as after its caller's deadline.
        let waited = tokio::time::timeout(Duration::from_millis(1), flights.enter(&site, Uuid::nil())).await;
        assert!(waited.is_err(), "the first call has not ended");
        drop(first);
        drop(flights.enter(&site, Uuid::nil()).await);
        drop(stranger);
        assert!(flights.lock().is_empty());
    }
}
