//! Tests of the moderators' client: the real binary calls a small service with canned responses.

use std::{
    collections::HashMap,
    io::Write as _,
    net::TcpListener,
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    thread,
};

use duyet_locale::{Locale, Value};
use duyet_proto::v1::{
    self,
    ban_service_server::BanServiceServer,
    moderation_service_server::{ModerationService, ModerationServiceServer},
    policy_service_server::{PolicyService, PolicyServiceServer},
    privacy_service_server::PrivacyServiceServer,
};
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tonic::{Code, Request, Response, Status, transport::Server};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::support::{canned_service, programs};

/// A pending comment whose text contains terminal escape sequences.
pub const PENDING: &str = "01970000-0000-7000-8000-000000000001";
pub const GONE: &str = "01970000-0000-7000-8000-000000000004";
/// Another moderator always decides this comment first.
pub const CONTESTED: &str = "01970000-0000-7000-8000-000000000005";
/// A comment whose status allows no decision.
pub const FINAL: &str = "01970000-0000-7000-8000-000000000006";
pub const LIMITED: &str = "01970000-0000-7000-8000-000000000007";
pub const DECIDED: &str = "01970000-0000-7000-8000-000000000008";
pub const BROKEN: &str = "01970000-0000-7000-8000-000000000009";

const CONTENT: &str = "Gọi 0901234567\n\u{1b}[2J\u{1b}]0;giả\u{7}\u{9b}1A\u{202e}ngược";

/// The requests that the service received.
#[derive(Default)]
pub struct Asked {
    pub queues: Vec<v1::ListQueueRequest>,
    pub decisions: Vec<v1::DecideRequest>,
    pub articles: Vec<v1::UpdateArticleRequest>,
    pub audits: Vec<v1::ListAuditRequest>,
    pub reverts: Vec<v1::RevertRequest>,
    pub bulks: Vec<v1::BulkDecideRequest>,
    pub watches: Vec<v1::WatchQueueRequest>,
    pub bans: Vec<v1::CreateBanRequest>,
    pub sites: Vec<v1::UpdateSiteRequest>,
    pub lockdowns: Vec<v1::LockdownRequest>,
    pub approve_pendings: Vec<v1::ApprovePendingRequest>,
    pub erasures: Vec<v1::EraseAuthorRequest>,
}

#[derive(Clone, Default)]
pub struct Canned(pub Arc<Mutex<Asked>>);

pub fn at(seconds: i64) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds, nanos: 0 }
}

fn locale<T>(request: &Request<T>) -> Locale {
    let header = request.metadata().get("accept-language").and_then(|header| header.to_str().ok());
    header.and_then(Locale::from_accept_language).unwrap()
}

/// Builds an error as the service would.
pub fn error(code: Code, reason: &str, locale: Locale, metadata: &[(&str, &str)]) -> Status {
    let owned = metadata.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    let values = metadata.iter().map(|(key, value)| (*key, Value::from(*value))).collect::<Vec<_>>();
    let key = format!("error-{}", reason.to_ascii_lowercase().replace('_', "-"));
    let mut details = ErrorDetails::with_error_info(reason, "duyet", owned.collect::<HashMap<_, _>>());
    details.set_localized_message(locale.as_str(), locale.text_with(&key, &values));
    Status::with_error_details(code, "for developers", details)
}

/// Checks that a call has a deadline and a moderator's token.
pub fn admit<T>(request: &Request<T>) -> Result<Locale, Status> {
    let locale = locale(request);
    assert!(request.metadata().contains_key("grpc-timeout"), "no deadline");
    match request.metadata().get("authorization").and_then(|token| token.to_str().ok()) {
        Some("Bearer moderator") => Ok(locale),
        Some("Bearer portal") => {
            Err(error(Code::PermissionDenied, "MISSING_ROLE", locale, &[("role", "PORTAL"), ("allowed", "MODERATOR")]))
        }
        _ => Err(error(Code::Unauthenticated, "TOKEN_INVALID", locale, &[])),
    }
}

