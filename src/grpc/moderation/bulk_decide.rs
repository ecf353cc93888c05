//! `BulkDecide`.

use std::collections::HashSet;

use duyet_proto::v1;

use super::{ModerationGrpc, decide::reason_and_note};
use crate::{
    domain::{
        Result,
        decision::MAX_ITEMS,
        form,
        id::CommentId,
        violation::{Problem, Violations},
    },
    grpc::{call::Call, convert::values::from_action, item_result::to_settled_item},
    service::BulkRequest,
};

impl ModerationGrpc {
    pub(super) async fn bulk_decide(
        &self,
        call: &Call,
        request: v1::BulkDecideRequest,
    ) -> Result<v1::BulkDecideResponse> {
        let decided = self.moderation.bulk_decide(&call.caller, bulk_request(&request)?, call.now).await?;
        let item = |(id, settled)| to_settled_item(id, settled, call.locale);
        Ok(v1::BulkDecideResponse {
            batch_id: decided.batch.to_string(),
            results: decided.items.into_iter().map(item).collect(),
        })
    }
}

fn bulk_request(request: &v1::BulkDecideRequest) -> Result<BulkRequest> {
    let mut violations = Violations::default();
    let items = check_items(&request.items, &mut violations);
    let action = violations.take("action", from_action(request.action), Problem::Required);
    let request_id = form::check_request_id(&request.request_id, &mut violations);
    let (reason, note) = reason_and_note(action, request.reason, &request.note, &mut violations);
    violations.finish(|| Some(BulkRequest { items, action: action?, reason, note, request_id: request_id? }))
}

/// Parses the items. Reports each kind of problem once, even if several items have it.
fn check_items(items: &[v1::BulkItem], violations: &mut Violations) -> Vec<(CommentId, i64)> {
    if items.is_empty() {
        violations.add("items", Problem::Required);
    }
    if items.len() > MAX_ITEMS {
        violations.add("items", Problem::TooMany { limit: MAX_ITEMS });
    }
    let item = |item: &v1::BulkItem| Some((CommentId::parse(&item.comment_id)?, item.expected_revision));
    let parsed: Vec<_> = items.iter().filter_map(item).collect();
    if parsed.len() < items.len() {
        violations.add("items.comment_id", Problem::NotAUuid);
    }
    let distinct: HashSet<_> = parsed.iter().map(|(id, _)| id).collect();
    if distinct.len() < parsed.len() {
        violations.add("items.comment_id", Problem::Repeated);
    }
    if items.iter().any(|item| item.expected_revision < 1) {
        violations.add("items.expected_revision", Problem::Required);
    }
    parsed
}
