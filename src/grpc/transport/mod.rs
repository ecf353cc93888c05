//! What surrounds every call: what tonic's own timeout, shedding and shutdown do not do well enough.

pub mod deadline;
pub mod in_flight;
pub mod incoming;
pub mod message;
pub mod observe;
pub mod open;
pub mod stream;
pub mod tls;

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use axum::extract::Request;

use crate::ops::seats::Seat;

/// Splits `/package.Service/Method`.
fn split_path(path: &str) -> (&str, &str) {
    path.trim_start_matches('/').split_once('/').unwrap_or((path, ""))
}

/// Calls that outlive any deadline and do not hold up a drain. Reflection comes in two versions.
const STREAMS: [&str; 2] = ["/duyet.v1.ModerationService/WatchQueue", "/grpc.health.v1.Health/Watch"];

/// RPCs of ours that answer with a stream, which outlives the check of its caller's token.
const ANSWERED_BY_STREAMS: [&str; 2] =
    ["/duyet.v1.ModerationService/WatchQueue", "/duyet.v1.PrivacyService/ExportAuthor"];

pub(super) fn is_answered_by_stream(path: &str) -> bool {
    ANSWERED_BY_STREAMS.contains(&path)
}

/// The seat of a request's connection.
pub(super) fn seat_of(request: &Request) -> Option<&Arc<Seat>> {
    request.extensions().get()
}

/// Whom a request's connection counts for.
pub(super) fn peer_of(request: &Request) -> IpAddr {
    seat_of(request).map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |seat| seat.peer())
}

pub(super) fn is_stream(path: &str) -> bool {
    STREAMS.contains(&path) || path.ends_with("/ServerReflectionInfo")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use prost::Message as _;

    use super::*;
    use crate::proto;

    #[test]
    fn every_stream_of_the_descriptor_set_is_listed_and_no_other() {
        let set = prost_types::FileDescriptorSet::decode(proto::DESCRIPTORS).unwrap();
        let mut described = BTreeSet::new();
        for file in set.file.iter().filter(|file| file.package() == "duyet.v1") {
            for service in &file.service {
                for method in &service.method {
                    assert!(!method.client_streaming(), "{}: bounded nowhere", method.name());
                    if method.server_streaming() {
                        described.insert(format!("/duyet.v1.{}/{}", service.name(), method.name()));
                    }
                }
            }
        }
        assert_eq!(described, ANSWERED_BY_STREAMS.iter().map(|path| (*path).to_owned()).collect());
    }
}
