//! The moderators' client against a real server: review, decisions and articles.

use std::process::{Command, Output};

use duyet_proto::v1::Mode;
use serde_json::Value;

use crate::support::{
    newsroom::{Database, Newsroom, on_both_databases},
    programs,
};

on_both_databases! {
    a_moderator_decides_a_whole_queue,
    a_conflict_names_the_other_moderator_and_exits_with_5,
    an_article_is_closed_and_opened_again,
    every_error_has_its_exit_code,
}

/// Runs `duyet` in English.
pub async fn duyet(newsroom: &Newsroom, token: &str, arguments: &[&str]) -> Output {
    duyet_in("en", newsroom, token, arguments).await
}

/// Runs `duyet` with a token, without blocking the test's runtime threads.
pub async fn duyet_in(lang: &str, newsroom: &Newsroom, token: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(programs::duyet());
    command
        .env_clear()
        .env("HOME", newsroom.token_file("x").parent().unwrap())
        .env("DUYET_ADDR", format!("http://{}", newsroom.running.grpc_addr))
        .env("DUYET_TOKEN_FILE", newsroom.token_file(token))
        .args(["--lang", lang])
        .args(arguments);
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

pub fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

pub fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

async fn a_moderator_decides_a_whole_queue(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    let good = portal.say("bai", "Cảm ơn tòa soạn").await.comment_id;
    let bad = portal.say("bai", "Nói tục").await.comment_id;
    let spam = portal.say("bai", "Gọi 0912345678 \u{202e}").await.comment_id;
    let queue = json(&duyet(&newsroom, "moderator", &["queue", "--json"]).await);
    assert!(queue.to_string().contains(&good) && queue.to_string().contains(&spam), "{queue}");

    let shown = text(&duyet(&newsroom, "moderator", &["show", &spam]).await);
    assert!(shown.contains("«0912345678»") && shown.contains("phone number"), "{shown}");
    assert_eq!(duyet(&newsroom, "moderator", &["approve", &good]).await.status.code(), Some(0));
    let reject = ["reject", &bad, "--reason", "ngon-tu-tho-tuc", "--note", "nói tục"];
    assert_eq!(duyet(&newsroom, "moderator", &reject).await.status.code(), Some(0));
    assert_eq!(duyet(&newsroom, "moderator", &["spam", &spam]).await.status.code(), Some(0));
    assert_eq!(newsroom.desk().queue().await.total, 0);
    assert_eq!(portal.list("bai").await.comments[0].id, good);

    assert_eq!(duyet(&newsroom, "moderator", &["requeue", &good]).await.status.code(), Some(0));
    assert_eq!(portal.list("bai").await.total_count, 0);
    let audit = text(&duyet(&newsroom, "moderator", &["audit"]).await);
    let steps = ["pending → approved", "pending → rejected", "pending → spam", "approved → pending"];
    for word in steps.into_iter().chain(["coarse language: nói tục", "moderator", good.as_str()]) {
        assert!(audit.contains(word), "{word} in {audit}");
    }
}

async fn a_conflict_names_the_other_moderator_and_exits_with_5(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let id = newsroom.portal().say("bai", "Ai trước?").await.comment_id;
    assert_eq!(duyet(&newsroom, "admin", &["approve", &id]).await.status.code(), Some(0));
    let late = duyet(&newsroom, "moderator", &["reject", &id, "-r", "insult", "--revision", "1"]).await;
    assert_eq!(late.status.code(), Some(5));
    assert!(text(&late).contains("admin"), "{}", text(&late));
    // Without `--revision`, the client expects the revision at which the comment entered the queue, and not the other
    // moderator's.
    let unaware = duyet(&newsroom, "moderator", &["reject", &id, "-r", "insult"]).await;
    assert_eq!(unaware.status.code(), Some(5));
    assert!(text(&unaware).contains("admin") && text(&unaware).contains("--revision 2"), "{}", text(&unaware));
    assert_eq!(duyet(&newsroom, "moderator", &["approve", &id]).await.status.code(), Some(0), "already there");
    let overruled = duyet(&newsroom, "moderator", &["reject", &id, "-r", "insult", "--revision", "2"]).await;
    assert_eq!(overruled.status.code(), Some(0));
}

async fn an_article_is_closed_and_opened_again(database: Database) {
    let newsroom = Newsroom::open(database).await;
    newsroom.portal().say("bai", "Ý kiến đầu tiên").await;
    for (command, mode) in [("close", Mode::Closed), ("open", Mode::Pre), ("close", Mode::Closed)] {
        let output = duyet(&newsroom, "moderator", &[command, "bai"]).await;
        assert_eq!(output.status.code(), Some(0), "{}", text(&output));
        assert_eq!(newsroom.portal().list("bai").await.mode(), mode);
    }
}

async fn every_error_has_its_exit_code(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let unknown = uuid::Uuid::new_v4().to_string();
    let cases: [(&str, &[&str], i32); 5] = [
        ("moderator", &["show", &unknown], 3),
        ("moderator", &["show", "khong-phai-uuid"], 2),
        ("moderator", &["nonsense"], 2),
        ("portal", &["queue"], 4),
        // No process listens on port 1.
        ("moderator", &["queue", "--addr", "http://127.0.0.1:1"], 6),
    ];
    for (token, arguments, code) in cases {
        let output = duyet(&newsroom, token, arguments).await;
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", text(&output));
    }
}