pub fn case(id: &str) -> v1::ReviewCase {
    let comment = v1::Comment {
        id: id.to_owned(),
        article_id: "bai-1".into(),
        author_name: "Nguyễn \u{1b}[31mLan".into(),
        title: "日本語".into(),
        content: CONTENT.into(),
        status: v1::CommentStatus::Pending.into(),
        revision: 7,
        created_at: Some(at(1_777_622_400)),
        ..Default::default()
    };
    let finding = v1::Finding {
        rule: "PHONE_NUMBER".into(),
        weight: 2.0,
        excerpt: "0901234567".into(),
        start: 6,
        end: 16,
        explanation: "Có số điện thoại: “0901234567”.".into(),
        field: "content".into(),
        ..v1::Finding::default()
    };
    let entry = entry();
    v1::ReviewCase {
        comment: Some(comment),
        findings: vec![finding],
        spam_score: 0.5,
        author_history: Some(v1::AuthorHistory { author: "a1b2".into(), approved: 3, ..Default::default() }),
        article_title: "Cầu mới".into(),
        article_url: "https://bao.vn/1".into(),
        decisions: vec![entry],
        ..Default::default()
    }
}

pub fn entry() -> v1::AuditEntry {
    v1::AuditEntry {
        id: "01970000-0000-7000-8000-0000000000aa".into(),
        at: Some(at(1_777_622_400)),
        actor: "lan".into(),
        action: "REQUEUE".into(),
        comment_id: PENDING.into(),
        article_id: "bai-1".into(),
        from_status: v1::CommentStatus::Approved.into(),
        to_status: v1::CommentStatus::Pending.into(),
        revision: 7,
        ..Default::default()
    }
}

#[tonic::async_trait]
impl ModerationService for Canned {
    async fn list_queue(
        &self,
        request: Request<v1::ListQueueRequest>,
    ) -> Result<Response<v1::ListQueueResponse>, Status> {
        admit(&request)?;
        let request = request.into_inner();
        let is_last = request.page_token == "trang-2";
        self.0.lock().unwrap().queues.push(request);
        let next_page_token = if is_last { String::new() } else { "trang-2".to_owned() };
        let cases = vec![case(if is_last { CONTESTED } else { PENDING })];
        Ok(Response::new(v1::ListQueueResponse { cases, next_page_token, total: 2 }))
    }

    async fn get_case(&self, request: Request<v1::GetCaseRequest>) -> Result<Response<v1::GetCaseResponse>, Status> {
        let locale = admit(&request)?;
        match request.get_ref().comment_id.as_str() {
            GONE => Err(error(Code::NotFound, "COMMENT_NOT_FOUND", locale, &[])),
            id => Ok(Response::new(v1::GetCaseResponse { case: Some(case(id)) })),
        }
    }

    async fn decide(&self, request: Request<v1::DecideRequest>) -> Result<Response<v1::DecideResponse>, Status> {
        let locale = admit(&request)?;
        let request = request.into_inner();
        self.0.lock().unwrap().decisions.push(request.clone());
        let first = [
            ("current_status", "SPAM"),
            ("current_revision", "8"),
            ("decided_by", "minh"),
            ("decided_at", "2026-05-01T08:00:00Z"),
        ];
        match request.comment_id.as_str() {
            CONTESTED => return Err(error(Code::Aborted, "STALE_REVISION", locale, &first)),
            FINAL => {
                let metadata = [("from", "ERASED"), ("to", "APPROVED")];
                return Err(error(Code::FailedPrecondition, "INVALID_TRANSITION", locale, &metadata));
            }
            LIMITED => return Err(error(Code::ResourceExhausted, "RATE_LIMITED", locale, &[("seconds", "5")])),
            BROKEN => return Err(error(Code::Internal, "INTERNAL", locale, &[])),
            _ => {}
        }
        let comment = v1::Comment {
            id: request.comment_id.clone(),
            status: v1::CommentStatus::Approved.into(),
            revision: 8,
            ..Default::default()
        };
        Ok(Response::new(v1::DecideResponse {
            comment: Some(comment),
            decision_id: "01970000-0000-7000-8000-0000000000bb".into(),
            changed: request.comment_id != DECIDED,
            decided_by: "minh".into(),
            decided_at: Some(at(1_777_622_400)),
        }))
    }

