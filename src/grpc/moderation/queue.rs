//! `ListQueue` and `GetCase`.

use duyet_proto::v1;

use super::{
    ModerationGrpc,
    filter::{from_queue_order, queue_filter},
};
use crate::{
    domain::{
        Error, Result, form,
        page::page_size,
        queue::QueueOrder,
        violation::{Problem, Violations},
    },
    grpc::{
        call::Call,
        convert::{case::to_case, values::optional},
    },
    service::QueueRequest,
};

impl ModerationGrpc {
    pub(super) async fn list_queue(&self, call: &Call, request: v1::ListQueueRequest) -> Result<v1::ListQueueResponse> {
        let mut violations = Violations::default();
        let filter = queue_filter(request.filter.unwrap_or_default(), &mut violations);
        let order = optional(request.order, from_queue_order, "order", &mut violations).unwrap_or(QueueOrder::Oldest);
        violations.into_result()?;
        let size = page_size(request.page_size, 50, 200);
        let request = QueueRequest { filter, order, size, page_token: request.page_token };
        let list = self.moderation.list_queue(&call.caller, &request, call.now).await?;
        Ok(list.convert(|list| v1::ListQueueResponse {
            cases: list.cases.into_iter().map(|case| to_case(case, call.locale)).collect(),
            next_page_token: list.next_page_token,
            total: list.total,
        }))
    }

    pub(super) async fn get_case(&self, call: &Call, request: v1::GetCaseRequest) -> Result<v1::GetCaseResponse> {
        let mut violations = Violations::default();
        let id = form::check_comment(&request.comment_id, "comment_id", &mut violations);
        violations.into_result()?;
        let id = id.ok_or_else(|| Error::invalid("comment_id", Problem::Required))?;
        let case = self.moderation.get_case(&call.caller.site, id, call.now).await?;
        Ok(v1::GetCaseResponse { case: Some(to_case(case, call.locale)) })
    }
}
