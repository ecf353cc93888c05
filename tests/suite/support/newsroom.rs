//! A complete duyetd inside the test, with clients of every role.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use duyet_proto::v1::{
    self, ban_service_client::BanServiceClient, captcha_service_client::CaptchaServiceClient,
    comment_service_client::CommentServiceClient, moderation_service_client::ModerationServiceClient,
    policy_service_client::PolicyServiceClient, privacy_service_client::PrivacyServiceClient,
    rule_service_client::RuleServiceClient,
};
use duyetd::{
    config::{Config, Settings},
    domain::{challenge::ProofTries, rate_limit::Quotas},
    server::{self, Running},
};
use tempfile::TempDir;
use tonic::{
    Request, Status,
    metadata::MetadataValue,
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Channel, Endpoint},
};
use uuid::Uuid;

use super::home;

/// The answer of every image in tests.
pub const ANSWER: &str = "KM7RT";

/// The database that a test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Database {
    Sqlite,
    Postgres,
}

/// Runs each test `async fn name(Database)` on both databases, as `sqlite::name` and `postgres::name`.
macro_rules! on_both_databases {
    ($($name:ident,)+) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { super::$name($crate::support::newsroom::Database::Sqlite).await; })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() { super::$name($crate::support::newsroom::Database::Postgres).await; })+
        }
    };
}
pub(crate) use on_both_databases;

/// Adds a bearer token to every call, and requests English messages.
#[derive(Clone)]
pub struct Bearer(MetadataValue<tonic::metadata::Ascii>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.0.clone());
        request.metadata_mut().insert("accept-language", MetadataValue::from_static("en"));
        Ok(request)
    }
}

pub type Link = InterceptedService<Channel, Bearer>;

/// A server with an empty database.
pub struct Newsroom {
    pub running: Running,
    pub config: Config,
    dir: TempDir,
}

/// Returns quotas that no test reaches by accident.
pub fn wide_quotas() -> Quotas {
    Quotas::all("1000000/1h".parse().unwrap())
}

/// Builds a configuration for tests in `dir`: free ports, fixed answer, large quotas, no delay at the shutdown.
pub async fn test_config(database: Database, dir: &TempDir) -> Config {
    let mut config = Config::from_settings(Settings::default()).unwrap();
    config.data_dir = dir.path().to_owned();
    config.grpc_addr = "127.0.0.1:0".parse().unwrap();
    config.http_addr = config.grpc_addr;
    config.fixed_answer = Some(ANSWER.to_owned());
    config.limits = wide_quotas();
    config.proof_tries = ProofTries { light: 20, normal: 30, hard: 40 };
    config.drain_notice = std::time::Duration::ZERO;
    // Comments are only sampled in tests that enable it.
    config.sample_percent = 0;
    if database == Database::Postgres {
        config.database_url = empty_database_url().await.parse().ok();
        config.keys = duyetd::keyring::Keyring::generate().parse().ok();
    }
    config
}

impl Newsroom {
    pub async fn open(database: Database) -> Self {
        Self::open_with(database, |_| {}).await
    }

    /// Opens a server with a changed configuration.
    pub async fn open_with(database: Database, change: impl FnOnce(&mut Config)) -> Self {
        super::statements::record();
        let dir = tempfile::tempdir().unwrap();
        let mut config = test_config(database, &dir).await;
        change(&mut config);
        let running = server::start(config.clone()).await.unwrap();
        Self { running, config, dir }
    }

    /// Stops the server and starts it again with a changed configuration.
    pub async fn restart_with(self, change: impl FnOnce(&mut Config)) -> Self {
        let (mut config, dir) = self.halt().await;
        change(&mut config);
        Self::resume(config, dir).await
    }

    /// Stops the server and returns the configuration and the directory that [`Self::resume`] needs.
    pub async fn halt(self) -> (Config, TempDir) {
        self.running.stop().await;
        (self.config, self.dir)
    }

    pub async fn resume(config: Config, dir: TempDir) -> Self {
        let running = server::start(config.clone()).await.unwrap();
        Self { running, config, dir }
    }

    /// Stops the server. Its files remain until the returned value is dropped.
    pub async fn close(self) -> TempDir {
        self.running.stop().await;
        self.dir
    }