    async fn list_audit(
        &self,
        request: Request<v1::ListAuditRequest>,
    ) -> Result<Response<v1::ListAuditResponse>, Status> {
        admit(&request)?;
        self.0.lock().unwrap().audits.push(request.into_inner());
        Ok(Response::new(v1::ListAuditResponse { entries: vec![entry()], next_page_token: String::new() }))
    }

    async fn claim_next(&self, _: Request<v1::ClaimNextRequest>) -> Result<Response<v1::ClaimNextResponse>, Status> {
        Err(Status::unimplemented("not used by this test"))
    }

    async fn release_claims(
        &self,
        _: Request<v1::ReleaseClaimsRequest>,
    ) -> Result<Response<v1::ReleaseClaimsResponse>, Status> {
        Err(Status::unimplemented("not used by this test"))
    }

    type WatchQueueStream = canned_service::Events;

    async fn watch_queue(
        &self,
        request: Request<v1::WatchQueueRequest>,
    ) -> Result<Response<Self::WatchQueueStream>, Status> {
        canned_service::watch_queue(self, request)
    }

    async fn bulk_decide(
        &self,
        request: Request<v1::BulkDecideRequest>,
    ) -> Result<Response<v1::BulkDecideResponse>, Status> {
        canned_service::bulk_decide(self, request)
    }

    async fn revert(&self, request: Request<v1::RevertRequest>) -> Result<Response<v1::RevertResponse>, Status> {
        canned_service::revert(self, request)
    }

    async fn escalate(&self, request: Request<v1::EscalateRequest>) -> Result<Response<v1::EscalateResponse>, Status> {
        canned_service::escalate(request)
    }

    async fn add_note(&self, request: Request<v1::AddNoteRequest>) -> Result<Response<v1::AddNoteResponse>, Status> {
        canned_service::add_note(request)
    }

    async fn get_stats(&self, request: Request<v1::GetStatsRequest>) -> Result<Response<v1::GetStatsResponse>, Status> {
        canned_service::get_stats(request)
    }
}

#[tonic::async_trait]
impl PolicyService for Canned {
    async fn get_article(
        &self,
        request: Request<v1::GetArticleRequest>,
    ) -> Result<Response<v1::GetArticleResponse>, Status> {
        let locale = admit(&request)?;
        let article_id = request.into_inner().article_id;
        if article_id == "moi" {
            return Err(error(Code::NotFound, "ARTICLE_NOT_FOUND", locale, &[]));
        }
        // The article's closing time has passed.
        let article = v1::ArticlePolicy { article_id, revision: 4, close_at: Some(at(1)), ..Default::default() };
        Ok(Response::new(v1::GetArticleResponse { article: Some(article) }))
    }

    async fn update_article(
        &self,
        request: Request<v1::UpdateArticleRequest>,
    ) -> Result<Response<v1::UpdateArticleResponse>, Status> {
        let locale = admit(&request)?;
        let request = request.into_inner();
        self.0.lock().unwrap().articles.push(request.clone());
        let asked = request.article.unwrap();
        if asked.article_id == "tranh" {
            return Err(error(Code::Aborted, "STALE_REVISION", locale, &[("current_revision", "5")]));
        }
        let effective_mode = if asked.mode == 0 { v1::Mode::Pre.into() } else { asked.mode };
        let article = v1::ArticlePolicy { effective_mode, revision: asked.revision + 1, ..asked };
        Ok(Response::new(v1::UpdateArticleResponse { article: Some(article) }))
    }

