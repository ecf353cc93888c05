//! `ListAudit`.

use duyet_proto::v1;

use super::{
    ModerationGrpc,
    filter::{named, optional_article, optional_uuid, short_text},
};
use crate::{
    domain::{
        Result,
        audit::{AuditAction, AuditFilter},
        form,
        page::page_size,
        violation::Violations,
    },
    grpc::{
        call::Call,
        convert::{case::to_audit, values::from_time},
    },
    service::AuditRequest,
};

impl ModerationGrpc {
    pub(super) async fn list_audit(&self, call: &Call, request: v1::ListAuditRequest) -> Result<v1::ListAuditResponse> {
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
        let size = page_size(request.page_size, 50, 200);
        let request = AuditRequest { filter, size, page_token: request.page_token };
        let list = self.moderation.list_audit(&call.caller, &request).await?;
        Ok(list.convert(|list| v1::ListAuditResponse {
            entries: list.entries.into_iter().map(to_audit).collect(),
            next_page_token: list.next_page_token,
        }))
    }
}
