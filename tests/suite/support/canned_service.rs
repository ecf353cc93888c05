//! Canned responses to bulk decisions, reverts, bans, site policies and the stream of the queue.

use std::pin::Pin;

use duyet_proto::v1::{
    self, ban_service_server::BanService, privacy_service_server::PrivacyService, revert_request::Target,
};
use tokio_stream::{Stream, StreamExt as _};
use tonic::{Code, Request, Response, Status};
use tonic_types::pb;

use crate::cli::{CONTESTED, Canned, DECIDED, GONE, LIMITED, PENDING, admit, at, case, error};

pub type Exports = Pin<Box<dyn Stream<Item = Result<v1::ExportAuthorResponse, Status>> + Send>>;
pub type Events = Pin<Box<dyn Stream<Item = Result<v1::WatchQueueResponse, Status>> + Send>>;

pub const BAN: &str = "01970000-0000-7000-8000-0000000000c1";
pub const BATCH: &str = "01970000-0000-7000-8000-0000000000b1";
pub const ENTRY: &str = "01970000-0000-7000-8000-0000000000d1";
/// The year 2100, so that it is never in the past.
const LATER: i64 = 4_102_444_800;

fn item(id: &str, status: v1::CommentStatus, changed: bool) -> v1::ItemResult {
    let comment = v1::Comment { id: id.into(), status: status.into(), revision: 8, ..Default::default() };
    v1::ItemResult {
        comment_id: id.into(),
        comment: Some(comment),
        changed,
        decision_id: ENTRY.into(),
        ..Default::default()
    }
}

/// Builds an error of one item, packed as the service packs it.
fn failed(id: &str, status: &Status) -> v1::ItemResult {
    use prost::Message as _;
    let packed = pb::Status::decode(status.details()).unwrap();
    v1::ItemResult { comment_id: id.into(), status: Some(packed), ..Default::default() }
}

fn contested<T>(request: &Request<T>) -> Status {
    let first = [
        ("current_status", "SPAM"),
        ("current_revision", "8"),
        ("decided_by", "minh"),
        ("decided_at", "2026-05-01T08:00:00Z"),
    ];
    error(Code::Aborted, "STALE_REVISION", admit(request).unwrap(), &first)
}

pub fn watch_queue(canned: &Canned, request: Request<v1::WatchQueueRequest>) -> Result<Response<Events>, Status> {
    admit(&request)?;
    let mut asked = canned.0.lock().unwrap();
    asked.watches.push(request.into_inner());
    let event = |event: v1::QueueEvent, id: &str| v1::WatchQueueResponse {
        event: event.into(),
        comment_id: id.into(),
        case: Some(case(id)).filter(|_| !id.is_empty()),
        total: if id.is_empty() { 2 } else { 0 },
    };
    let events = [
        event(v1::QueueEvent::Heartbeat, ""),
        event(v1::QueueEvent::Waiting, DECIDED),
        event(v1::QueueEvent::Left, DECIDED),
    ];
    // The first stream ends as a real one does after its maximum time; the second stays open.
    let events = tokio_stream::iter(events.map(Ok));
    if asked.watches.len() == 1 {
        return Ok(Response::new(Box::pin(events)));
    }
    Ok(Response::new(Box::pin(events.chain(tokio_stream::pending()))))
}

pub fn bulk_decide(
    canned: &Canned,
    request: Request<v1::BulkDecideRequest>,
) -> Result<Response<v1::BulkDecideResponse>, Status> {
    admit(&request)?;
    let contested = contested(&request);
    let request = request.into_inner();
    let result = |one: &v1::BulkItem| match one.comment_id.as_str() {
        CONTESTED => failed(CONTESTED, &contested),
        id => item(id, v1::CommentStatus::Spam, true),
    };
    let results = request.items.iter().map(result).collect();
    canned.0.lock().unwrap().bulks.push(request);
    Ok(Response::new(v1::BulkDecideResponse { batch_id: BATCH.into(), results }))
}

pub fn revert(canned: &Canned, request: Request<v1::RevertRequest>) -> Result<Response<v1::RevertResponse>, Status> {
    let locale = admit(&request)?;
    let contested = contested(&request);
    let request = request.into_inner();
    canned.0.lock().unwrap().reverts.push(request.clone());
    let one = || vec![item(PENDING, v1::CommentStatus::Pending, true)];
    let ban = v1::ItemResult { ban_id: BAN.into(), changed: true, ..Default::default() };
    let (results, batch_id) = match request.target.unwrap() {
        Target::Last(last) => (if last { one() } else { vec![] }, String::new()),
        Target::DecisionId(id) if id == GONE => {
            return Err(error(Code::NotFound, "AUDIT_ENTRY_NOT_FOUND", locale, &[]));
        }
        Target::DecisionId(id) if id == LIMITED => {
            return Err(error(Code::PermissionDenied, "REVERT_DENIED", locale, &[]));
        }
        Target::DecisionId(_) => (one(), String::new()),
        Target::BatchId(_) => {
            let done = error(Code::FailedPrecondition, "ALREADY_REVERTED", locale, &[]);
            let mut results = one();
            results.extend([failed(CONTESTED, &contested), failed(DECIDED, &done), ban]);
            (results, BATCH.to_owned())
        }
    };
    Ok(Response::new(v1::RevertResponse { results, batch_id }))
}

