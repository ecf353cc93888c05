//! Moderators' notes on comments for their colleagues.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::Moderation;
use crate::{
    domain::{
        Result,
        access::Caller,
        id::CommentId,
        report::{ModeratorNote, NewNote},
    },
    service::{ids::new_id, request_row::request_row},
};

/// A checked note.
#[derive(Debug, Clone, Serialize)]
pub struct NoteRequest {
    pub comment: CommentId,
    pub text: String,
    /// The idempotency key, which is not part of the payload.
    #[serde(skip)]
    pub request_id: Uuid,
}

impl Moderation {
    /// Adds a note for colleagues to a comment.
    ///
    /// # Errors
    /// `CommentNotFound`, `RequestIdReused`, and those of the store.
    pub async fn add_note(&self, caller: &Caller, request: NoteRequest, now: DateTime<Utc>) -> Result<ModeratorNote> {
        let row = request_row(&self.core.keyring, "AddNote", caller, &request, request.request_id)?;
        let note = ModeratorNote { id: new_id(now), at: now, actor: caller.name.clone(), text: request.text };
        let new = NewNote { site: caller.site.clone(), comment: request.comment, note, request: Some(row) };
        self.core.store.add_note(&new).await
    }
}
