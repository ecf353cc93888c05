//! The storage of the local tier's counts: one cell per subject, up to a fixed number of cells.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use dashmap::DashMap;
use governor::{
    nanos::Nanos,
    state::{StateStore, keyed::ShrinkableKeyedStateStore},
};
use tokio::sync::Notify;

use crate::domain::rate_limit::{Charge, ChargeWeight};

/// The cells of one limit. Clones share them, so that a charge made through governor can be refunded here.
///
/// Each cell holds a "theoretical arrival time" of GCRA in nanoseconds since the limiter's start.
#[derive(Debug, Clone)]
pub(super) struct Cells(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    known: DashMap<String, Nanos>,
    /// The cell that all unknown subjects share once `known` is full. Zero means that nothing is counted yet.
    overflow: AtomicU64,
    capacity: usize,
    /// The nanoseconds that the reserved events would add to a cell.
    reserve: Nanos,
    crowded: Arc<Notify>,
}

impl Cells {
    /// Creates the cells of up to `capacity` subjects. `crowded` is notified when a further subject is charged. Threads
    /// that insert concurrently may exceed the capacity by their number.
    pub(super) fn new(capacity: usize, reserve: Nanos, crowded: Arc<Notify>) -> Self {
        Self(Arc::new(Shared { known: DashMap::new(), overflow: AtomicU64::new(0), capacity, reserve, crowded }))
    }

    /// Refunds one charge, which added `interval`. The cell may then be in the past, which governor reads as now.
    pub(super) fn refund(&self, subject: &str, interval: Nanos) {
        if let Some(mut cell) = self.0.known.get_mut(subject) {
            *cell = cell.saturating_sub(interval);
        } else {
            let less = |cell: u64| Some(cell.saturating_sub(interval.as_u64()));
            let _ = self.0.overflow.fetch_update(Ordering::AcqRel, Ordering::Acquire, less);
        }
    }

    fn is_full(&self) -> bool {
        self.0.known.len() >= self.0.capacity
    }

    /// Evaluates `f` without storing its result. A look occupies no cell and takes no event from concurrent charges.
    fn look<T, E>(&self, subject: &str, f: impl Fn(Option<Nanos>) -> Result<(T, Nanos), E>) -> Result<T, E> {
        let own = self.0.known.get(subject).map(|cell| *cell);
        let shared = || Some(self.0.overflow.load(Ordering::Acquire)).filter(|cell| *cell > 0 && self.is_full());
        f(own.or_else(|| shared().map(Nanos::new))).map(|(value, _)| value)
    }

    /// Counts in the cell that unknown subjects share while the table is full. These subjects then limit each other.
    /// If they were all allowed instead, an attacker could lift the limit by filling the table.
    fn measure_overflow<T, E>(&self, f: impl Fn(Option<Nanos>) -> Result<(T, Nanos), E>) -> Result<T, E> {
        let mut cell = self.0.overflow.load(Ordering::Acquire);
        loop {
            let (value, next) = f((cell > 0).then_some(Nanos::new(cell)))?;
            match self.0.overflow.compare_exchange_weak(cell, next.into(), Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Ok(value),
                Err(changed) => cell = changed,
            }
        }
    }
}

impl StateStore for Cells {
    type Key = Charge;

    fn measure_and_replace<T, F, E>(&self, charge: &Charge, f: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let Charge { subject, weight, .. } = charge;
        // Governor was asked for the event together with the reserve, but only the event is counted.
        let uncounted = if *weight == ChargeWeight::OneBesideReserve { self.0.reserve } else { Nanos::new(0) };
        let f = |cell| f(cell).map(|(value, next): (T, Nanos)| (value, next.saturating_sub(uncounted)));
        if *weight == ChargeWeight::Look {
            return self.look(subject, f);
        }
        if let Some(mut cell) = self.0.known.get_mut(subject) {
            let (value, next) = f(Some(*cell))?;
            *cell = next;
            return Ok(value);
        }
        if self.is_full() {
            self.0.crowded.notify_one();
            return self.measure_overflow(f);
        }
        match self.0.known.entry(subject.clone()) {
            dashmap::Entry::Occupied(mut cell) => {
                let (value, next) = f(Some(*cell.get()))?;
                cell.insert(next);
                Ok(value)
            }
            dashmap::Entry::Vacant(cell) => {
                let (value, next) = f(None)?;
                cell.insert(next);
                Ok(value)
            }
        }
    }
}

impl ShrinkableKeyedStateStore<Charge> for Cells {
    fn retain_recent(&self, drop_below: Nanos) {
        self.0.known.retain(|_, cell| *cell > drop_below);
    }

    fn shrink_to_fit(&self) {
        self.0.known.shrink_to_fit();
    }

    fn len(&self) -> usize {
        self.0.known.len()
    }

    fn is_empty(&self) -> bool {
        self.0.known.is_empty()
    }
}
