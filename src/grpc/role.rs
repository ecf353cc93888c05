//! The roles that may call each RPC. A test compares the table with the descriptor set, so that no RPC can be
//! forgotten.

use crate::domain::access::Role::{self, Admin, Moderator, Portal};

/// Full path of every RPC of `duyet.v1`, with the roles that may call it.
pub const TABLE: [(&str, &[Role]); 37] = [
    ("/duyet.v1.BanService/CreateBan", &[Moderator, Admin]),
    ("/duyet.v1.BanService/RevokeBan", &[Moderator, Admin]),
    ("/duyet.v1.BanService/ListBans", &[Moderator, Admin]),
    ("/duyet.v1.CaptchaService/IssueChallenge", &[Portal]),
    ("/duyet.v1.CaptchaService/VerifyChallenge", &[Portal]),
    ("/duyet.v1.CommentService/SubmitComment", &[Portal]),
    ("/duyet.v1.CommentService/GetComment", &[Portal, Moderator, Admin]),
    ("/duyet.v1.CommentService/ListComments", &[Portal, Moderator, Admin]),
    ("/duyet.v1.CommentService/CountComments", &[Portal, Moderator, Admin]),
    ("/duyet.v1.CommentService/ReportComment", &[Portal]),
    ("/duyet.v1.CommentService/WithdrawComment", &[Portal]),
    ("/duyet.v1.ModerationService/ListQueue", &[Moderator, Admin]),
    ("/duyet.v1.ModerationService/GetCase", &[Moderator, Admin]),
    ("/duyet.v1.ModerationService/ClaimNext", &[Moderator, Admin]),
    ("/duyet.v1.ModerationService/ReleaseClaims", &[Moderator, Admin]),
    ("/duyet.v1.ModerationService/WatchQueue", &[Moderator, Admin]),
    ("/duyet.v1.ModerationService/Decide", &[Moderator, Admin]),
    ("/duyet.v1.ModerationService/BulkDecide", &[Moderator, Admin]),
    ("/duyet.v1.ModerationService/Revert", &[Moderator, Admin]),
    ("/duyet.v1.ModerationService/Escalate", &[Moderator, Admin]),
    ("/duyet.v1.ModerationService/AddNote", &[Moderator, Admin]),
    ("/duyet.v1.ModerationService/GetStats", &[Moderator, Admin]),
    ("/duyet.v1.ModerationService/ListAudit", &[Moderator, Admin]),
    ("/duyet.v1.PolicyService/GetArticle", &[Portal, Moderator, Admin]),
    ("/duyet.v1.PolicyService/UpdateArticle", &[Moderator, Admin]),
    ("/duyet.v1.PolicyService/GetSite", &[Moderator, Admin]),
    ("/duyet.v1.PolicyService/UpdateSite", &[Admin]),
    ("/duyet.v1.PolicyService/Lockdown", &[Moderator, Admin]),
    ("/duyet.v1.PolicyService/ApprovePending", &[Moderator, Admin]),
    // The service restricts portals to readers whose receipt they send.
    ("/duyet.v1.PrivacyService/ExportAuthor", &[Portal, Admin]),
    ("/duyet.v1.PrivacyService/EraseAuthor", &[Portal, Admin]),
    ("/duyet.v1.PrivacyService/RevealSender", &[Admin]),
    ("/duyet.v1.RuleService/ListTerms", &[Moderator, Admin]),
    // The service restricts moderators to dry runs.
    ("/duyet.v1.RuleService/PutTerm", &[Moderator, Admin]),
    ("/duyet.v1.RuleService/DeleteTerm", &[Admin]),
    ("/duyet.v1.RuleService/AssessText", &[Moderator, Admin]),
    ("/duyet.v1.RuleService/ReplayRules", &[Moderator, Admin]),
];

/// RPCs that need no token, because they return no data of a site.
const OPEN: [&str; 5] = [
    "/grpc.health.v1.Health/Check",
    "/grpc.health.v1.Health/List",
    "/grpc.health.v1.Health/Watch",
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
];

/// Checks whether `path` belongs to the health or reflection services.
pub fn is_open(path: &str) -> bool {
    OPEN.contains(&path)
}

/// Looks up the table entry of `path`, or `None` for an unknown path.
pub(super) fn listed(path: &str) -> Option<(&'static str, &'static [Role])> {
    TABLE.iter().find(|(listed, _)| *listed == path).copied()
}

pub fn allowed(path: &str) -> Option<&'static [Role]> {
    listed(path).map(|(_, roles)| roles)
}

/// Lists the full paths of all RPCs.
pub(super) fn paths() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|(path, _)| *path).chain(OPEN)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use prost::Message as _;

    use super::*;
    use crate::grpc::SERVICES;

    #[test]
    fn every_rpc_of_the_descriptor_set_is_listed_and_no_other() {
        let set = prost_types::FileDescriptorSet::decode(duyet_proto::DESCRIPTORS).unwrap();
        let mut described = BTreeSet::new();
        let mut services = BTreeSet::new();
        for file in set.file.iter().filter(|file| file.package() == "duyet.v1") {
            for service in &file.service {
                services.insert(format!("duyet.v1.{}", service.name()));
                described.extend(
                    service.method.iter().map(|method| format!("/duyet.v1.{}/{}", service.name(), method.name())),
                );
            }
        }
        let listed: BTreeSet<String> = TABLE.iter().map(|(path, _)| (*path).to_owned()).collect();
        assert_eq!(described, listed);
        assert_eq!(services, SERVICES.iter().map(|name| (*name).to_owned()).collect());
    }

    #[test]
    fn every_rpc_has_roles_and_none_is_open_or_for_metrics() {
        for (path, roles) in TABLE {
            assert!(!roles.is_empty() && !is_open(path), "{path}");
            assert!(!roles.contains(&Role::Metrics), "{path}");
        }
    }
}
