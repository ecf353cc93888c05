//! `ModerationService`.

use tonic::{Request, Response, Status, async_trait, codegen::BoxStream};

use super::filter::{from_queue_order, named, optional_article, optional_uuid, queue_filter, short_text};
use crate::{
    domain::{
        Error, Result,
        audit::{AuditAction, AuditFilter},
        decision, form,
        lifecycle::Action,
        page::page_size,
        queue::QueueOrder,
        reason::Reason,
        violation::{Problem, Violations},
    },
    grpc::{
        call::Call,
        convert::{from_action, from_reason, from_time, optional, to_time},
        convert_case::{to_audit, to_case, to_comment},
        routes::Service,
    },
    proto::v1::{self, moderation_service_server::ModerationService},
    service::{AuditRequest, Cost, DecideRequest, QueueRequest},
};

#[async_trait]
impl ModerationService for Service {
    async fn claim_next(
        &self,
        request: Request<v1::ClaimNextRequest>,
    ) -> Result<Response<v1::ClaimNextResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.claim(&call, request.into_inner()).await)
    }

    async fn release_claims(
        &self,
        request: Request<v1::ReleaseClaimsRequest>,
    ) -> Result<Response<v1::ReleaseClaimsResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.give_back(&call, &request.into_inner()).await)
    }

    async fn bulk_decide(
        &self,
        request: Request<v1::BulkDecideRequest>,
    ) -> Result<Response<v1::BulkDecideResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.bulk(&call, request.into_inner()).await)
    }

    async fn revert(&self, request: Request<v1::RevertRequest>) -> Result<Response<v1::RevertResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.taking_back(&call, request.into_inner()).await)
    }

    async fn escalate(&self, request: Request<v1::EscalateRequest>) -> Result<Response<v1::EscalateResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.escalation(&call, request.into_inner()).await)
    }

    async fn add_note(&self, request: Request<v1::AddNoteRequest>) -> Result<Response<v1::AddNoteResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.note(&call, request.into_inner()).await)
    }

    async fn get_stats(&self, request: Request<v1::GetStatsRequest>) -> Result<Response<v1::GetStatsResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.stats(&call, &request.into_inner()).await)
    }

    type WatchQueueStream = BoxStream<v1::WatchQueueResponse>;

    async fn watch_queue(
        &self,
        request: Request<v1::WatchQueueRequest>,
    ) -> Result<Response<Self::WatchQueueStream>, Status> {
        let call = Call::of(&request)?;
        call.stream(self.watch(&call, request.into_inner()).await)
    }

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
        let _turn = filter.is_search().then(|| self.0.turn(&call.caller, Cost::Search)).transpose()?;
        let size = page_size(request.page_size, 50, 200);
        let request = QueueRequest { filter, order, size, page_token: request.page_token };
        let list = self.0.list_queue(&call.caller.site, &request, call.now).await?;
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
        let case = self.0.get_case(&call.caller.site, id, call.now).await?;
        Ok(v1::GetCaseResponse { case: Some(to_case(case, call.locale)) })
    }

    async fn decision(&self, call: &Call, request: v1::DecideRequest) -> Result<v1::DecideResponse> {
        let decided = self.0.decide(&call.caller, decide_request(&request)?, call.now).await?;
        let last_change = decided.answer.last_change;
        Ok(v1::DecideResponse {
            comment: Some(to_comment(decided.comment)),
            decision_id: last_change.decision.map(|id| id.to_string()).unwrap_or_default(),
            changed: decided.answer.changed,
            decided_by: last_change.actor,
            decided_at: Some(to_time(last_change.at)),
        })
    }

    async fn audit(&self, call: &Call, request: v1::ListAuditRequest) -> Result<v1::ListAuditResponse> {
        let mut violations = Violations::default();
        let filter = AuditFilter {
            comment: form::check_optional_comment(&request.comment_id, "comment_id", &mut violations),
            actor: short_text(request.actor, "actor", &mut violations),
            action: named(&request.action, "action", AuditAction::ALL, &mut violations),
            article: optional_article(&request.article_id, &mut violations),
            batch: optional_uuid(&request.batch_id, "batch_id", &mut violations),
            ban: optional_uuid(&request.ban_id, "ban_id", &mut violations),
            since: from_time(request.since, "since", &mut violations),
            until: from_time(request.until, "until", &mut violations),
        };
        violations.into_result()?;
        let _turn = self.0.turn(&call.caller, Cost::Search)?;
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
    let request_id = form::check_request_id(&request.request_id, &mut violations);
    let (reason, note) = reason_and_note(action, request.reason, &request.note, &mut violations);
    violations.into_result()?;
    let (Some(comment), Some(action), Some(request_id)) = (comment, action, request_id) else {
        return Err(Error::internal("a missing field was not noted"));
    };
    let expected_revision = request.expected_revision;
    Ok(DecideRequest { comment, action, expected_revision, reason, note, request_id })
}

/// Why a decision is made. Without an action there is no telling whether a reason is needed.
pub(in crate::grpc) fn reason_and_note(
    action: Option<Action>,
    reason: i32,
    note: &str,
    violations: &mut Violations,
) -> (Option<Reason>, String) {
    let reason = optional(reason, from_reason, "reason", violations);
    action.map_or((None, String::new()), |action| decision::check_reason(action, reason, note, violations))
}
