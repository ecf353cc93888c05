//! `CommentService`.

use std::sync::Arc;

use duyet_proto::v1::{self, comment_service_server::CommentService};
use tonic::{Request, Response, Status, async_trait};

use crate::{
    domain::Result,
    grpc::call::Call,
    service::{Privacy, PublicComments, Services, Submissions},
};

/// `CommentService`.
#[derive(Clone)]
pub(in crate::grpc) struct CommentGrpc {
    pub(super) submissions: Arc<Submissions>,
    pub(super) comments: Arc<PublicComments>,
    pub(super) privacy: Arc<Privacy>,
}

impl CommentGrpc {
    pub(in crate::grpc) fn new(services: &Services) -> Self {
        Self {
            submissions: Arc::clone(&services.submissions),
            comments: Arc::clone(&services.public_comments),
            privacy: Arc::clone(&services.privacy),
        }
    }
}

#[async_trait]
impl CommentService for CommentGrpc {
    async fn withdraw_comment(
        &self,
        request: Request<v1::WithdrawCommentRequest>,
    ) -> Result<Response<v1::WithdrawCommentResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.withdraw_comment(&call, request.into_inner()).await)
    }

    async fn report_comment(
        &self,
        request: Request<v1::ReportCommentRequest>,
    ) -> Result<Response<v1::ReportCommentResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.report_comment(&call, request.into_inner()).await)
    }

    async fn submit_comment(
        &self,
        request: Request<v1::SubmitCommentRequest>,
    ) -> Result<Response<v1::SubmitCommentResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.submit_comment(&call, request.into_inner()).await)
    }

    async fn get_comment(
        &self,
        request: Request<v1::GetCommentRequest>,
    ) -> Result<Response<v1::GetCommentResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.get_comment(&call, request.into_inner()).await)
    }

    /// Never called: the route of [`list`](super::list) takes precedence.
    async fn list_comments(
        &self,
        _: Request<v1::ListCommentsRequest>,
    ) -> Result<Response<v1::ListCommentsResponse>, Status> {
        Err(Status::unimplemented("ListComments has a route of its own"))
    }

    async fn count_comments(
        &self,
        request: Request<v1::CountCommentsRequest>,
    ) -> Result<Response<v1::CountCommentsResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.count_comments(&call, request.into_inner()).await)
    }
}
