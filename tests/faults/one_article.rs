//! Scenario C6: many portals and moderators work on one article concurrently, on both databases.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use duyet_proto::v1::{self, Action, BanEffect, BanSubject, create_ban_request::Subject, revert_request::Target};
use tokio::task::JoinSet;
use tonic::{Code, Status};
use uuid::Uuid;

use super::{
    scenario::{Report, scenario, whole_or},
    stage::Stage,
};
use crate::support::{
    daemon::Daemon,
    newsroom::{Desk, Portal, decision, desk_at, portal_at, reason},
    postgres::Postgres,
};

/// Number of concurrent clients. Each of them submits and then does one of the moderators' actions.
const CLIENTS: usize = 12;

/// The number of responses by call and status. An empty status means OK.
type Answers = BTreeMap<String, usize>;

/// One portal and one moderator, who work on the same article as all other clients.
struct Client {
    portal: Portal,
    desk: Desk,
    number: usize,
    recent: Vec<String>,
    answers: Answers,
}

/// Returns true for errors that concurrent clients must expect: a newer revision, a status that does not allow the
/// action, a ban. A busy machine may also shed calls before they begin.
fn is_expected(status: &Status) -> bool {
    reason(status) == "OVERLOADED"
        || matches!(status.code(), Code::Aborted | Code::FailedPrecondition | Code::PermissionDenied | Code::NotFound)
}

impl Client {
    fn new(daemon: &Daemon, tokens: &[String; 2], number: usize) -> Self {
        let (portal, desk) = (portal_at(daemon.grpc_addr, &tokens[0]), desk_at(daemon.grpc_addr, &tokens[1]));
        Self { portal, desk, number, recent: Vec::new(), answers: Answers::new() }
    }

    fn note<T>(&mut self, call: &str, answer: Result<T, Status>) -> Option<T> {
        let key = match &answer {
            Ok(_) => format!("{call} OK"),
            Err(status) if is_expected(status) => format!("{call} failed"),
            Err(status) => format!("{call} FAILED {:?} {}", status.code(), reason(status)),
        };
        *self.answers.entry(key).or_default() += 1;
        answer.ok()
    }

    /// Submits a comment; every third one replies to `root`.
    async fn submit(&mut self, step: usize, root: &str) -> Option<String> {
        let content = format!("Bình luận {} của {} {}", step, self.number, Uuid::new_v4().simple());
        let form = self.portal.form("bai", &content).await;
        let parent_id = if step % 3 == 2 { root.to_owned() } else { String::new() };
        // Each submit has another title of the article, so that it also writes the article's row.
        let article_title = format!("Bài báo, lần sửa {}", step % 5);
        let form = v1::SubmitCommentRequest { parent_id, article_title, ..form };
        let answer = self.portal.comments.submit_comment(form).await;
        self.note("SubmitComment", answer).map(|answer| answer.into_inner().comment_id)
    }

    async fn decide(&mut self, id: &str, action: Action, revision: i64) {
        let request = v1::DecideRequest { expected_revision: revision, ..decision(id, action) };
        let answer = self.desk.decide(request).await;
        self.note("Decide", answer);
    }

    async fn report(&mut self, id: &str) {
        let client = v1::ReaderContext {
            ip: format!("203.0.{}.{}", self.number, self.recent.len() % 250),
            ..Default::default()
        };
        let request = v1::ReportCommentRequest {
            comment_id: id.into(),
            reason: v1::Reason::SpamAd.into(),
            client: Some(client),
            request_id: Uuid::new_v4().to_string(),
            ..Default::default()
        };
        let answer = self.portal.comments.report_comment(request).await;
        self.note("ReportComment", answer);
    }

    async fn bulk(&mut self, action: Action) -> Option<String> {
        let item = |id: &String| v1::BulkItem { comment_id: id.clone(), expected_revision: 1 };
        let request = v1::BulkDecideRequest {
            items: self.recent.iter().rev().take(20).map(item).collect(),
            action: action.into(),
            reason: v1::Reason::OffTopic.into(),
            request_id: Uuid::new_v4().to_string(),
            ..Default::default()
        };
        let answer = self.desk.moderation.bulk_decide(request).await;
        self.note("BulkDecide", answer).map(|answer| answer.into_inner().batch_id)
    }

    async fn revert(&mut self, batch: String) {
        let request =
            v1::RevertRequest { target: Some(Target::BatchId(batch)), request_id: Uuid::new_v4().to_string() };
        let answer = self.desk.moderation.revert(request).await;
        self.note("Revert", answer);
    }

    async fn ban(&mut self, id: &str) {
        let case = self.desk.moderation.get_case(v1::GetCaseRequest { comment_id: id.into() }).await;
        let Some(case) = self.note("GetCase", case) else { return };
        let sent = case.into_inner().case.unwrap().comment.unwrap().created_at.unwrap();
        let request = v1::CreateBanRequest {
            subject: Some(Subject::CommentId(id.into())),
            subject_kind: BanSubject::Device.into(),
            effect: BanEffect::Block.into(),
            reason: v1::Reason::SpamAd.into(),
            expires_at: Some(prost_types::Timestamp { seconds: sent.seconds + 86_400, ..sent }),
            request_id: Uuid::new_v4().to_string(),
            reject_pending: true,
            remove_published: true,
            ..Default::default()
        };
        let answer = self.desk.ban(request).await;
        self.note("CreateBan", answer);
    }

