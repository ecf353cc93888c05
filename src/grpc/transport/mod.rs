//! What surrounds every call: what tonic's own timeout, shedding and shutdown do not do well enough.

pub mod deadline;
pub mod in_flight;
pub mod incoming;
pub mod observe;
pub mod tls;

/// Splits `/package.Service/Method`.
fn split_path(path: &str) -> (&str, &str) {
    path.trim_start_matches('/').split_once('/').unwrap_or((path, ""))
}

/// Calls that outlive any deadline and do not hold up a drain. Reflection comes in two versions.
const STREAMS: [&str; 2] = ["/duyet.v1.ModerationService/WatchQueue", "/grpc.health.v1.Health/Watch"];

fn is_stream(path: &str) -> bool {
    STREAMS.contains(&path) || path.ends_with("/ServerReflectionInfo")
}
