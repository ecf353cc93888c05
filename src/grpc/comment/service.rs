//! `CommentService`.

use tonic::{Request, Response, Status, async_trait};

use crate::{
    domain::{
        Error, Result,
        form::{self, RawForm},
        id::{ArticleId, SiteId},
        violation::{Problem, Violations},
    },
    grpc::{
        call::Call,
        captcha::read_client,
        convert::{from_time, to_time},
        convert_case::to_public,
        routes::Service,
    },
    proto::v1::{self, comment_service_server::CommentService},
    service::WithdrawRequest,
};

/// Receipts of one reader in one request.
const MAX_RECEIPTS: usize = 20;

/// Articles of one `CountComments`: a portal's front page.
const MAX_ARTICLES: usize = 200;

#[async_trait]
impl CommentService for Service {
    async fn withdraw_comment(
        &self,
        request: Request<v1::WithdrawCommentRequest>,
    ) -> Result<Response<v1::WithdrawCommentResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.withdraw(&call, request.into_inner()).await)
    }

    async fn report_comment(
        &self,
        request: Request<v1::ReportCommentRequest>,
    ) -> Result<Response<v1::ReportCommentResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.report(&call, request.into_inner()).await)
    }

    async fn submit_comment(
        &self,
        request: Request<v1::SubmitCommentRequest>,
    ) -> Result<Response<v1::SubmitCommentResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.submit(&call, request.into_inner()).await)
    }

    async fn get_comment(
        &self,
        request: Request<v1::GetCommentRequest>,
    ) -> Result<Response<v1::GetCommentResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.get(&call, request.into_inner()).await)
    }

    /// Not reached: the route of [`list`](super::list) is more exact.
    async fn list_comments(
        &self,
        _: Request<v1::ListCommentsRequest>,
    ) -> Result<Response<v1::ListCommentsResponse>, Status> {
        Err(Status::unimplemented("lists are answered beside this service"))
    }

    async fn count_comments(
        &self,
        request: Request<v1::CountCommentsRequest>,
    ) -> Result<Response<v1::CountCommentsResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.count(&call, request.into_inner()).await)
    }
}

impl Service {
    async fn submit(&self, call: &Call, request: v1::SubmitCommentRequest) -> Result<v1::SubmitCommentResponse> {
        let site = &call.caller.site;
        let submitted = self.0.submit_comment(site, raw_form(request, site), call.now).await?;
        let published_at = submitted.answer.published_at;
        let outcome = if published_at.is_some() { v1::Outcome::Published } else { v1::Outcome::Pending };
        Ok(v1::SubmitCommentResponse {
            comment_id: submitted.answer.comment.to_string(),
            outcome: outcome.into(),
            receipt: submitted.receipt,
            replayed: submitted.replayed,
            published_at: published_at.map(to_time),
        })
    }

    async fn get(&self, call: &Call, request: v1::GetCommentRequest) -> Result<v1::GetCommentResponse> {
        let mut violations = Violations::default();
        let id = form::check_comment(&request.id, "id", &mut violations);
        check_receipts(&request.receipts, &mut violations);
        violations.into_result()?;
        let id = id.ok_or_else(|| Error::invalid("id", Problem::Required))?;
        let (comment, own) = self.0.get_comment(&call.caller.site, id, &request.receipts, call.now).await?;
        Ok(v1::GetCommentResponse { comment: Some(to_public(comment, own)) })
    }

    async fn withdraw(&self, call: &Call, request: v1::WithdrawCommentRequest) -> Result<v1::WithdrawCommentResponse> {
        let mut violations = Violations::default();
        let comment = form::check_comment(&request.comment_id, "comment_id", &mut violations);
        if request.receipt.is_empty() {
            violations.add("receipt", Problem::Required);
        }
        let request_id = form::check_request_id(&request.request_id, &mut violations);
        violations.into_result()?;
        let (Some(comment), Some(request_id)) = (comment, request_id) else {
            return Err(Error::internal("a missing field was not noted"));
        };
        let request = WithdrawRequest { comment, receipt: request.receipt, request_id };
        Ok(v1::WithdrawCommentResponse { changed: self.0.withdraw(&call.caller, request, call.now).await? })
    }

    async fn count(&self, call: &Call, request: v1::CountCommentsRequest) -> Result<v1::CountCommentsResponse> {
        let mut violations = Violations::default();
        if request.article_ids.len() > MAX_ARTICLES {
            violations.add("article_ids", Problem::TooMany { limit: MAX_ARTICLES });
        }
        let ids: Vec<ArticleId> = request.article_ids.iter().filter_map(|id| ArticleId::parse(id)).collect();
        if ids.len() != request.article_ids.len() {
            violations.add("article_ids", Problem::NotAnArticleId);
        }
        violations.into_result()?;
        let found = self.0.count_comments(&call.caller.site, &ids).await?;
        // Under the names that the portal has for them.
        let count = |id: &ArticleId| found.get(id.as_str()).copied().unwrap_or_default();
        let counts = request.article_ids.into_iter().zip(&ids).map(|(asked, id)| (asked, count(id))).collect();
        Ok(v1::CountCommentsResponse { counts })
    }
}

fn raw_form(request: v1::SubmitCommentRequest, site: &SiteId) -> RawForm {
    let mut noted = Violations::default();
    let form_opened_at = from_time(request.form_opened_at, "form_opened_at", &mut noted);
    let article_published_at = from_time(request.article_published_at, "article_published_at", &mut noted);
    RawForm {
        article_id: request.article_id,
        article_title: request.article_title,
        article_url: request.article_url,
        article_published_at,
        parent_id: request.parent_id,
        author_name: request.author_name,
        title: request.title,
        content: request.content,
        challenge_token: request.challenge_token,
        challenge_answer: request.challenge_answer,
        client: read_client(request.client, site),
        request_id: request.request_id,
        honeypot: request.honeypot,
        form_opened_at,
        noted,
    }
}

pub(in crate::grpc) fn check_receipts(receipts: &[String], violations: &mut Violations) {
    if receipts.len() > MAX_RECEIPTS {
        violations.add("receipts", Problem::TooMany { limit: MAX_RECEIPTS });
    }
}
