//! Authorization: every RPC of the role table is called with every kind of token.

use duyetd::{domain::access::Role, grpc::role};
use tonic::{Code, Request, client::Grpc, metadata::MetadataValue};
use tonic_prost::ProstCodec;

use crate::support::newsroom::{Database, Newsroom, on_both_databases, reason};

on_both_databases! {
    every_rpc_allows_and_denies_every_role_as_documented,
    an_expired_revoked_or_forged_token_is_denied,
}

/// The RPCs that each role needs for its work, written independently of the server's own table.
#[test]
fn each_role_may_call_exactly_the_rpcs_that_its_work_needs() {
    let readers = ["CommentService/GetComment", "CommentService/ListComments", "CommentService/CountComments"];
    let portal = [
        "CaptchaService/IssueChallenge",
        "CaptchaService/VerifyChallenge",
        "CommentService/SubmitComment",
        "CommentService/ReportComment",
        "CommentService/WithdrawComment",
    ];
    // A portal may call these only with a reader's receipt.
    let persons = ["PrivacyService/ExportAuthor", "PrivacyService/EraseAuthor"];
    let desk = [
        "BanService/CreateBan",
        "BanService/RevokeBan",
        "BanService/ListBans",
        "ModerationService/ListQueue",
        "ModerationService/GetCase",
        "ModerationService/ClaimNext",
        "ModerationService/ReleaseClaims",
        "ModerationService/WatchQueue",
        "ModerationService/Decide",
        "ModerationService/BulkDecide",
        "ModerationService/Revert",
        "ModerationService/Escalate",
        "ModerationService/AddNote",
        "ModerationService/GetStats",
        "ModerationService/ListAudit",
        "PolicyService/UpdateArticle",
        "PolicyService/GetSite",
        "PolicyService/Lockdown",
        "PolicyService/ApprovePending",
        "RuleService/ListTerms",
        // For a portal this is allowed as a dry run only.
        "RuleService/PutTerm",
        "RuleService/AssessText",
        "RuleService/ReplayRules",
    ];
    let admin = ["PolicyService/UpdateSite", "PrivacyService/RevealSender", "RuleService/DeleteTerm"];
    let all_roles = [&readers[..], &["PolicyService/GetArticle"]].concat();
    for (role, needed) in [
        (Role::Portal, [&all_roles[..], &portal, &persons].concat()),
        (Role::Moderator, [&all_roles[..], &desk].concat()),
        (Role::Admin, [&all_roles[..], &desk, &admin, &persons].concat()),
        (Role::Metrics, vec![]),
    ] {
        for (path, _) in role::TABLE {
            let name = path.strip_prefix("/duyet.v1.").unwrap();
            let allowed = role::allowed(path).is_some_and(|roles| roles.contains(&role));
            assert_eq!(allowed, needed.contains(&name), "{role} {path}");
        }
    }
}

/// Calls `path` with an empty message, which is valid protobuf for every method, and waits for the first response
/// message of a stream.
async fn call(newsroom: &Newsroom, path: &'static str, authorization: Option<&str>) -> Result<(), tonic::Status> {
    let mut client = Grpc::new(newsroom.channel());
    client.ready().await.unwrap();
    let mut request = Request::new(());
    if let Some(value) = authorization {
        request.metadata_mut().insert("authorization", MetadataValue::try_from(value).unwrap());
    }
    let codec = ProstCodec::<(), ()>::default();
    let answers = client.server_streaming(request, http::uri::PathAndQuery::from_static(path), codec).await?;
    answers.into_inner().message().await.map(drop)
}

async fn every_rpc_allows_and_denies_every_role_as_documented(database: Database) {
    let newsroom = Newsroom::open(database).await;
    for role in Role::ALL {
        let token = newsroom.new_token(role.as_str(), "default").await;
        let header = format!("Bearer {token}");
        for (path, allowed) in role::TABLE {
            let result = call(&newsroom, path, Some(&header)).await;
            let denied = result.is_err_and(|status| status.code() == Code::PermissionDenied);
            assert_eq!(denied, !allowed.contains(role), "{role} {path}");
        }
    }
}

async fn an_expired_revoked_or_forged_token_is_denied(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let good = newsroom.token("admin");
    // The id of one token with the well-formed secret of another.
    let (start, secret) = (&good[..good.len() - 43], newsroom.token("moderator"));
    let forged = format!("Bearer {start}{}", &secret[secret.len() - 43..]);
    let revoked = newsroom.new_token("ADMIN", "default").await;
    let store = duyetd::server::open_store(&newsroom.config).unwrap();
    let (id, _) = duyetd::keyring::parse_access_token(&revoked).unwrap();
    assert!(store.revoke_token(id, chrono::DateTime::UNIX_EPOCH).await.unwrap());
    let revoked = format!("Bearer {revoked}");
    let expired = format!("Bearer {}", expired_token(&newsroom).await);
    let basic = format!("Basic {good}");
    for (path, _) in role::TABLE {
        let dead = [&*basic, &*forged, &*revoked, &*expired].map(Some);
        for header in [None, Some(""), Some("Bearer x")].into_iter().chain(dead) {
            let status = call(&newsroom, path, header).await.unwrap_err();
            assert_eq!((status.code(), reason(&status).as_str()), (Code::Unauthenticated, "TOKEN_INVALID"), "{path}");
        }
    }
}

async fn expired_token(newsroom: &Newsroom) -> String {
    let store = duyetd::server::open_store(&newsroom.config).unwrap();
    let new = duyetd::service::NewToken {
        site: duyetd::domain::id::SiteId::parse("default").unwrap(),
        name: "het-han".into(),
        role: Role::Admin,
        expires_at: Some(chrono::DateTime::UNIX_EPOCH),
    };
    let tokens = duyetd::service::AccessTokens::new(store, newsroom.keyring());
    tokens.create(new, chrono::DateTime::UNIX_EPOCH).await.unwrap().unwrap().1
}
