//! `PrivacyService`.

use tonic::{Request, Response, Status, async_trait};

use super::{Service, call::Call, convert::to_time};
use crate::{
    domain::{
        Error, Result,
        decision::MAX_NOTE,
        error::{Problem, Violations},
        form,
        submission::Pseudonym,
        text,
    },
    proto::v1::{self, privacy_service_server::PrivacyService},
    workflow::RevealRequest,
};

#[async_trait]
impl PrivacyService for Service {
    async fn reveal_sender(
        &self,
        request: Request<v1::RevealSenderRequest>,
    ) -> Result<Response<v1::RevealSenderResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.reveal(&call, &request.into_inner()).await)
    }
}

impl Service {
    async fn reveal(&self, call: &Call, request: &v1::RevealSenderRequest) -> Result<v1::RevealSenderResponse> {
        let mut violations = Violations::default();
        let comment = form::check_comment(&request.comment_id, "comment_id", &mut violations);
        let note = text::clean_block(&request.note);
        if note.is_empty() {
            violations.add("note", Problem::Required);
        }
        violations.check_length("note", &note, MAX_NOTE, MAX_NOTE * 8);
        let request_id = form::check_request_id(&request.request_id, &mut violations);
        violations.into_result()?;
        let (Some(comment), Some(request_id)) = (comment, request_id) else {
            return Err(Error::internal("a missing field was not noted"));
        };
        let request = RevealRequest { comment, note, request_id };
        let (trace, look) = self.0.reveal_sender(&call.caller, request, call.now).await?;
        Ok(v1::RevealSenderResponse {
            device: to_hex(trace.sender.device),
            address: to_hex(trace.sender.address),
            ip_prefix: to_hex(trace.sender.prefix),
            author: trace.sender.author,
            fingerprint: to_hex(Some(trace.fingerprint)),
            audit_id: look.to_string(),
            created_at: Some(to_time(trace.created_at)),
        })
    }
}

/// A hash in hex; empty for none.
fn to_hex(hash: Option<Pseudonym>) -> String {
    use std::fmt::Write as _;
    hash.iter().flatten().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
