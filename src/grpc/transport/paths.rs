//! What follows from the path of a call.

/// Splits a path `/package.Service/Method` into service and method.
pub(super) fn split_path(path: &str) -> (&str, &str) {
    path.trim_start_matches('/').split_once('/').unwrap_or((path, ""))
}

/// Streams without a deadline, which a drain does not wait for. Reflection is handled separately, because it has two
/// versions.
const STREAMS: [&str; 2] = ["/duyet.v1.ModerationService/WatchQueue", "/grpc.health.v1.Health/Watch"];

/// RPCs that respond with a stream. A stream outlives the check of its caller's token, so the check is repeated.
const ANSWERED_BY_STREAMS: [&str; 2] =
    ["/duyet.v1.ModerationService/WatchQueue", "/duyet.v1.PrivacyService/ExportAuthor"];

pub(in crate::grpc) fn is_answered_by_stream(path: &str) -> bool {
    ANSWERED_BY_STREAMS.contains(&path)
}

pub(in crate::grpc) fn is_stream(path: &str) -> bool {
    STREAMS.contains(&path) || path.ends_with("/ServerReflectionInfo")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use prost::Message as _;

    use super::*;

    #[test]
    fn every_stream_of_the_descriptor_set_is_listed_and_no_other() {
        let set = prost_types::FileDescriptorSet::decode(duyet_proto::DESCRIPTORS).unwrap();
        let mut described = BTreeSet::new();
        for file in set.file.iter().filter(|file| file.package() == "duyet.v1") {
            for service in &file.service {
                for method in &service.method {
                    assert!(!method.client_streaming(), "{}: no limit covers its messages", method.name());
                    if method.server_streaming() {
                        described.insert(format!("/duyet.v1.{}/{}", service.name(), method.name()));
                    }
                }
            }
        }
        assert_eq!(described, ANSWERED_BY_STREAMS.iter().map(|path| (*path).to_owned()).collect());
    }
}
