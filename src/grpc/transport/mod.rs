//! What surrounds every call: what tonic's own timeout, shedding and shutdown do not do well enough.

pub mod deadline;
pub mod in_flight;
pub mod incoming;
pub mod observe;

/// Splits `/package.Service/Method`.
fn split_path(path: &str) -> (&str, &str) {
    path.trim_start_matches('/').split_once('/').unwrap_or((path, ""))
}

/// True for calls that live as long as their client likes: they have no deadline and do not hold up a drain.
fn is_stream(path: &str) -> bool {
    path.ends_with("/ServerReflectionInfo") || path == "/grpc.health.v1.Health/Watch"
}
