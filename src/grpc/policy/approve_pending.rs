//! `PolicyService.ReleasePending`.

use super::PolicyGrpc;
use crate::{
    domain::{
        Error, Result, form,
        violation::{Problem, Violations},
    },
    grpc::call::Call,
    proto::v1,
    service::ReleaseRequest,
};

impl PolicyGrpc {
    pub(super) async fn release_pending(
        &self,
        call: &Call,
        request: v1::ReleasePendingRequest,
    ) -> Result<v1::ReleasePendingResponse> {
        let released = self.0.release_pending(&call.caller, &release_request(&request)?, call.now).await;
        let released = self.suggesting(call, released).await?;
        Ok(v1::ReleasePendingResponse {
            released: released.count,
            still_waiting: released.still_waiting,
            batch_id: released.batch.map(|id| id.to_string()).unwrap_or_default(),
            more: released.more,
        })
    }
}

fn release_request(request: &v1::ReleasePendingRequest) -> Result<ReleaseRequest> {
    let mut violations = Violations::default();
    let article = form::check_article(&request.article_id, &mut violations);
    if request.max_score.is_some_and(|score| !(0.0..=1.0).contains(&score)) {
        violations.add("max_score", Problem::OutOfRange);
    }
    let request_id = if request.dry_run && request.request_id.is_empty() {
        None
    } else {
        form::check_request_id(&request.request_id, &mut violations)
    };
    violations.into_result()?;
    Ok(ReleaseRequest {
        article: article.ok_or_else(|| Error::invalid("article_id", Problem::Required))?,
        max_score: request.max_score,
        request_id: request_id.filter(|_| !request.dry_run),
    })
}
