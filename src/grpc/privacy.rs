//! `PrivacyService`.

use std::sync::Arc;

use duyet_proto::v1::{self, erase_author_request::Of, export_author_request, privacy_service_server::PrivacyService};
use futures_util::stream;
use tonic::{Request, Response, Status, async_trait, codegen::BoxStream};

use super::{
    call::Call,
    convert::{
        case::to_comment,
        values::{to_reason, to_time},
    },
    status,
};
use crate::{
    domain::{
        Result,
        access::Role,
        decision::MAX_NOTE,
        form,
        pseudonym::Pseudonym,
        text,
        violation::{Problem, Violations},
    },
    service::{EraseRequest, ExportItem, Person, Privacy, RevealRequest, Services},
};

/// Longest accepted author key in characters. Current keys have 16.
const MAX_AUTHOR: usize = 64;

/// `PrivacyService`.
#[derive(Clone)]
pub(super) struct PrivacyGrpc {
    privacy: Arc<Privacy>,
}

impl PrivacyGrpc {
    pub(super) fn new(services: &Services) -> Self {
        Self { privacy: Arc::clone(&services.privacy) }
    }
}

#[async_trait]
impl PrivacyService for PrivacyGrpc {
    type ExportAuthorStream = BoxStream<v1::ExportAuthorResponse>;

    async fn export_author(
        &self,
        request: Request<v1::ExportAuthorRequest>,
    ) -> Result<Response<Self::ExportAuthorStream>, Status> {
        let call = Call::of(&request)?;
        call.stream(self.export_author(&call, request.into_inner()).await)
    }

    async fn erase_author(
        &self,
        request: Request<v1::EraseAuthorRequest>,
    ) -> Result<Response<v1::EraseAuthorResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.erase_author(&call, request.into_inner()).await)
    }

    async fn reveal_sender(
        &self,
        request: Request<v1::RevealSenderRequest>,
    ) -> Result<Response<v1::RevealSenderResponse>, Status> {
        let call = Call::of(&request)?;
        call.answer(self.reveal_sender(&call, &request.into_inner()).await)
    }
}

impl PrivacyGrpc {
    async fn export_author(
        &self,
        call: &Call,
        request: v1::ExportAuthorRequest,
    ) -> Result<BoxStream<v1::ExportAuthorResponse>> {
        let mut violations = Violations::default();
        let of = request.of.map(|of| match of {
            export_author_request::Of::Receipt(receipt) => Of::Receipt(receipt),
            export_author_request::Of::Author(author) => Of::Author(author),
            export_author_request::Of::CommentId(id) => Of::CommentId(id),
        });
        let person = check_person(of, &mut violations);
        let person = violations.finish(|| person)?;
        let export = self.privacy.export_author(&call.caller, &person).await?;
        let (locale, to_portal) = (call.locale, call.caller.role == Role::Portal);
        // The stream reads the next item only after the previous one was sent, because an author may have written
        // thousands of comments.
        Ok(Box::pin(stream::unfold(export, move |mut export| async move {
            let item = export.next().await?;
            let item = item.map(|item| to_export(item, to_portal));
            Some((item.map_err(|error| status::to_status(&error, locale)), export))
        })))
    }

    async fn erase_author(&self, call: &Call, request: v1::EraseAuthorRequest) -> Result<v1::EraseAuthorResponse> {
        let mut violations = Violations::default();
        let person = check_person(request.of, &mut violations);
        let note = text::clean_block(&request.note);
        violations.check_length("note", &note, MAX_NOTE, MAX_NOTE * 8);
        let request_id = form::check_request_id(&request.request_id, &mut violations);
        let request = violations.finish(|| Some(EraseRequest { person: person?, note, request_id: request_id? }))?;
        let erased = self.privacy.erase_author(&call.caller, request, call.now).await?;
        Ok(v1::EraseAuthorResponse {
            erased: count(erased.comments),
            reports: count(erased.reports),
            batch_id: erased.batch.to_string(),
            in_progress: erased.in_progress,
            remaining: count(erased.remaining),
        })
    }

    async fn reveal_sender(&self, call: &Call, request: &v1::RevealSenderRequest) -> Result<v1::RevealSenderResponse> {
        let mut violations = Violations::default();
        let comment = form::check_comment(&request.comment_id, "comment_id", &mut violations);
        let note = text::clean_block(&request.note);
        if note.is_empty() {
            violations.add("note", Problem::Required);
        }
        violations.check_length("note", &note, MAX_NOTE, MAX_NOTE * 8);
        let request_id = form::check_request_id(&request.request_id, &mut violations);
        let request = violations.finish(|| Some(RevealRequest { comment: comment?, note, request_id: request_id? }))?;
        let (trace, look) = self.privacy.reveal_sender(&call.caller, request, call.now).await?;
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

/// Parses the person that the request names, or reports a violation when it names none.
fn check_person(of: Option<Of>, violations: &mut Violations) -> Option<Person> {
    match of {
        Some(Of::Receipt(receipt)) => Some(Person::Receipt(receipt)),
        Some(Of::Author(author)) => check_author(author, violations),
        Some(Of::CommentId(id)) => form::check_comment(&id, "comment_id", violations).map(Person::Comment),
        None => violations.take("of", None, Problem::Required),
    }
}

/// Parses the author key, or reports a violation of `author`.
fn check_author(author: String, violations: &mut Violations) -> Option<Person> {
    let fits = !author.is_empty() && author.len() <= MAX_AUTHOR && author.bytes().all(|byte| byte.is_ascii_hexdigit());
    let problem = if author.is_empty() { Problem::Required } else { Problem::UnknownValue };
    violations.take("author", fits.then_some(Person::Author(author)), problem)
}

fn to_export(item: ExportItem, to_portal: bool) -> v1::ExportAuthorResponse {
    match item {
        ExportItem::Comment(comment) => {
            let waits = to_portal && comment.is_waiting();
            let mut shown = to_comment(comment);
            if waits {
                shown.set_status(v1::CommentStatus::Pending);
            }
            v1::ExportAuthorResponse { comment: Some(shown), report: None }
        }
        ExportItem::Report(report) => {
            let report = v1::FiledReport {
                comment_id: report.comment.to_string(),
                reason: report.reason.map_or(v1::Reason::Unspecified, to_reason).into(),
                note: report.note,
                created_at: Some(to_time(report.created_at)),
            };
            v1::ExportAuthorResponse { comment: None, report: Some(report) }
        }
    }
}

fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Encodes the hash in hexadecimal; `None` becomes an empty string.
fn to_hex(hash: Option<Pseudonym>) -> String {
    hash.map(hex::encode).unwrap_or_default()
}
