//! `Decide`.

use duyet_proto::v1;

use super::ModerationGrpc;
use crate::{
    domain::{
        Result, decision, form,
        lifecycle::Action,
        reason::Reason,
        violation::{Problem, Violations},
    },
    grpc::{
        call::Call,
        convert::{
            case::to_comment,
            values::{from_action, from_reason, optional, to_time},
        },
    },
    service::DecideRequest,
};

impl ModerationGrpc {
    pub(super) async fn decide(&self, call: &Call, request: v1::DecideRequest) -> Result<v1::DecideResponse> {
        let decided = self.moderation.decide(&call.caller, decide_request(&request)?, call.now).await?;
        let last_change = decided.answer.last_change;
        Ok(v1::DecideResponse {
            comment: Some(to_comment(decided.comment)),
            decision_id: last_change.decision.map(|id| id.to_string()).unwrap_or_default(),
            changed: decided.answer.changed,
            decided_by: last_change.actor,
            decided_at: Some(to_time(last_change.at)),
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
    violations.finish(|| {
        Some(DecideRequest {
            comment: comment?,
            action: action?,
            expected_revision: request.expected_revision,
            reason,
            note,
            request_id: request_id?,
        })
    })
}

/// Checks the reason and the note of a decision. Skips the check without an action, because the action determines
/// whether a reason is required.
pub(super) fn reason_and_note(
    action: Option<Action>,
    reason: i32,
    note: &str,
    violations: &mut Violations,
) -> (Option<Reason>, String) {
    let reason = optional(reason, from_reason, "reason", violations);
    action.map_or((None, String::new()), |action| decision::check_reason(action, reason, note, violations))
}
