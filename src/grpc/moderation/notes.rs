//! `AddNote`.

use super::ModerationGrpc;
use crate::{
    domain::{
        Error, Result, form,
        report::{self},
        violation::Violations,
    },
    grpc::{call::Call, convert_case::to_note},
    proto::v1,
    service::NoteRequest,
};

impl ModerationGrpc {
    pub(super) async fn add_note(&self, call: &Call, request: v1::AddNoteRequest) -> Result<v1::AddNoteResponse> {
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
