//! `ReportComment`.

use duyet_proto::v1;

use super::CommentGrpc;
use crate::{
    domain::{Result, form, report, violation::Violations},
    grpc::{
        call::Call,
        convert::{
            challenge::read_reader,
            values::{from_reason, optional},
        },
    },
    service::ReportRequest,
};

impl CommentGrpc {
    pub(super) async fn report_comment(
        &self,
        call: &Call,
        request: v1::ReportCommentRequest,
    ) -> Result<v1::ReportCommentResponse> {
        let mut noted = Violations::default();
        let comment = form::check_comment(&request.comment_id, "comment_id", &mut noted);
        let reason = optional(request.reason, from_reason, "reason", &mut noted);
        let note = report::check_words(reason, &request.note, &mut noted);
        let client = read_reader(request.client, &call.caller.site);
        // The id is checked but not used: a repeated report does not count again anyway.
        form::check_request_id(&request.request_id, &mut noted);
        let request = ReportRequest { comment, reason, note, client, noted };
        self.submissions.report_comment(&call.caller.site, request, call.now).await?;
        Ok(v1::ReportCommentResponse {})
    }
}