    pub fn token(&self, name: &str) -> String {
        std::fs::read_to_string(self.token_file(name)).unwrap().trim().to_owned()
    }

    pub fn token_file(&self, name: &str) -> PathBuf {
        self.dir.path().join(format!("{name}.token"))
    }

    pub fn keyring(&self) -> Arc<duyetd::keyring::Keyring> {
        Arc::new(server::check_keyring(&self.config).unwrap().unwrap())
    }

    /// Creates a token of a role on a site, as `duyetd token create` does.
    pub async fn new_token(&self, role: &str, site: &str) -> String {
        let store = server::open_store(&self.config).unwrap();
        let tokens = duyetd::service::AccessTokens::new(store.clone(), self.keyring());
        let new = duyetd::service::NewToken {
            site: duyetd::domain::id::SiteId::parse(site).unwrap(),
            name: format!("{role}-{}", Uuid::new_v4().simple()),
            role: role.parse().unwrap(),
            expires_at: None,
        };
        let (_, text) = tokens.create(new, chrono::DateTime::UNIX_EPOCH).await.unwrap().unwrap();
        store.close().await;
        text
    }

    pub fn channel(&self) -> Channel {
        channel(self.running.grpc_addr)
    }

    /// Stops the server and starts it again with the same database.
    pub async fn restarted(self) -> Self {
        self.running.stop().await;
        let running = server::start(self.config.clone()).await.unwrap();
        Self { running, ..self }
    }

    /// Starts another server with the same PostgreSQL database. (Only one server at a time can use a SQLite file.)
    pub async fn replica(&self) -> Running {
        server::start(self.config.clone()).await.unwrap()
    }

    pub fn portal(&self) -> Portal {
        self.portal_with(&self.token("portal"))
    }

    pub fn portal_with(&self, token: &str) -> Portal {
        portal_at(self.running.grpc_addr, token)
    }

    pub fn desk(&self) -> Desk {
        self.desk_with(&self.token("moderator"))
    }

    pub fn desk_with(&self, token: &str) -> Desk {
        desk_at(self.running.grpc_addr, token)
    }
}

/// Returns a channel that connects when it is first used, and reconnects after a lost connection.
pub fn channel(addr: SocketAddr) -> Channel {
    Endpoint::from_shared(format!("http://{addr}")).unwrap().connect_lazy()
}

pub fn portal_at(addr: SocketAddr, token: &str) -> Portal {
    let (channel, bearer) = (channel(addr), bearer(token));
    Portal {
        captcha: CaptchaServiceClient::with_interceptor(channel.clone(), bearer.clone()),
        comments: CommentServiceClient::with_interceptor(channel, bearer),
    }
}

pub fn desk_at(addr: SocketAddr, token: &str) -> Desk {
    let (channel, bearer) = (channel(addr), bearer(token));
    Desk {
        moderation: ModerationServiceClient::with_interceptor(channel.clone(), bearer.clone()),
        policy: PolicyServiceClient::with_interceptor(channel.clone(), bearer.clone()),
        bans: BanServiceClient::with_interceptor(channel.clone(), bearer.clone()),
        privacy: PrivacyServiceClient::with_interceptor(channel.clone(), bearer.clone()),
        rules: RuleServiceClient::with_interceptor(channel, bearer),
    }
}

fn bearer(token: &str) -> Bearer {
    Bearer(format!("Bearer {token}").parse().unwrap())
}

/// The clients of a portal's back end.
#[derive(Clone)]
pub struct Portal {
    pub captcha: CaptchaServiceClient<Link>,
    pub comments: CommentServiceClient<Link>,
}

impl Portal {
    pub async fn challenge(&mut self, article: &str) -> v1::IssueChallengeResponse {
        let request = v1::IssueChallengeRequest { article_id: article.into(), ..Default::default() };
        // A busy machine draws images slowly and sheds calls, which are retried.
        for _ in 0..100 {
            match self.captcha.issue_challenge(request.clone()).await {
                Err(status) if reason(&status) == "OVERLOADED" => {}
                answer => return answer.unwrap().into_inner(),
            }
        }
        panic!("no challenge was issued");
    }

