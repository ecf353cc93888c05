//! What must hold when something breaks: real servers as child processes, killed, frozen, cut off, filled up and flooded. Short versions run
//! with all other tests; `tests/run --faults` plays the whole and writes `faults.json`.

mod disk;
mod load;
mod outages;
mod postgres;
mod redis;
mod scenario;
mod servers;
mod stage;
