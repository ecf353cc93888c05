//! What tonic can do at most: an echo, a list that is ready, and our limiter with nothing around it. In processes of their own, so that what
//! they cost can be told from what the load costs.

use duyet_proto::v1::{self, comment_service_server::CommentService};
use duyetd::{
    domain::rate_limit::{Allowance, Charge, ChargeWeight, LimitName, Quotas},
    limiter::Limiter,
};
use tokio::net::TcpListener;
use tokio_stream::{StreamExt as _, wrappers::TcpListenerStream};
use tonic::{Request, Response, Status};

/// Comments of the ready list, and characters of each.
pub(crate) const LISTED: usize = 20;
const CHARACTERS: usize = 300;

struct Bare {
    list: v1::ListCommentsResponse,
    limiter: Option<Limiter>,
}

fn ready_list() -> v1::ListCommentsResponse {
    let comment = |n| v1::Comment {
        id: format!("01a208ae-1f26-77bb-9a94-465c555dd{n:03}"),
        article_id: "bai-1".to_owned(),
        author_name: "Nguyễn Thị Lan".to_owned(),
        title: "Mừng quá".to_owned(),
        content: "x".repeat(CHARACTERS),
        created_at: Some(prost_types::Timestamp { seconds: 1_764_000_000, nanos: 0 }),
        published_at: Some(prost_types::Timestamp { seconds: 1_764_000_000, nanos: 0 }),
        ..Default::default()
    };
    v1::ListCommentsResponse { comments: (0..LISTED).map(comment).collect(), total_count: 200, ..Default::default() }
}

#[tonic::async_trait]
impl CommentService for Bare {
    /// The echo: a form in, an id out.
    async fn submit_comment(
        &self,
        request: Request<v1::SubmitCommentRequest>,
    ) -> Result<Response<v1::SubmitCommentResponse>, Status> {
        let form = request.into_inner();
        Ok(Response::new(v1::SubmitCommentResponse { comment_id: form.request_id, ..Default::default() }))
    }

    async fn list_comments(
        &self,
        _: Request<v1::ListCommentsRequest>,
    ) -> Result<Response<v1::ListCommentsResponse>, Status> {
        Ok(Response::new(self.list.clone()))
    }

    /// A decision on three limits: device, prefix, article.
    async fn get_comment(
        &self,
        request: Request<v1::GetCommentRequest>,
    ) -> Result<Response<v1::GetCommentResponse>, Status> {
        let limiter = self.limiter.as_ref().ok_or_else(|| Status::unimplemented("no limiter"))?;
        let id = request.into_inner().id;
        let charge = |limit, subject| Charge { limit, subject: format!("bench/{subject}"), weight: ChargeWeight::One };
        let charges = [
            charge(LimitName::SubmitsPerDevice, id.as_str()),
            charge(LimitName::SubmitsPerPrefix, id.get(..3).unwrap_or_default()),
            charge(LimitName::SubmitsPerArticle, "bai-1"),
        ];
        match limiter.check(&charges).await {
            Allowance::Allowed { .. } => Ok(Response::new(v1::GetCommentResponse::default())),
            Allowance::Denied { .. } => Err(Status::resource_exhausted("denied")),
        }
    }

    async fn count_comments(
        &self,
        _: Request<v1::CountCommentsRequest>,
    ) -> Result<Response<v1::CountCommentsResponse>, Status> {
        Err(Status::unimplemented("bare"))
    }

    async fn report_comment(
        &self,
        _: Request<v1::ReportCommentRequest>,
    ) -> Result<Response<v1::ReportCommentResponse>, Status> {
        Err(Status::unimplemented("bare"))
    }

    async fn withdraw_comment(
        &self,
        _: Request<v1::WithdrawCommentRequest>,
    ) -> Result<Response<v1::WithdrawCommentResponse>, Status> {
        Err(Status::unimplemented("bare"))
    }
}

/// Serves until it is killed. `limits` says `local`, a Redis URL, or nothing.
pub(crate) async fn serve(limits: Option<&str>) -> anyhow::Result<()> {
    let quotas = Quotas::all(crate::servers::LIMIT.parse().map_err(anyhow::Error::msg)?);
    let limiter = match limits {
        None => None,
        Some("local") => Some(Limiter::local(quotas)),
        Some(url) => Some(Limiter::with_redis(quotas, url, std::num::NonZeroU32::MIN)?),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("grpc  {}", listener.local_addr()?);
    let service = v1::comment_service_server::CommentServiceServer::new(Bare { list: ready_list(), limiter });
    // The builder's own setting is for its own listener only.
    let incoming =
        TcpListenerStream::new(listener).map(|socket| socket.inspect(|socket| drop(socket.set_nodelay(true))));
    tonic::transport::Server::builder().add_service(service).serve_with_incoming(incoming).await?;
    Ok(())
}
