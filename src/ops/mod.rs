//! Logs, metrics, the HTTP listener that serves them, and the bounds of every listener.

pub mod connection_slots;
pub mod descriptors;
pub mod http;
pub mod metric;
pub mod telemetry;