    /// Fills in a form with a fresh challenge and the correct answer.
    pub async fn form(&mut self, article: &str, content: &str) -> v1::SubmitCommentRequest {
        let challenge = self.challenge(article).await;
        v1::SubmitCommentRequest {
            article_id: article.into(),
            author_name: "Nguyễn Thị Lan".into(),
            title: "Ý kiến".into(),
            content: content.into(),
            challenge_token: challenge.token,
            challenge_answer: ANSWER.into(),
            client: Some(v1::ReaderContext { ip: "203.0.113.7".into(), device_token: challenge.device_token }),
            request_id: Uuid::new_v4().to_string(),
            ..Default::default()
        }
    }

    pub async fn say(&mut self, article: &str, content: &str) -> v1::SubmitCommentResponse {
        let form = self.form(article, content).await;
        self.comments.submit_comment(form).await.unwrap().into_inner()
    }

    pub async fn list(&mut self, article: &str) -> v1::ListCommentsResponse {
        self.page(v1::ListCommentsRequest { article_id: article.into(), page_size: 100, ..Default::default() }).await
    }

    pub async fn page(&mut self, request: v1::ListCommentsRequest) -> v1::ListCommentsResponse {
        self.comments.list_comments(request).await.unwrap().into_inner()
    }
}

/// The clients of a moderator.
#[derive(Clone)]
pub struct Desk {
    pub moderation: ModerationServiceClient<Link>,
    pub policy: PolicyServiceClient<Link>,
    pub bans: BanServiceClient<Link>,
    pub privacy: PrivacyServiceClient<Link>,
    pub rules: RuleServiceClient<Link>,
}

/// Builds a decision on a comment at revision 1.
pub fn decision(id: &str, action: v1::Action) -> v1::DecideRequest {
    v1::DecideRequest {
        comment_id: id.into(),
        action: action.into(),
        expected_revision: 1,
        reason: if action == v1::Action::Reject { v1::Reason::OffTopic.into() } else { 0 },
        request_id: Uuid::new_v4().to_string(),
        ..Default::default()
    }
}

impl Desk {
    pub async fn decide(&mut self, request: v1::DecideRequest) -> Result<v1::DecideResponse, Status> {
        self.moderation.decide(request).await.map(tonic::Response::into_inner)
    }

    pub async fn approve(&mut self, id: &str) -> v1::DecideResponse {
        self.decide(decision(id, v1::Action::Approve)).await.unwrap()
    }

    pub async fn queue(&mut self) -> v1::ListQueueResponse {
        self.moderation.list_queue(v1::ListQueueRequest::default()).await.unwrap().into_inner()
    }

    pub async fn case(&mut self, id: &str) -> v1::ReviewCase {
        let request = v1::GetCaseRequest { comment_id: id.into() };
        self.moderation.get_case(request).await.unwrap().into_inner().case.unwrap()
    }

    /// Creates or changes an article with a mode.
    pub async fn set_mode(&mut self, article: &str, mode: v1::Mode, revision: i64) -> v1::ArticlePolicy {
        let article =
            v1::ArticlePolicy { article_id: article.into(), mode: mode.into(), revision, ..Default::default() };
        let mask = prost_types::FieldMask { paths: vec!["mode".into()] };
        let request_id = Uuid::new_v4().to_string();
        let request = v1::UpdateArticleRequest { article: Some(article), update_mask: Some(mask), request_id };
        self.policy.update_article(request).await.unwrap().into_inner().article.unwrap()
    }
}

pub fn reason(status: &Status) -> String {
    use tonic_types::StatusExt as _;
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}

pub fn fields(status: &Status) -> Vec<String> {
    use tonic_types::StatusExt as _;
    let violations = status.get_details_bad_request().map(|bad| bad.field_violations).unwrap_or_default();
    violations.into_iter().map(|violation| violation.field).collect()
}

pub fn fresh_challenge(status: &Status) -> Option<v1::IssueChallengeResponse> {
    use prost::Message as _;
    let details = tonic_types::pb::Status::decode(status.details()).ok()?.details;
    let any = details.into_iter().find(|any| any.type_url.ends_with("/duyet.v1.IssueChallengeResponse"))?;
    v1::IssueChallengeResponse::decode(&any.value[..]).ok()
}

pub async fn empty_database_url() -> String {
    use sqlx::ConnectOptions as _;
    home::empty_database().await.to_url_lossy().to_string()
}