    /// Changes the article's mode, which decides whether submits publish at once and so update the counts of the
    /// article and of their roots.
    async fn change_article(&mut self, mode: v1::Mode) {
        let known = self.desk.policy.get_article(v1::GetArticleRequest { article_id: "bai".into() }).await;
        let Some(known) = self.note("GetArticle", known) else { return };
        let article = v1::ArticlePolicy { mode: mode.into(), ..known.into_inner().article.unwrap() };
        let update_mask = Some(prost_types::FieldMask { paths: vec!["mode".into()] });
        let request_id = Uuid::new_v4().to_string();
        let request = v1::UpdateArticleRequest { article: Some(article), update_mask, request_id };
        let answer = self.desk.policy.update_article(request).await;
        self.note("UpdateArticle", answer);
    }

    async fn work(mut self, root: String, stop: Arc<AtomicBool>) -> Answers {
        let mut turn = self.number;
        while !stop.load(Ordering::Relaxed) {
            turn += 1;
            let Some(id) = self.submit(turn, &root).await else { continue };
            self.recent.push(id.clone());
            match turn % 8 {
                0 => self.decide(&id, Action::Reject, 1).await,
                1 => {
                    self.decide(&id, Action::Approve, 1).await;
                    self.report(&id).await;
                }
                2 => self.ban(&id).await,
                3 => self.change_article(if turn % 16 == 3 { v1::Mode::Post } else { v1::Mode::Pre }).await,
                4 => {
                    if let Some(batch) = self.bulk(Action::Approve).await.filter(|batch| !batch.is_empty()) {
                        self.revert(batch).await;
                    }
                }
                5 => self.decide(&root, if turn % 16 == 5 { Action::Reject } else { Action::Approve }, 1).await,
                _ => self.decide(&id, Action::Approve, 1).await,
            }
        }
        self.answers
    }
}

/// Lets all clients work on one article. Fails if a call fails unexpectedly.
async fn work_on_one_article(report: &mut Report, stage: &Stage, time: Duration) {
    let daemon = stage.daemon();
    let mut portal = daemon.portal();
    let root = portal.say("bai", "Câu đầu").await.comment_id;
    daemon.desk().approve(&root).await;
    let tokens = [stage.token("portal"), stage.token("admin")];
    let stop = Arc::new(AtomicBool::new(false));
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        clients.spawn(Client::new(&daemon, &tokens, number).work(root.clone(), Arc::clone(&stop)));
    }
    tokio::time::sleep(time).await;
    stop.store(true, Ordering::Relaxed);
    let mut answers = Answers::new();
    for (key, count) in clients.join_all().await.into_iter().flatten() {
        *answers.entry(key).or_default() += count;
    }
    println!("C6: {answers:?}");
    let failed: usize = answers.iter().filter(|(key, _)| key.contains("FAILED")).map(|(_, count)| count).sum();
    let done = |call: &str| answers.get(&format!("{call} OK")).copied().unwrap_or_default();
    report.count("submits", done("SubmitComment"));
    report.count("decisions", done("Decide"));
    report.count("bulk_decisions", done("BulkDecide"));
    report.count("reverts", done("Revert"));
    report.count("bans", done("CreateBan"));
    report.count("reports", done("ReportComment"));
    report.count("article_changes", done("UpdateArticle"));
    report.count("failed", failed);
    assert_eq!(failed, 0, "{answers:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c6_writers_and_moderators_on_one_article_of_postgres_neither_fail_nor_deadlock() {
    scenario("C6", "12 clients submit to and moderate one article, on PostgreSQL", async |report| {
        let settings = ["deadlock_timeout=100ms", "logging_collector=on", "log_filename=server.log"];
        let postgres = Postgres::start_with(tempfile::tempdir().unwrap(), &settings);
        let stage = Stage::over(&postgres.url());
        work_on_one_article(report, &stage, whole_or(Duration::from_secs(60), Duration::from_secs(6))).await;
        let log = postgres.log();
        let deadlocks = log.matches("deadlock detected").count();
        report.count("deadlocks", deadlocks);
        let sample = log.lines().skip_while(|line| !line.contains("deadlock detected")).take(12).collect::<Vec<_>>();
        assert_eq!(deadlocks, 0, "{}", sample.join("\n"));
        let timeouts = log.matches("due to lock timeout").count() + log.matches("due to statement timeout").count();
        assert_eq!(timeouts, 0, "a statement waited too long for a lock");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c6_writers_and_moderators_on_one_article_of_sqlite_do_not_fail() {
    scenario("C6-sqlite", "12 clients submit to and moderate one article, on SQLite", async |report| {
        let stage = Stage::over("");
        work_on_one_article(report, &stage, whole_or(Duration::from_secs(60), Duration::from_secs(3))).await;
    })
    .await;
}