pub fn escalate(request: Request<v1::EscalateRequest>) -> Result<Response<v1::EscalateResponse>, Status> {
    admit(&request)?;
    let request = request.into_inner();
    let due_at = request.due_at.or_else(|| Some(at(LATER)));
    let takedown = Some(v1::Takedown { kind: request.kind, due_at });
    Ok(Response::new(v1::EscalateResponse { takedown, decision_id: ENTRY.into() }))
}

pub fn add_note(request: Request<v1::AddNoteRequest>) -> Result<Response<v1::AddNoteResponse>, Status> {
    admit(&request)?;
    let text = request.into_inner().text;
    let note = v1::ModeratorNote { id: ENTRY.into(), at: Some(at(1_777_622_400)), actor: "lan".into(), text };
    Ok(Response::new(v1::AddNoteResponse { note: Some(note) }))
}

pub fn get_stats(request: Request<v1::GetStatsRequest>) -> Result<Response<v1::GetStatsResponse>, Status> {
    admit(&request)?;
    let moderator = v1::ModeratorStats {
        moderator: "lan".into(),
        decisions: 30,
        decisions_per_hour: 12.5,
        overturned: 3,
        overturn_rate: 0.1,
    };
    Ok(Response::new(v1::GetStatsResponse {
        since: request.into_inner().since,
        submitted: vec![v1::StatusCount { status: v1::CommentStatus::Approved.into(), count: 40 }],
        waiting: 7,
        waiting_age_p50: Some(prost_types::Duration { seconds: 600, nanos: 0 }),
        waiting_age_p95: Some(prost_types::Duration { seconds: 7_300, nanos: 0 }),
        moderators: vec![moderator],
        takedowns: 2,
        overdue: 1,
        learned: Some(v1::LearnedScore {
            decisions: 37,
            approved: 30,
            spam: 7,
            version: 4,
            low: 0.3,
            high: 0.9,
            auto_spam: false,
            decisions_needed: 200,
        }),
    }))
}

pub fn site() -> v1::SitePolicy {
    v1::SitePolicy {
        mode: v1::Mode::Post.into(),
        revision: 3,
        effective_mode: v1::Mode::Post.into(),
        ..Default::default()
    }
}

pub fn update_site(
    canned: &Canned,
    request: Request<v1::UpdateSiteRequest>,
) -> Result<Response<v1::UpdateSiteResponse>, Status> {
    let locale = admit(&request)?;
    let request = request.into_inner();
    let asked = request.site.clone().unwrap();
    canned.0.lock().unwrap().sites.push(request);
    if asked.report_threshold == 999 {
        return Err(error(Code::Aborted, "STALE_REVISION", locale, &[("current_revision", "4")]));
    }
    let site = v1::SitePolicy { revision: 4, auto_close_days: asked.auto_close_days, ..site() };
    Ok(Response::new(v1::UpdateSiteResponse { site: Some(site) }))
}

pub fn lockdown(
    canned: &Canned,
    request: Request<v1::LockdownRequest>,
) -> Result<Response<v1::LockdownResponse>, Status> {
    admit(&request)?;
    let request = request.into_inner();
    canned.0.lock().unwrap().lockdowns.push(request.clone());
    let harder_challenges = request.harder_challenges;
    let lockdown = request.until.map(|until| v1::SiteLockdown {
        until: Some(until),
        note: request.note,
        called_by: "lan".into(),
        harder_challenges,
    });
    Ok(Response::new(v1::LockdownResponse { site: Some(v1::SitePolicy { lockdown, ..site() }) }))
}

pub fn approve_pending(
    canned: &Canned,
    request: Request<v1::ApprovePendingRequest>,
) -> Result<Response<v1::ApprovePendingResponse>, Status> {
    admit(&request)?;
    let request = request.into_inner();
    let batch_id = if request.dry_run { String::new() } else { BATCH.to_owned() };
    canned.0.lock().unwrap().approve_pendings.push(request);
    Ok(Response::new(v1::ApprovePendingResponse { released: 12, still_waiting: 3, batch_id, more: false }))
}

