//! Upper limits set by tonic: an echo, a prepared list, and the limiter alone. Each runs as a process of its own, so
//! that its CPU time is separate from the load generator's.

use duyet_proto::v1::{self, comment_service_server::CommentService};
use duyetd::{
    domain::rate_limit::{Allowance, Charge, ChargeWeight, LimitName, Quotas},
    limiter::Limiter,
};
use tokio::net::TcpListener;
use tokio_stream::{StreamExt as _, wrappers::TcpListenerStream};
use tonic::{Request, Response, Status};

/// Number of comments in the prepared list, and characters of each.
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
    /// Echoes a form as its id. With a limiter, it first checks three limits: device, prefix and article.
    async fn submit_comment(
        &self,
        request: Request<v1::SubmitCommentRequest>,
    ) -> Result<Response<v1::SubmitCommentResponse>, Status> {
        let form = request.into_inner();
        if let Some(limiter) = &self.limiter {
            check(limiter, &form.request_id).await?;
        }
        Ok(Response::new(v1::SubmitCommentResponse { comment_id: form.request_id, ..Default::default() }))
    }

    async fn list_comments(
        &self,
        _: Request<v1::ListCommentsRequest>,
    ) -> Result<Response<v1::ListCommentsResponse>, Status> {
        Ok(Response::new(self.list.clone()))
    }

    async fn get_comment(&self, _: Request<v1::GetCommentRequest>) -> Result<Response<v1::GetCommentResponse>, Status> {
        Err(Status::unimplemented("bare"))
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

/// Charges the limits of a device, of a prefix shared by ten devices, and of one article.
async fn check(limiter: &Limiter, device: &str) -> Result<(), Status> {
    let charge = |limit, subject| Charge { limit, subject: format!("bench/{subject}"), weight: ChargeWeight::One };
    let charges = [
        charge(LimitName::SubmitsPerDevice, device),
        charge(LimitName::SubmitsPerPrefix, device.get(1..).unwrap_or_default()),
        charge(LimitName::SubmitsPerArticle, "bai-1"),
    ];
    match limiter.check(&charges).await {
        Allowance::Allowed { .. } => Ok(()),
        Allowance::Denied { .. } => Err(Status::resource_exhausted("denied")),
    }
}

/// Serves until it is killed. `limits` is `local`, a Redis URL, or nothing.
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
    // The builder's own setting applies to its own listener only.
    let incoming =
        TcpListenerStream::new(listener).map(|socket| socket.inspect(|socket| drop(socket.set_nodelay(true))));
    tonic::transport::Server::builder().add_service(service).serve_with_incoming(incoming).await?;
    Ok(())
}
