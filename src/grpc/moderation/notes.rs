//! `AddNote`.

use duyet_proto::v1;

use super::ModerationGrpc;
use crate::{
    domain::{Result, form, report, violation::Violations},
    grpc::{call::Call, convert::case::to_note},
    service::NoteRequest,
};

impl ModerationGrpc {
    pub(super) async fn add_note(&self, call: &Call, request: v1::AddNoteRequest) -> Result<v1::AddNoteResponse> {
        let mut violations = Violations::default();
        let comment = form::check_comment(&request.comment_id, "comment_id", &mut violations);
        let text = report::check_text(&request.text, &mut violations);
        let request_id = form::check_request_id(&request.request_id, &mut violations);
        let request = violations.finish(|| Some(NoteRequest { comment: comment?, text, request_id: request_id? }))?;
        let note = self.moderation.add_note(&call.caller, request, call.now).await?;
        Ok(v1::AddNoteResponse { note: Some(to_note(note)) })
    }
}
