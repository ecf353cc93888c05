//! `Escalate`.

use duyet_proto::v1;

use super::ModerationGrpc;
use crate::{
    domain::{
        Result,
        comment::Takedown,
        decision, form,
        violation::{Problem, Violations},
    },
    grpc::{
        call::Call,
        convert::{
            case::to_takedown,
            values::{from_takedown_kind, from_time},
        },
    },
    service::EscalateRequest,
};

impl ModerationGrpc {
    pub(super) async fn escalate(&self, call: &Call, request: v1::EscalateRequest) -> Result<v1::EscalateResponse> {
        let escalated = self.moderation.escalate(&call.caller, escalate_request(call, &request)?, call.now).await?;
        Ok(v1::EscalateResponse {
            takedown: Some(to_takedown(escalated.takedown)),
            decision_id: escalated.entry.to_string(),
        })
    }
}

fn escalate_request(call: &Call, request: &v1::EscalateRequest) -> Result<EscalateRequest> {
    let mut violations = Violations::default();
    let comment = form::check_comment(&request.comment_id, "comment_id", &mut violations);
    let kind = violations.take("kind", from_takedown_kind(request.kind), Problem::Required);
    let due_at = from_time(request.due_at, "due_at", &mut violations);
    Takedown::check_due(due_at, call.now, &mut violations);
    let note = decision::check_note(&request.note, &mut violations);
    let request_id = form::check_request_id(&request.request_id, &mut violations);
    violations
        .finish(|| Some(EscalateRequest { comment: comment?, kind: kind?, due_at, note, request_id: request_id? }))
}
