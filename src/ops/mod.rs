//! Logs, metrics and the HTTP listener that serves them.

pub mod http;
pub mod metric;
pub mod telemetry;
