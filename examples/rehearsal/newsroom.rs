//! A server in a temporary directory, with readers who submit comments.

use anyhow::Context as _;
use duyet_proto::v1::{
    self, captcha_service_client::CaptchaServiceClient, comment_service_client::CommentServiceClient,
    moderation_service_client::ModerationServiceClient,
};
use duyetd::{
    config::{Config, Settings},
    domain::rate_limit::Quotas,
    server::{self, Running},
};
use tempfile::TempDir;
use tonic::{
    Request, Status,
    metadata::{Ascii, MetadataValue},
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Channel, Endpoint},
};
use uuid::Uuid;

use super::script;

/// The fixed answer of every challenge.
const ANSWER: &str = "KM7RT";

/// Number of readers who submit concurrently.
const READERS: usize = 16;

/// Adds a token to every call.
#[derive(Clone)]
struct Bearer(MetadataValue<Ascii>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.0.clone());
        Ok(request)
    }
}

type Link = InterceptedService<Channel, Bearer>;

/// A server whose data is deleted at the end.
pub(crate) struct Newsroom {
    running: Running,
    moderation: ModerationServiceClient<Link>,
    dir: TempDir,
}

impl Newsroom {
    pub(crate) async fn open() -> anyhow::Result<Self> {
        let dir = tempfile::tempdir()?;
        let mut config = Config::from_settings(Settings::default()).map_err(anyhow::Error::msg)?;
        config.data_dir = dir.path().to_owned();
        config.grpc_addr = "127.0.0.1:0".parse()?;
        config.http_addr = config.grpc_addr;
        config.fixed_answer = Some(ANSWER.to_owned());
        config.limits = no_limits()?;
        config.drain_notice = std::time::Duration::ZERO;
        let running = server::start(config).await?;
        let channel = Endpoint::from_shared(format!("http://{}", running.grpc_addr))?.connect_lazy();
        let moderation = ModerationServiceClient::with_interceptor(channel, bearer(&dir, "moderator")?);
        Ok(Self { running, moderation, dir })
    }

    pub(crate) async fn fill(&mut self, count: usize) -> anyhow::Result<()> {
        let bearer = bearer(&self.dir, "portal")?;
        let mut readers = tokio::task::JoinSet::new();
        for reader in 0..READERS {
            let channel = Endpoint::from_shared(format!("http://{}", self.running.grpc_addr))?.connect_lazy();
            let portal = Portal {
                captcha: CaptchaServiceClient::with_interceptor(channel.clone(), bearer.clone()),
                comments: CommentServiceClient::with_interceptor(channel, bearer.clone()),
            };
            readers.spawn(portal.write((reader..count).step_by(READERS)));
        }
        while let Some(written) = readers.join_next().await {
            written??;
        }
        Ok(())
    }

    /// Returns the number of comments in the queue.
    pub(crate) async fn waiting(&mut self) -> anyhow::Result<i64> {
        Ok(self.moderation.list_queue(v1::ListQueueRequest::default()).await?.into_inner().total)
    }

    /// Returns the number of decisions in the audit log, including reverted ones.
    pub(crate) async fn decisions(&mut self) -> anyhow::Result<usize> {
        let (mut found, mut page_token) = (0, String::new());
        loop {
            let request = v1::ListAuditRequest { page_size: 200, page_token, ..Default::default() };
            let page = self.moderation.list_audit(request).await?.into_inner();
            found += page.entries.iter().filter(|entry| entry.action != "REVERT").count();
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return Ok(found);
            }
        }
    }

    /// Returns the shell command that starts the review.
    pub(crate) fn triage(&self) -> anyhow::Result<String> {
        let here = std::env::current_exe()?;
        let built =
            here.parent().and_then(|examples| examples.parent()).context("the directory of the programs is unknown")?;
        let program = built.join("duyet");
        anyhow::ensure!(
            program.exists(),
            "{} is missing: build the binaries in the same profile first",
            program.display()
        );
        let (token, addr) = (self.dir.path().join("moderator.token"), self.running.grpc_addr);
        let program = program.display();
        Ok(format!("DUYET_ADDR=http://{addr} DUYET_TOKEN_FILE={} DUYET_LANG=vi {program} triage", token.display()))
    }

    pub(crate) async fn close(self) {
        self.running.stop().await;
    }
}

struct Portal {
    captcha: CaptchaServiceClient<Link>,
    comments: CommentServiceClient<Link>,
}

impl Portal {
    async fn write(mut self, numbers: std::iter::StepBy<std::ops::Range<usize>>) -> anyhow::Result<()> {
        for number in numbers {
            let comment = script::comment(number);
            let challenge = self.challenge(&comment.article_id).await?;
            let client =
                v1::ReaderContext { ip: format!("203.0.113.{}", number % 250), device_token: challenge.device_token };
            let form = v1::SubmitCommentRequest {
                challenge_token: challenge.token,
                challenge_answer: ANSWER.to_owned(),
                client: Some(client),
                request_id: Uuid::new_v4().to_string(),
                ..comment
            };
            self.comments.submit_comment(form).await?;
        }
        Ok(())
    }

    /// Issues a challenge. Retries while no image is ready.
    async fn challenge(&mut self, article: &str) -> anyhow::Result<v1::IssueChallengeResponse> {
        loop {
            let request = v1::IssueChallengeRequest { article_id: article.to_owned(), ..Default::default() };
            match self.captcha.issue_challenge(request).await {
                Ok(challenge) => return Ok(challenge.into_inner()),
                Err(status) if status.code() == tonic::Code::Unavailable => tokio::task::yield_now().await,
                Err(status) => return Err(status.into()),
            }
        }
    }
}

fn bearer(dir: &TempDir, name: &str) -> anyhow::Result<Bearer> {
    let token = std::fs::read_to_string(dir.path().join(format!("{name}.token")))?;
    Ok(Bearer(format!("Bearer {}", token.trim()).parse()?))
}

/// Disables the limits on readers, because only the moderator's speed is measured.
fn no_limits() -> anyhow::Result<Quotas> {
    "1000000/1h".parse().map(Quotas::all).map_err(anyhow::Error::msg)
}
