//! `Revert`.

use duyet_proto::v1::{self, revert_request};

use super::ModerationGrpc;
use crate::{
    domain::{
        Result, form,
        id::parse_uuid,
        revert::Target,
        violation::{Problem, Violations},
    },
    grpc::{call::Call, item_result::to_reverted_item},
    service::RevertRequest,
};

impl ModerationGrpc {
    pub(super) async fn revert(&self, call: &Call, request: v1::RevertRequest) -> Result<v1::RevertResponse> {
        let result = self.moderation.revert(&call.caller, revert_request(&request)?, call.now).await?;
        Ok(v1::RevertResponse {
            results: result.items.into_iter().map(|item| to_reverted_item(item, call.locale)).collect(),
            batch_id: result.batch.map(|id| id.to_string()).unwrap_or_default(),
        })
    }
}

fn revert_request(request: &v1::RevertRequest) -> Result<RevertRequest> {
    let mut violations = Violations::default();
    let target = check_target(request.target.as_ref(), &mut violations);
    let request_id = form::check_request_id(&request.request_id, &mut violations);
    violations.finish(|| Some(RevertRequest { target: target?, request_id: request_id? }))
}

fn check_target(target: Option<&revert_request::Target>, violations: &mut Violations) -> Option<Target> {
    use revert_request::Target::{BatchId, DecisionId, Last};
    let mut id = |field, text: &str| violations.take(field, parse_uuid(text), Problem::NotAUuid);
    match target {
        Some(DecisionId(text)) => id("decision_id", text).map(Target::Entry),
        Some(BatchId(text)) => id("batch_id", text).map(Target::Batch),
        Some(Last(last)) => violations.take("last", last.then_some(Target::Last), Problem::Required),
        None => violations.take("target", None, Problem::Required),
    }
}