    async fn get_site(&self, request: Request<v1::GetSiteRequest>) -> Result<Response<v1::GetSiteResponse>, Status> {
        admit(&request)?;
        Ok(Response::new(v1::GetSiteResponse { site: Some(canned_service::site()) }))
    }

    async fn update_site(
        &self,
        request: Request<v1::UpdateSiteRequest>,
    ) -> Result<Response<v1::UpdateSiteResponse>, Status> {
        canned_service::update_site(self, request)
    }

    async fn lockdown(&self, request: Request<v1::LockdownRequest>) -> Result<Response<v1::LockdownResponse>, Status> {
        canned_service::lockdown(self, request)
    }

    async fn approve_pending(
        &self,
        request: Request<v1::ApprovePendingRequest>,
    ) -> Result<Response<v1::ApprovePendingResponse>, Status> {
        canned_service::approve_pending(self, request)
    }
}

/// A running canned service, a home directory for the client, and helpers to run the client. The service ends when it
/// is dropped.
pub struct Desk {
    addr: String,
    pub home: TempDir,
    canned: Canned,
    _stop: oneshot::Sender<()>,
}

/// The result of a command.
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    pub fn json(&self) -> Json {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", self.stdout, self.stderr))
    }

    /// Returns the errors that `--json` prints: the JSON lines of stderr.
    pub fn errors(&self) -> Vec<Json> {
        let lines = self.stderr.lines().filter(|line| line.starts_with('{'));
        lines.map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Desk {
    pub fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let addr = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        let canned = Canned::default();
        let service = canned.clone();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
                let server = Server::builder()
                    .add_service(ModerationServiceServer::new(service.clone()))
                    .add_service(PolicyServiceServer::new(service.clone()))
                    .add_service(BanServiceServer::new(service.clone()))
                    .add_service(PrivacyServiceServer::new(service));
                // The shutdown is not graceful, so that a client that hangs does not block the test.
                tokio::select! {
                    ended = server.serve_with_incoming(incoming) => ended.unwrap(),
                    _ = stopped => {}
                }
            });
        });
        Self { addr, home: tempfile::tempdir().unwrap(), canned, _stop: stop }
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(programs::duyet());
        command.args(args).env_clear().env("HOME", self.home.path()).env("XDG_CONFIG_HOME", self.home.path());
        command.env("TZ", "UTC-7").env("DUYET_ADDR", &self.addr);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs the client as a moderator.
    pub fn run(&self, args: &[&str]) -> Ran {
        finish(self.command(args).env("DUYET_TOKEN", "moderator"), "")
    }

    pub fn asked<T>(&self, read: impl FnOnce(&Asked) -> T) -> T {
        read(&self.canned.0.lock().unwrap())
    }
}

