//! Copies of one request wait for each other, so that the second finds the first's answer instead of paying for a try of
//! its own: a nervous finger must not use up a reader's quota. Between replicas the unique request row decides.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::OwnedMutexGuard;
use uuid::Uuid;

use crate::domain::id::SiteId;

type RequestKey = (SiteId, Uuid);
type Gate = Arc<tokio::sync::Mutex<()>>;

/// Requests under way, by id. Holds no more than there are calls.
#[derive(Default)]
pub(in crate::service) struct SingleFlight(Mutex<HashMap<RequestKey, Gate>>);

impl SingleFlight {
    /// Waits until no other copy of the request is under way. The next one waits until the flight is dropped.
    pub(in crate::service) async fn enter(&self, site: &SiteId, request_id: Uuid) -> Flight<'_> {
        let key = (site.clone(), request_id);
        let gate = Arc::clone(self.lock().entry(key.clone()).or_default());
        // Made before waiting, so that a caller who leaves while it waits tidies up too.
        let mut flight = Flight { flights: self, key, gate, held: None };
        flight.held = Some(Arc::clone(&flight.gate).lock_owned().await);
        flight
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RequestKey, Gate>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request under way. Its copies wait until it is dropped.
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
        // The map's and this one: nobody waits.
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
    async fn a_copy_waits_for_its_turn_and_nothing_is_left_behind() {
        let (flights, site) = (SingleFlight::default(), SiteId::parse("default").unwrap());
        let first = flights.enter(&site, Uuid::nil()).await;
        let stranger = flights.enter(&site, Uuid::max()).await;
        // One copy gives up waiting, as a caller whose deadline passed.
        let waited = tokio::time::timeout(Duration::from_millis(1), flights.enter(&site, Uuid::nil())).await;
        assert!(waited.is_err(), "the first copy has not ended");
        drop(first);
        drop(flights.enter(&site, Uuid::nil()).await);
        drop(stranger);
        assert!(flights.lock().is_empty());
    }
}
