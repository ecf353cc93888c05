//! Promises that must hold when something breaks: real servers run as child processes and are killed, frozen,
//! disconnected, filled up and flooded. Short versions run with all other tests; `tests/run --faults` runs the full
//! scenarios and writes `faults.json`.

mod claims;
mod clock;
mod disk;
mod extended;
mod frozen;
mod load;
mod messages;
mod network;
mod one_article;
mod outages;
mod overload;
mod pooler;
mod postgres;
mod races;
mod redis;
mod scenario;
mod servers;
mod stage;