pub fn finish(command: &mut Command, stdin: &str) -> Ran {
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    // A client that does not read stdin may have closed it already.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    let output = child.wait_with_output().unwrap();
    Ran {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

pub fn keys(json: &Json) -> Vec<&str> {
    json.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn every_class_of_failure_has_its_exit_code() {
    let desk = Desk::open();
    for (args, code) in [
        (vec!["approve", PENDING], 0),
        (vec!["approve", BROKEN], 1),
        (vec!["approve", "not-an-id"], 2),
        (vec!["reject", PENDING], 2),
        (vec!["approve", PENDING, BROKEN, "--revision", "3"], 2),
        (vec!["show", GONE], 3),
        (vec!["approve", CONTESTED], 5),
        (vec!["approve", FINAL], 5),
        (vec!["close", "tranh"], 5),
        (vec!["approve", LIMITED], 6),
    ] {
        let ran = desk.run(&args);
        assert_eq!(ran.code, code, "{args:?}: {}{}", ran.stdout, ran.stderr);
        assert_eq!(code == 0, ran.stderr.is_empty(), "{args:?}: {}", ran.stderr);
    }
    for token in ["portal", "unknown"] {
        assert_eq!(finish(desk.command(&["queue"]).env("DUYET_TOKEN", token), "").code, 4);
    }
    assert_eq!(finish(&mut desk.command(&["queue"]), "").code, 4, "no token is given");
}

#[test]
fn an_unreachable_server_is_reported_in_the_users_language() {
    let desk = Desk::open();
    // The test bound the port and closed it again, so no process listens on it.
    let addr = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    for (lang, words) in [("vi", "Không kết nối được"), ("en", "Cannot reach")] {
        let ran = desk.run(&["queue", "--addr", &addr, "--lang", lang]);
        assert_eq!(ran.code, 6);
        assert!(ran.stderr.contains(words) && ran.stderr.contains(&addr), "{}", ran.stderr);
    }
}

#[test]
fn a_decision_sends_the_revision_seen_and_a_new_request_id() {
    let desk = Desk::open();
    assert_eq!(desk.run(&["reject", PENDING, "-r", "OFF_TOPIC", "--note", "lạc đề"]).code, 0);
    assert_eq!(desk.run(&["spam", PENDING, "--revision", "3"]).code, 0);
    assert_eq!(desk.run(&["requeue", PENDING]).code, 0);
    desk.asked(|asked| {
        let [rejected, spam, requeued] = asked.decisions.as_slice() else {
            panic!("the service must have received three decisions")
        };
        assert_eq!((rejected.action(), rejected.reason()), (v1::Action::Reject, v1::Reason::OffTopic));
        assert_eq!((rejected.expected_revision, rejected.note.as_str()), (7, "lạc đề"));
        assert_eq!(
            (spam.action(), spam.reason(), spam.expected_revision),
            (v1::Action::Spam, v1::Reason::Unspecified, 3)
        );
        assert_eq!(requeued.action(), v1::Action::Requeue);
        let ids = [&rejected.request_id, &spam.request_id, &requeued.request_id];
        assert!(ids.iter().all(|id| id.len() == 36) && ids[0] != ids[1] && ids[1] != ids[2]);
    });
}

#[test]
fn a_conflict_names_the_other_moderator_and_the_next_comment_is_decided() {
    let desk = Desk::open();
    let ran = desk.run(&["approve", CONTESTED, PENDING, DECIDED]);
    assert_eq!(ran.code, 5);
    let conflict = format!("{CONTESTED}: minh đã chuyển bình luận này sang “spam” lúc 15:00 01/05/2026.");
    assert!(ran.stderr.contains(&conflict), "{}", ran.stderr);
    assert!(ran.stdout.contains(&format!("{PENDING}: đã duyệt\n")), "{}", ran.stdout);
    assert!(ran.stdout.contains(&format!("{DECIDED}: đã ở “đã duyệt” từ trước (minh")), "{}", ran.stdout);
    let english = desk.run(&["approve", CONTESTED, "--lang", "en"]);
    assert!(english.stderr.contains("minh moved this comment to “spam” at 2026-05-01 15:00."), "{}", english.stderr);
}

#[test]
fn after_a_service_error_the_remaining_comments_are_not_decided() {
    let desk = Desk::open();
    let ran = desk.run(&["approve", DECIDED, GONE, LIMITED, PENDING, "--json", "--lang", "en"]);
    assert_eq!(ran.code, 6);
    assert_eq!((&ran.json()["comment"]["id"], &ran.json()["changed"]), (&json!(DECIDED), &json!(false)));
    let errors = ran.errors();
    let codes = [Code::NotFound, Code::ResourceExhausted].map(|code| json!(code as i32));
    assert_eq!(errors.iter().map(|error| &error["code"]).collect::<Vec<_>>(), codes.iter().collect::<Vec<_>>());
    assert!(errors[0]["message"].as_str().unwrap().starts_with(&format!("{GONE}: ")), "{errors:?}");
    assert_eq!(ran.stderr.lines().count(), 3, "the last line reports how many were not tried: {}", ran.stderr);
    assert_eq!(desk.asked(|asked| asked.decisions.len()), 2);
}

#[test]
fn json_output_is_the_complete_response() {
    let desk = Desk::open();
    let shown = desk.run(&["show", PENDING, "--json"]).json();
    let case = &shown["case"];
    assert_eq!(case["comment"]["content"], CONTENT);
    assert_eq!(case["comment"]["status"], "COMMENT_STATUS_PENDING");
    assert_eq!(case["comment"]["createdAt"], "2026-05-01T08:00:00Z");
    assert_eq!((&case["findings"][0]["rule"], &case["authorHistory"]["approved"]), (&json!("PHONE_NUMBER"), &json!(3)));
    // Empty lists are printed, and messages that are not set are omitted.
    assert_eq!((&case["siblings"], case.get("reviewedAt")), (&json!([]), None));

    let queue = desk.run(&["queue", "--json"]).json();
    assert_eq!(keys(&queue).join(" "), "cases nextPageToken total");
    assert_eq!((&queue["total"], &queue["nextPageToken"]), (&json!("2"), &json!("trang-2")));

    let audit = desk.run(&["audit", "--json"]).json();
    assert_eq!(audit["entries"][0]["fromStatus"], "COMMENT_STATUS_APPROVED");

    let closed = desk.run(&["close", "bai-1", "--json"]).json();
    assert_eq!((&closed["article"]["mode"], &closed["article"]["revision"]), (&json!("MODE_CLOSED"), &json!("5")));
}

#[test]
fn errors_are_json_when_json_output_is_requested() {
    let desk = Desk::open();
    let conflict = desk.run(&["approve", CONTESTED, "--json"]);
    assert_eq!((conflict.code, conflict.stdout.as_str()), (5, ""));
    let error = &conflict.errors()[0];
    let details = error["details"].as_array().unwrap();
    let info = details.iter().find(|detail| detail["@type"] == "type.googleapis.com/google.rpc.ErrorInfo").unwrap();
    assert_eq!((&info["reason"], &info["metadata"]["decided_by"]), (&json!("STALE_REVISION"), &json!("minh")));
    // An error that occurs before any call has no details.
    let usage = desk.run(&["close", "bai-1", "--at", "2020-12-01", "--json", "--lang", "en"]);
    assert_eq!((usage.code, &usage.errors()[0]["code"]), (2, &json!(Code::InvalidArgument as i32)));
    assert_eq!(usage.errors()[0]["details"], json!([]));
}

#[test]
fn escape_sequences_in_a_comment_are_not_sent_to_the_terminal() {
    let desk = Desk::open();
    for args in [vec!["queue"], vec!["show", PENDING], vec!["queue", "--json"], vec!["show", PENDING, "--json"]] {
        let plain = desk.run(&args);
        let coloured = finish(desk.command(&args).env("DUYET_TOKEN", "moderator").env("CLICOLOR_FORCE", "1"), "");
        assert_eq!((plain.code, coloured.code), (0, 0));
        let hidden = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
        assert!(!plain.stdout.contains(hidden), "{args:?}: {:?}", plain.stdout);
        for theirs in ["\u{1b}[2J", "\u{1b}[31m", "\u{1b}]", "\u{9b}", "\u{7}", "\u{202e}"] {
            assert!(!coloured.stdout.contains(theirs), "{args:?}: {:?}", coloured.stdout);
        }
    }
    let shown = desk.run(&["show", PENDING]).stdout;
    assert!(shown.contains("│ Gọi «0901234567»\n│ 0;giảngược"), "{shown}");
    let coloured =
        finish(desk.command(&["show", PENDING]).env("DUYET_TOKEN", "moderator").env("CLICOLOR_FORCE", "1"), "");
    assert!(coloured.stdout.contains("\u{1b}[") && !coloured.stdout.contains('«'), "{:?}", coloured.stdout);
}

#[test]
fn the_queue_command_sends_every_filter() {
    let desk = Desk::open();
    let ran = desk.run(&[
        "queue",
        "--status",
        "spam,REJECTED",
        "--article",
        "bai-1",
        "-q",
        "vay",
        "--ignore-marks",
        "--rule",
        "phone-number",
        "--author",
        "a1b2",
        "--unreviewed",
        "--unclaimed",
        "--reported",
        "--campaign",
        PENDING,
        "--order",
        "score",
        "-n",
        "10",
        "--page-token",
        "t",
        "--max-score",
        "0.9",
    ]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stdout.contains(PENDING) && ran.stderr.contains("--page-token trang-2"),
        "{}{}",
        ran.stdout,
        ran.stderr
    );
    let filter = v1::QueueFilter {
        status: vec![v1::CommentStatus::Spam.into(), v1::CommentStatus::Rejected.into()],
        article_id: "bai-1".into(),
        query: "vay".into(),
        rule: "PHONE_NUMBER".into(),
        author: "a1b2".into(),
        min_score: None,
        max_score: Some(0.9),
        unreviewed: true,
        claimed: Some(false),
        reported: true,
        campaign_of: PENDING.into(),
        ignore_marks: true,
    };
    let expected = v1::ListQueueRequest {
        filter: Some(filter),
        order: v1::QueueOrder::Score.into(),
        page_size: 10,
        page_token: "t".into(),
    };
    assert_eq!(desk.asked(|asked| asked.queues.clone()), [expected]);
}

#[test]
fn closing_creates_an_article_only_with_the_flag_new_and_opening_clears_a_past_closing_time() {
    let desk = Desk::open();
    for command in ["close", "open"] {
        let unknown = desk.run(&[command, "moi"]);
        assert!(unknown.code == 3 && unknown.stderr.contains("Không tìm thấy bài viết"), "{}", unknown.stderr);
    }
    assert!(desk.run(&["close", "moi", "--new"]).stdout.contains("moi: đóng bình luận (lần sửa 1)"));
    assert!(desk.run(&["open", "bai-1"]).stdout.contains("bai-1: duyệt trước (lần sửa 5)"));
    assert!(desk.run(&["open", "tranh"]).stderr.contains("Bài viết này vừa được người khác thay đổi."));
    assert!(desk.run(&["open", "bai-1", "--mode", "hybrid", "--lang", "en"]).stdout.contains("bai-1: by spam score"));
    desk.asked(|asked| {
        let ours = asked.articles.iter().filter(|request| request.article.as_ref().unwrap().article_id != "tranh");
        let asked_for = ours.map(|request| {
            let article = request.article.as_ref().unwrap();
            let paths = request.update_mask.as_ref().unwrap().paths.join(" ");
            (article.mode(), article.revision, paths, article.close_at.is_some())
        });
        let expected = [
            (v1::Mode::Closed, 0, "mode".to_owned(), false),
            (v1::Mode::Unspecified, 4, "mode close_at".to_owned(), false),
            (v1::Mode::Hybrid, 4, "mode close_at".to_owned(), false),
        ];
        assert_eq!(asked_for.collect::<Vec<_>>(), expected);
    });
}

#[test]
fn the_audit_is_filtered_and_printed_in_both_languages() {
    let desk = Desk::open();
    let ran = desk.run(&["audit", "--actor", "lan", "--action", "requeue", "--since", "2026-05-01T00:00:00Z"]);
    assert!(ran.stdout.contains("15:00 01/05/2026") && ran.stdout.contains("đã duyệt → chờ duyệt"), "{}", ran.stdout);
    assert!(desk.run(&["audit", "--lang", "en"]).stdout.contains("approved → pending"));
    desk.asked(|asked| {
        let first = &asked.audits[0];
        assert_eq!((first.actor.as_str(), first.action.as_str()), ("lan", "REQUEUE"));
        assert_eq!(first.since, Some(at(1_777_593_600)));
    });
}

#[test]
fn the_token_comes_from_a_file_the_environment_or_stdin() {
    let desk = Desk::open();
    let file = desk.home.path().join("token");
    std::fs::write(&file, "moderator\n").unwrap();
    assert_eq!(finish(desk.command(&["queue"]).env("DUYET_TOKEN_FILE", &file), "").code, 0);

    let login = finish(&mut desk.command(&["login"]), "moderator\n");
    assert_eq!(login.code, 0, "{}", login.stderr);
    assert!(!login.stderr.contains("moderator"), "{}", login.stderr);
    assert_eq!(finish(&mut desk.command(&["queue"]), "").code, 0);
    // The address is stored too, and the environment takes precedence.
    assert_eq!(finish(desk.command(&["queue"]).env_remove("DUYET_ADDR"), "").code, 0);
    assert_eq!(finish(desk.command(&["queue"]).env("DUYET_TOKEN", "unknown"), "").code, 4);
}

#[test]
fn a_token_is_checked_before_it_is_stored() {
    let desk = Desk::open();
    assert_eq!(finish(&mut desk.command(&["login"]), "unknown\n").code, 4);
    assert_eq!(finish(&mut desk.command(&["login"]), "\n").code, 2);
    assert!(!desk.home.path().join("duyet/login.toml").exists());
}

#[test]
fn a_token_on_the_command_line_is_an_error_with_an_explanation() {
    let desk = Desk::open();
    for args in [vec!["login", "moderator"], vec!["queue", "--token", "moderator"], vec!["--token=moderator", "queue"]]
    {
        let ran = finish(&mut desk.command(&args), "");
        assert_eq!(ran.code, 2, "{args:?}");
        assert!(ran.stderr.contains("DUYET_TOKEN_FILE") && !ran.stderr.contains("moderator"), "{}", ran.stderr);
    }
}

#[test]
fn a_stored_token_is_only_sent_to_its_server() {
    let desk = Desk::open();
    let other = Desk::open();
    assert_eq!(finish(&mut desk.command(&["login"]), "moderator\n").code, 0);
    let ran = finish(&mut desk.command(&["queue", "--addr", &other.addr]), "");
    assert_eq!(ran.code, 4);
    assert!(ran.stderr.contains(&other.addr) && other.asked(|asked| asked.queues.is_empty()), "{}", ran.stderr);
}

#[cfg(unix)]
#[test]
fn a_login_file_that_others_can_read_is_not_used() {
    use std::{fs, os::unix::fs::PermissionsExt as _};
    let desk = Desk::open();
    assert_eq!(finish(&mut desk.command(&["login"]), "moderator\n").code, 0);
    let path = desk.home.path().join("duyet/login.toml");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let ran = finish(&mut desk.command(&["queue"]), "");
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("chmod 600"), "{}", ran.stderr);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&path, "token = moderator").unwrap();
    let ran = finish(&mut desk.command(&["queue"]), "");
    let again = finish(&mut desk.command(&["login"]), "moderator\n");
    assert_eq!(again.code, 0, "a broken file is replaced: {}", again.stderr);
    assert!(ran.code == 1 && !ran.stderr.contains("moderator"), "{}", ran.stderr);
}

#[test]
fn the_language_comes_from_the_environment_and_reaches_the_service() {
    let desk = Desk::open();
    let run = |name: &str, value: &str| {
        finish(desk.command(&["show", GONE]).env("DUYET_TOKEN", "moderator").env(name, value), "").stderr
    };
    assert!(run("DUYET_LANG", "en").contains("Error: There is no such comment."));
    assert!(run("LC_ALL", "en_US.UTF-8").contains("There is no such comment."));
    assert!(run("LANG", "C.UTF-8").contains("Lỗi: Không tìm thấy bình luận."));
}

#[test]
fn help_and_completions_need_no_server_and_no_login() {
    let desk = Desk::open();
    let help = finish(&mut desk.command(&["queue", "--help"]), "");
    assert!(help.code == 0 && help.stdout.contains("Xem hàng chờ duyệt"), "{}", help.stdout);
    let completions = finish(&mut desk.command(&["completions", "bash"]), "");
    assert!(completions.code == 0 && completions.stdout.contains("requeue"));
}
