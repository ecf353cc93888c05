//! `ReportComment` and `AddNote`: what readers and moderators say about a comment.

use crate::{
    domain::{
        Error, Result, form,
        report::{self, Note},
        violation::Violations,
    },
    grpc::{
        call::Call,
        captcha::read_client,
        convert::{from_reason, optional, to_time},
        routes::Service,
    },
    proto::v1,
    service::{NoteRequest, ReportRequest},
};

impl Service {
    pub(in crate::grpc) async fn report(
        &self,
        call: &Call,
        request: v1::ReportCommentRequest,
    ) -> Result<v1::ReportCommentResponse> {
        let mut noted = Violations::default();
        let comment = form::check_comment(&request.comment_id, "comment_id", &mut noted);
        let reason = optional(request.reason, from_reason, "reason", &mut noted);
        let note = report::check_words(reason, &request.note, &mut noted);
        let client = read_client(request.client, &call.caller.site);
        // Its value is not kept: who reports again counts no second time anyway.
        form::check_request_id(&request.request_id, &mut noted);
        let request = ReportRequest { comment, reason, note, client, noted };
        self.0.report_comment(&call.caller.site, request, call.now).await?;
        Ok(v1::ReportCommentResponse {})
    }

    pub(in crate::grpc) async fn note(&self, call: &Call, request: v1::AddNoteRequest) -> Result<v1::AddNoteResponse> {
        let mut violations = Violations::default();
        let comment = form::check_comment(&request.comment_id, "comment_id", &mut violations);
        let text = report::check_text(&request.text, &mut violations);
        let request_id = form::check_request_id(&request.request_id, &mut violations);
        violations.into_result()?;
        let (Some(comment), Some(request_id)) = (comment, request_id) else {
            return Err(Error::internal("a missing field was not noted"));
        };
        let note = self.0.add_note(&call.caller, NoteRequest { comment, text, request_id }, call.now).await?;
        Ok(v1::AddNoteResponse { note: Some(to_note(note)) })
    }
}

/// A moderator's note.
pub(in crate::grpc) fn to_note(note: Note) -> v1::Note {
    v1::Note { id: note.id.to_string(), at: Some(to_time(note.at)), actor: note.actor, text: note.text }
}
