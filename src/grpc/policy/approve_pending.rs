//! `PolicyService.ApprovePending`.

use duyet_proto::v1;

use super::PolicyGrpc;
use crate::{
    domain::{
        Error, Result, form,
        violation::{Problem, Violations},
    },
    grpc::call::Call,
    service::ApprovePendingRequest,
};

impl PolicyGrpc {
    pub(super) async fn approve_pending(
        &self,
        call: &Call,
        request: v1::ApprovePendingRequest,
    ) -> Result<v1::ApprovePendingResponse> {
        let approved = self.policies.approve_pending(&call.caller, &parse(&request)?, call.now).await;
        let approved = self.suggesting(call, approved).await?;
        Ok(v1::ApprovePendingResponse {
            released: approved.count,
            still_waiting: approved.still_waiting,
            batch_id: approved.batch.map(|id| id.to_string()).unwrap_or_default(),
            more: approved.more,
        })
    }
}

fn parse(request: &v1::ApprovePendingRequest) -> Result<ApprovePendingRequest> {
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
    Ok(ApprovePendingRequest {
        article: article.ok_or_else(|| Error::invalid("article_id", Problem::Required))?,
        max_score: request.max_score,
        request_id: request_id.filter(|_| !request.dry_run),
    })
}
