//! The portal's calls to duyet: its token, Vietnamese messages, a deadline, and a resend after a lost response.

use std::time::Duration;

use anyhow::Context as _;
use duyet_proto::v1::{
    ChallengeKind, Comment, GetCommentRequest, IssueChallengeRequest, IssueChallengeResponse, ListCommentsRequest,
    ListCommentsResponse, ReportCommentRequest, SubmitCommentRequest, SubmitCommentResponse, VerifyChallengeRequest,
    captcha_service_client::CaptchaServiceClient, comment_service_client::CommentServiceClient,
};
use tonic::{
    Code, Request, Response, Status,
    metadata::{Ascii, MetadataValue},
    transport::{Channel, ClientTlsConfig, Endpoint},
};
use tonic_types::StatusExt as _;

use crate::{article, config::Remote, reader::Reader, service_error::ServiceError};

/// Deadline of an attempt. The reader waits for at most three attempts.
const DEADLINE: Duration = Duration::from_secs(3);
const RETRIES: u32 = 2;
/// Longest pause before a retry, even if the service requests a longer one.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The clients. Cloning is cheap: all clones share one HTTP/2 connection, which reconnects automatically.
pub(crate) struct Service {
    comments: CommentServiceClient<Channel>,
    captcha: CaptchaServiceClient<Channel>,
    bearer: MetadataValue<Ascii>,
}

impl Service {
    /// Connects at the first call, so that the portal can start before the service.
    pub(crate) fn new(remote: &Remote) -> anyhow::Result<Self> {
        let endpoint = Endpoint::from_shared(remote.addr.clone()).context("DUYET_ADDR is not an address")?;
        // Trusts the system's certificate authorities; `SSL_CERT_FILE` names others.
        let endpoint = match endpoint.uri().scheme_str() {
            Some("https") => endpoint.tls_config(ClientTlsConfig::new().with_native_roots())?,
            _ => endpoint,
        };
        let channel = endpoint.connect_timeout(Duration::from_secs(2)).tcp_nodelay(true).connect_lazy();
        let mut bearer: MetadataValue<Ascii> =
            format!("Bearer {}", remote.token).parse().context("the token is not one line of ASCII")?;
        bearer.set_sensitive(true);
        Ok(Self {
            comments: CommentServiceClient::new(channel.clone()),
            captcha: CaptchaServiceClient::new(channel),
            bearer,
        })
    }

    /// Issues a challenge of one of `kinds`. The service chooses which.
    pub(crate) async fn issue_challenge(
        &self,
        reader: &Reader,
        kinds: &[ChallengeKind],
    ) -> Result<IssueChallengeResponse, ServiceError> {
        let request = IssueChallengeRequest {
            article_id: article::ID.to_owned(),
            accepted_kinds: kinds.iter().map(|kind| (*kind).into()).collect(),
            client: Some(reader.client()),
            locale: "vi".to_owned(),
        };
        persist(|| async { self.captcha.clone().issue_challenge(self.request(request.clone())).await }).await
    }

    /// Verifies the widget's solution, and returns a pass that the form submits.
    pub(crate) async fn verify_challenge(&self, request: VerifyChallengeRequest) -> Result<String, ServiceError> {
        let verify = || async { self.captcha.clone().verify_challenge(self.request(request.clone())).await };
        persist(verify).await.map(|verified| verified.pass_token)
    }

    /// Submits a comment. Retries have the same `request_id` (idempotency key), so the comment is stored once.
    pub(crate) async fn submit_comment(
        &self,
        request: SubmitCommentRequest,
    ) -> Result<SubmitCommentResponse, ServiceError> {
        persist(|| async { self.comments.clone().submit_comment(self.request(request.clone())).await }).await
    }

    pub(crate) async fn list_comments(
        &self,
        request: ListCommentsRequest,
    ) -> Result<ListCommentsResponse, ServiceError> {
        persist(|| async { self.comments.clone().list_comments(self.request(request.clone())).await }).await
    }

    /// Reports a comment. The service counts each reader once, so a retry is harmless.
    pub(crate) async fn report_comment(&self, request: ReportCommentRequest) -> Result<(), ServiceError> {
        let report = || async { self.comments.clone().report_comment(self.request(request.clone())).await };
        persist(report).await.map(drop)
    }

    /// Returns a comment that this reader may see.
    pub(crate) async fn get_comment(&self, id: &str, reader: &Reader) -> Result<Option<Comment>, ServiceError> {
        let request = GetCommentRequest { id: id.to_owned(), receipts: reader.receipts.clone() };
        let answer =
            persist(|| async { self.comments.clone().get_comment(self.request(request.clone())).await }).await?;
        Ok(answer.comment)
    }

    fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request.set_timeout(DEADLINE);
        let metadata = request.metadata_mut();
        metadata.insert("authorization", self.bearer.clone());
        metadata.insert("accept-language", MetadataValue::from_static("vi"));
        request
    }
}

/// Calls until there is a response, or `RETRIES` retries have failed.
async fn persist<T, F>(call: impl Fn() -> F) -> Result<T, ServiceError>
where
    F: Future<Output = Result<Response<T>, Status>>,
{
    let mut tries = 0;
    loop {
        match call().await {
            Ok(response) => return Ok(response.into_inner()),
            Err(status) if tries < RETRIES && got_lost(&status) => tokio::time::sleep(pause(&status, tries)).await,
            Err(status) => return Err(ServiceError::decode(&status)),
        }
        tries += 1;
    }
}

/// The last two codes come from this client: tonic reports its own deadline as CANCELLED and a broken connection as
/// UNKNOWN.
pub(crate) fn got_lost(status: &Status) -> bool {
    matches!(status.code(), Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled | Code::Unknown)
}

/// Returns the pause that the service requests, else a growing pause. Adds up to half of it at random, so that portals
/// do not retry at the same time.
fn pause(status: &Status, tries: u32) -> Duration {
    let asked = status.get_details_retry_info().and_then(|info| info.retry_delay);
    let pause = asked.unwrap_or(Duration::from_millis(100) * 2_u32.pow(tries)).min(LONGEST_PAUSE);
    pause.mul_f64(1.0 + rand::random::<f64>() / 2.0)
}