fn ban() -> v1::Ban {
    v1::Ban {
        id: BAN.into(),
        subject_kind: v1::BanSubject::Device.into(),
        effect: v1::BanEffect::Block.into(),
        reason: v1::Reason::Insult.into(),
        note: "chửi \u{1b}[2Jbậy".into(),
        created_by: "lan".into(),
        expires_at: Some(at(LATER)),
        comment_id: PENDING.into(),
        batch_id: BATCH.into(),
        ..Default::default()
    }
}

#[tonic::async_trait]
impl BanService for Canned {
    async fn create_ban(
        &self,
        request: Request<v1::CreateBanRequest>,
    ) -> Result<Response<v1::CreateBanResponse>, Status> {
        let locale = admit(&request)?;
        let contested = contested(&request);
        let request = request.into_inner();
        self.0.lock().unwrap().bans.push(request.clone());
        let swept = request.reject_pending;
        if matches!(&request.subject, Some(v1::create_ban_request::Subject::CommentId(id)) if id == GONE) {
            return Err(error(Code::FailedPrecondition, "BAN_SUBJECT_UNKNOWN", locale, &[]));
        }
        let results = vec![item(PENDING, v1::CommentStatus::Rejected, true), failed(CONTESTED, &contested)];
        let results = if swept { results } else { vec![] };
        let ban = v1::Ban {
            subject_kind: request.subject_kind,
            effect: request.effect,
            batch_id: if swept { BATCH.into() } else { String::new() },
            expires_at: request.expires_at,
            ..ban()
        };
        Ok(Response::new(v1::CreateBanResponse { ban: Some(ban), results, more: false }))
    }

    async fn revoke_ban(
        &self,
        request: Request<v1::RevokeBanRequest>,
    ) -> Result<Response<v1::RevokeBanResponse>, Status> {
        let locale = admit(&request)?;
        match request.get_ref().ban_id.as_str() {
            GONE => Err(error(Code::NotFound, "BAN_NOT_FOUND", locale, &[])),
            id => Ok(Response::new(v1::RevokeBanResponse { ban: Some(ban()), changed: id == BAN })),
        }
    }

    async fn list_bans(&self, request: Request<v1::ListBansRequest>) -> Result<Response<v1::ListBansResponse>, Status> {
        admit(&request)?;
        let revoked = v1::Ban { revoked_by: "minh".into(), revoked_at: Some(at(1_777_622_400)), ..ban() };
        let bans = if request.get_ref().ended { vec![ban(), revoked] } else { vec![ban()] };
        Ok(Response::new(v1::ListBansResponse { bans, next_page_token: "trang-2".into() }))
    }
}

#[tonic::async_trait]
impl PrivacyService for Canned {
    type ExportAuthorStream = Exports;

    async fn export_author(
        &self,
        request: Request<v1::ExportAuthorRequest>,
    ) -> Result<Response<Self::ExportAuthorStream>, Status> {
        admit(&request)?;
        let report =
            v1::FiledReport { comment_id: PENDING.into(), note: "Chửi \u{1b}bới".into(), ..Default::default() };
        let items = [
            v1::ExportAuthorResponse { comment: case(PENDING).comment, report: None },
            v1::ExportAuthorResponse { comment: None, report: Some(report) },
        ];
        let items = items.map(Ok);
        Ok(Response::new(Box::pin(futures_util::stream::iter(items))))
    }

    async fn erase_author(
        &self,
        request: Request<v1::EraseAuthorRequest>,
    ) -> Result<Response<v1::EraseAuthorResponse>, Status> {
        admit(&request)?;
        let request = request.into_inner();
        assert_eq!(request.of, Some(v1::erase_author_request::Of::Author("a1b2".into())));
        let mut asked = self.0.lock().unwrap();
        // The first call of each erasure gets a response before the erasure is finished.
        let is_resent = asked.erasures.iter().any(|earlier| earlier.request_id == request.request_id);
        asked.erasures.push(request);
        let (erased, remaining) = if is_resent { (3, 0) } else { (2, 1) };
        Ok(Response::new(v1::EraseAuthorResponse {
            erased,
            remaining,
            in_progress: !is_resent,
            reports: 1,
            batch_id: ENTRY.into(),
        }))
    }

    async fn reveal_sender(
        &self,
        request: Request<v1::RevealSenderRequest>,
    ) -> Result<Response<v1::RevealSenderResponse>, Status> {
        let locale = admit(&request)?;
        if request.get_ref().comment_id == GONE {
            return Err(error(Code::PermissionDenied, "MISSING_ROLE", locale, &[("role", "MODERATOR")]));
        }
        Ok(Response::new(v1::RevealSenderResponse {
            device: "d0d0".into(),
            author: "a1b2".into(),
            audit_id: ENTRY.into(),
            created_at: Some(at(1_777_622_400)),
            ..Default::default()
        }))
    }
}
