//! `ModerationService`.

use tonic::{Request, Response, Status, async_trait};

use super::{
    Service,
    call::Call,
    convert::{from_action, from_reason, from_status, from_time, optional, to_time},
    convert_case::{to_audit, to_case, to_comment},
};
use crate::{
    domain::{
        Error, Result,
        audit::AuditFilter,
        case::{QueueFilter, QueueOrder},
        decision,
        error::{Problem, Violations},
        form,
        lifecycle::Status as CommentStatus,
        page::page_size,
        text,
    },
    proto::v1::{self, moderation_service_server::ModerationService},
    workflow::{AuditRequest, DecideRequest, QueueRequest},
};

/// Longest text that a filter may hold, in bytes.
const MAX_FILTER_BYTES: usize = 200;

#[async_trait]
impl ModerationService for Service {
    async fn list_queue(
        &self,
        request: Request<v1::ListQueueRequest>,
    ) -> Result<Response<v1::ListQueueResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.queue(&call, request.into_inner()).await)
    }

    async fn get_case(&self, request: Request<v1::GetCaseRequest>) -> Result<Response<v1::GetCaseResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.case(&call, request.into_inner()).await)
    }

    async fn decide(&self, request: Request<v1::DecideRequest>) -> Result<Response<v1::DecideResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.decision(&call, request.into_inner()).await)
    }

    async fn list_audit(
        &self,
        request: Request<v1::ListAuditRequest>,
    ) -> Result<Response<v1::ListAuditResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.audit(&call, request.into_inner()).await)
    }
}

impl Service {
    async fn queue(&self, call: &Call, request: v1::ListQueueRequest) -> Result<v1::ListQueueResponse> {
        let mut violations = Violations::default();
        let filter = queue_filter(request.filter.unwrap_or_default(), &mut violations);
        let order = optional(request.order, from_queue_order, "order", &mut violations).unwrap_or(QueueOrder::Oldest);
        violations.into_result()?;
        let size = page_size(request.page_size, 50, 200);
        let request = QueueRequest { filter, order, size, page_token: request.page_token };
        let list = self.0.list_queue(&call.caller.site, &request).await?;
        Ok(v1::ListQueueResponse {
            cases: list.cases.into_iter().map(|case| to_case(case, call.locale)).collect(),
            next_page_token: list.next_page_token,
            total: list.total,
        })
    }

    async fn case(&self, call: &Call, request: v1::GetCaseRequest) -> Result<v1::GetCaseResponse> {
        let mut violations = Violations::default();
        let id = form::check_comment(&request.comment_id, "comment_id", &mut violations);
        violations.into_result()?;
        let id = id.ok_or_else(|| Error::invalid("comment_id", Problem::Required))?;
        let case = self.0.get_case(&call.caller.site, id).await?;
        Ok(v1::GetCaseResponse { case: Some(to_case(case, call.locale)) })
    }

    async fn decision(&self, call: &Call, request: v1::DecideRequest) -> Result<v1::DecideResponse> {
        let decided = self.0.decide(&call.caller, decide_request(&request)?, call.now).await?;
        let standing = decided.verdict.standing;
        Ok(v1::DecideResponse {
            comment: Some(to_comment(decided.comment)),
            decision_id: standing.decision.map(|id| id.to_string()).unwrap_or_default(),
            changed: decided.verdict.changed,
            decided_by: standing.actor,
            decided_at: Some(to_time(standing.at)),
        })
    }

    async fn audit(&self, call: &Call, request: v1::ListAuditRequest) -> Result<v1::ListAuditResponse> {
        let mut violations = Violations::default();
        let filter = AuditFilter {
            comment: form::check_optional_comment(&request.comment_id, "comment_id", &mut violations),
            actor: short_text(request.actor, "actor", &mut violations),
            action: short_text(request.action, "action", &mut violations),
            since: from_time(request.since, "since", &mut violations),
            until: from_time(request.until, "until", &mut violations),
        };
        violations.into_result()?;
        let size = page_size(request.page_size, 50, 200);
        let request = AuditRequest { filter, size, page_token: request.page_token };
        let list = self.0.list_audit(&call.caller.site, &request).await?;
        Ok(v1::ListAuditResponse {
            entries: list.entries.into_iter().map(to_audit).collect(),
            next_page_token: list.next_page_token,
        })
    }
}

fn decide_request(request: &v1::DecideRequest) -> Result<DecideRequest> {
    let mut violations = Violations::default();
    let comment = form::check_comment(&request.comment_id, "comment_id", &mut violations);
    let action = violations.take("action", from_action(request.action), Problem::Required);
    if request.expected_revision < 1 {
        violations.add("expected_revision", Problem::Required);
    }
    let reason = optional(request.reason, from_reason, "reason", &mut violations);
    let request_id = form::check_request_id(&request.request_id, &mut violations);
    // Without an action there is no telling whether a reason is needed.
    let (reason, note) = action
        .map_or((None, String::new()), |action| decision::check_reason(action, reason, &request.note, &mut violations));
    violations.into_result()?;
    let (Some(comment), Some(action), Some(request_id)) = (comment, action, request_id) else {
        return Err(Error::internal("a missing field was not noted"));
    };
    let expected_revision = request.expected_revision;
    Ok(DecideRequest { comment, action, expected_revision, reason, note, request_id })
}

fn queue_filter(filter: v1::QueueFilter, violations: &mut Violations) -> QueueFilter {
    let asked = filter.status.len();
    let mut status: Vec<CommentStatus> = filter.status.into_iter().filter_map(from_status).collect();
    if status.len() != asked {
        violations.add("filter.status", Problem::UnknownValue);
    }
    status.sort_unstable();
    status.dedup();
    if status.is_empty() {
        status.push(CommentStatus::Pending);
    }
    let article =
        (!filter.article_id.is_empty()).then(|| form::check_article(&filter.article_id, violations)).flatten();
    let scores = [filter.min_score, filter.max_score];
    if scores.iter().flatten().any(|score| !(0.0..=1.0).contains(score)) {
        violations.add("filter.min_score", Problem::OutOfRange);
    }
    QueueFilter {
        status,
        article,
        query: short_text(text::fold(&filter.query), "filter.query", violations),
        rule: short_text(filter.rule, "filter.rule", violations),
        author: short_text(filter.author, "filter.author", violations),
        min_score: filter.min_score,
        max_score: filter.max_score,
        unreviewed: filter.unreviewed,
    }
}

fn from_queue_order(number: i32) -> Option<QueueOrder> {
    match v1::QueueOrder::try_from(number).ok()? {
        v1::QueueOrder::Oldest => Some(QueueOrder::Oldest),
        v1::QueueOrder::Newest => Some(QueueOrder::Newest),
        v1::QueueOrder::Score => Some(QueueOrder::Score),
        v1::QueueOrder::Unspecified => None,
    }
}

/// A filter's text; empty means no filter.
fn short_text(value: String, field: &'static str, violations: &mut Violations) -> Option<String> {
    if value.len() > MAX_FILTER_BYTES {
        violations.add(field, Problem::TooManyBytes { limit: MAX_FILTER_BYTES, actual: value.len() });
    }
    (!value.is_empty()).then_some(value)
}
