//! Tests of the full-screen review: the real client runs on its own terminal, and calls a real server.

use std::{
    io::{Read as _, Write as _},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use duyet_proto::v1;
use uuid::Uuid;

use crate::support::{
    daemon::Daemon,
    newsroom::{Database, Newsroom, on_both_databases},
    process::{free_port, wait_until},
    programs,
    screen::Screen,
};

on_both_databases! {
    a_queue_is_decided_by_keys,
    another_moderators_decision_is_shown_and_skipped,
    keys_pressed_at_once_decide_one_comment,
    a_comment_reverted_by_another_moderator_is_decided_at_its_new_revision,
}

/// Pause before a key is pressed again that the review ignored because the comment had just appeared.
const AGAIN: Duration = Duration::from_secs(1);
/// The escape sequence that leaves the alternate screen.
const RESTORED: &[u8] = b"\x1b[?1049l";
/// Timeout, longer than any step takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A terminal that runs `duyet triage`, created by `script`.
struct Terminal {
    child: Child,
    keys: ChildStdin,
    output: Arc<Mutex<Vec<u8>>>,
}

impl Terminal {
    fn open(addr: &str, token_file: &str) -> Self {
        let review = format!("stty rows 24 cols 80; exec {} triage --lang en", programs::duyet().display());
        let mut child = Command::new("script")
            .args(["-q", "-e", "-f", "-c", &review, "/dev/null"])
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("TERM", "xterm")
            .env("SHELL", "/bin/sh")
            .env("DUYET_ADDR", addr)
            .env("DUYET_TOKEN_FILE", token_file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let output = Arc::new(Mutex::new(vec![]));
        let (mut stdout, heard) = (child.stdout.take().unwrap(), output.clone());
        thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(length @ 1..) = stdout.read(&mut chunk) {
                heard.lock().unwrap().extend_from_slice(&chunk[..length]);
            }
        });
        let keys = child.stdin.take().unwrap();
        Self { child, keys, output }
    }

    fn of(newsroom: &Newsroom) -> Self {
        let addr = format!("http://{}", newsroom.running.grpc_addr);
        Self::open(&addr, newsroom.token_file("moderator").to_str().unwrap())
    }

    fn text(&self) -> String {
        Screen::after(&self.output.lock().unwrap()).text()
    }

    fn wait_for(&self, text: &str) {
        let started = Instant::now();
        while !self.text().contains(text) {
            assert!(started.elapsed() < PATIENCE, "no {text:?} on the screen: {}", self.text());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Checks whether `text` appears on the screen within `patience`.
    fn shows(&self, text: &str, patience: Duration) -> bool {
        let started = Instant::now();
        while !self.text().contains(text) {
            if started.elapsed() > patience {
                return false;
            }
            thread::sleep(Duration::from_millis(10));
        }
        true
    }

    /// Presses keys until `text` is on the screen. The first key may be ignored, because the comment has just appeared.
    fn press_until(&mut self, keys: &str, text: &str) {
        let started = Instant::now();
        loop {
            self.press(keys);
            if self.shows(text, AGAIN) {
                return;
            }
            assert!(started.elapsed() < PATIENCE, "{keys:?} does not show {text:?}: {}", self.text());
        }
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Returns the exit code, after the terminal was restored.
    fn ended(&mut self) -> Option<i32> {
        let mut status = None;
        wait_until("the review ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        wait_until("the terminal is restored", || {
            let output = self.output.lock().unwrap();
            output.windows(RESTORED.len()).any(|bytes| bytes == RESTORED)
        });
        status.unwrap().code()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // The review ends with its terminal.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs `work` without blocking the server, which runs in this process.
async fn at_a_terminal<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

async fn status(newsroom: &Newsroom, id: &str) -> v1::CommentStatus {
    newsroom.desk().case(id).await.comment.unwrap().status()
}

async fn a_queue_is_decided_by_keys(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    let good = portal.say("bai", "Good-one to read").await.comment_id;
    let rude = portal.say("bai", "Rude-one to read").await.comment_id;
    let odd = portal.say("bai", "Odd-one to read").await.comment_id;
    let mut terminal = Terminal::of(&newsroom);
    let (code, output) = at_a_terminal(move || {
        terminal.wait_for("Good-one");
        terminal.press_until("a", "Rude-one");
        terminal.press_until("r", "Reason:");
        terminal.press("8");
        terminal.wait_for("Odd-one");
        // A decision by mistake, and its undo.
        terminal.press_until("a", "No comments wait");
        terminal.press("u");
        terminal.wait_for("Undone");
        terminal.press_until("s", "No comments wait");
        terminal.press("q");
        (terminal.ended(), terminal.text())
    })
    .await;
    assert_eq!(code, Some(0), "{output}");
    assert!(output.contains("3 comments in") && output.contains("1 approved, 1 rejected, 1 spam"), "{output}");
    let expected = [v1::CommentStatus::Approved, v1::CommentStatus::Rejected, v1::CommentStatus::Spam];
    let statuses = [status(&newsroom, &good).await, status(&newsroom, &rude).await, status(&newsroom, &odd).await];
    assert_eq!(statuses, expected);
}

async fn another_moderators_decision_is_shown_and_skipped(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    let contested = portal.say("bai", "Contested-one").await.comment_id;
    let other = portal.say("bai", "Other-one").await.comment_id;
    let colleague = newsroom.new_token("moderator", "default").await;
    let terminal = Terminal::of(&newsroom);
    let mut terminal = at_a_terminal(move || {
        terminal.wait_for("Contested-one");
        terminal
    })
    .await;
    newsroom.desk_with(&colleague).approve(&contested).await;
    let code = at_a_terminal(move || {
        // The next comment is shown before the response arrives, so another key would act on that comment.
        terminal.press_until("s", "Other-one");
        terminal.wait_for("decided first");
        terminal.press_until("a", "Approved");
        terminal.press("q");
        terminal.ended()
    })
    .await;
    assert_eq!(code, Some(0));
    assert_eq!(status(&newsroom, &contested).await, v1::CommentStatus::Approved);
    assert_eq!(status(&newsroom, &other).await, v1::CommentStatus::Approved);
}

async fn keys_pressed_at_once_decide_one_comment(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    let mut ids = vec![];
    for number in 0..9 {
        ids.push(portal.say("bai", &format!("Number-{number} of nine")).await.comment_id);
    }
    let mut terminal = Terminal::of(&newsroom);
    let mut terminal = at_a_terminal(move || {
        terminal.wait_for("Number-0");
        terminal.press_until("aaaaaaaa", "Number-1");
        terminal
    })
    .await;
    // The first decision is sent only after the last key of the burst was handled.
    at_a_terminal(move || {
        terminal.wait_for("connected");
        terminal.press("q");
        assert_eq!(terminal.ended(), Some(0));
    })
    .await;
    let mut approved = 0;
    for id in &ids {
        approved += usize::from(status(&newsroom, id).await == v1::CommentStatus::Approved);
    }
    assert_eq!((approved, status(&newsroom, &ids[0]).await), (1, v1::CommentStatus::Approved));
}

async fn a_comment_reverted_by_another_moderator_is_decided_at_its_new_revision(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut portal = newsroom.portal();
    let mut ids = vec![];
    for number in 0..3 {
        ids.push(portal.say("bai", &format!("Number-{number} of three")).await.comment_id);
    }
    let terminal = Terminal::of(&newsroom);
    let mut terminal = at_a_terminal(move || {
        terminal.wait_for("Number-0");
        terminal
    })
    .await;
    let mut colleague = newsroom.desk_with(&newsroom.new_token("admin", "default").await);
    let items = ids.iter().map(|id| v1::BulkItem { comment_id: id.clone(), expected_revision: 1 }).collect();
    let bulk = v1::BulkDecideRequest {
        items,
        action: v1::Action::Spam.into(),
        request_id: Uuid::new_v4().to_string(),
        ..Default::default()
    };
    let batch = colleague.moderation.bulk_decide(bulk).await.unwrap().into_inner().batch_id;
    let target = Some(v1::revert_request::Target::BatchId(batch));
    let revert = v1::RevertRequest { target, request_id: Uuid::new_v4().to_string() };
    colleague.moderation.revert(revert).await.unwrap();
    let code = at_a_terminal(move || {
        terminal.wait_for("(revision 3)");
        terminal.press_until("a", "Number-1");
        terminal.press_until("a", "Number-2");
        terminal.press_until("a", "No comments wait");
        terminal.wait_for("connected");
        terminal.press("q");
        terminal.ended()
    })
    .await;
    assert_eq!(code, Some(0));
    for id in &ids {
        assert_eq!(status(&newsroom, id).await, v1::CommentStatus::Approved);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_comment_not_shown_to_its_end_is_decided_by_the_second_key() {
    let newsroom = Newsroom::open(Database::Sqlite).await;
    let mut portal = newsroom.portal();
    let long = (0..40).map(|line| format!("Line-{line} of forty.")).collect::<Vec<_>>().join("\n");
    let unread = portal.say("bai", &long).await.comment_id;
    let read = portal.say("bai", &format!("Another-one\n{long}")).await.comment_id;
    let mut terminal = Terminal::of(&newsroom);
    at_a_terminal(move || {
        terminal.wait_for("Line-0");
        terminal.press_until("a", "end of this comment");
        terminal.press_until("a", "Another-one");
        terminal.press("\u{1b}[F");
        terminal.wait_for("Line-39");
        terminal.press_until("a", "No comments wait");
        terminal.press("q");
        assert_eq!(terminal.ended(), Some(0));
    })
    .await;
    assert_eq!(status(&newsroom, &unread).await, v1::CommentStatus::Approved);
    assert_eq!(status(&newsroom, &read).await, v1::CommentStatus::Approved);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn claims_are_released_when_the_terminal_closes() {
    let newsroom = Newsroom::open(Database::Sqlite).await;
    let id = newsroom.portal().say("bai", "Held-one").await.comment_id;
    let terminal = Terminal::of(&newsroom);
    let terminal = at_a_terminal(move || {
        terminal.wait_for("Held-one");
        terminal
    })
    .await;
    assert!(newsroom.desk().case(&id).await.claim.is_some());
    drop(terminal);
    for _ in 0..500 {
        if newsroom.desk().case(&id).await.claim.is_none() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the claim is still held");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn decisions_made_during_an_outage_are_sent_afterwards() {
    let dir = tempfile::tempdir().unwrap();
    let addr = format!("127.0.0.1:{}", free_port());
    let environment = [("DUYET_GRPC_ADDR", addr.as_str())];
    let mut daemon = Daemon::start(dir.path(), &environment);
    let mut portal = daemon.portal();
    let first = portal.say("bai", "First-one").await.comment_id;
    let second = portal.say("bai", "Second-one").await.comment_id;
    let token_file = daemon.token_file("moderator");
    let terminal = Terminal::open(&format!("http://{addr}"), token_file.to_str().unwrap());
    let mut terminal = at_a_terminal(move || {
        terminal.wait_for("First-one");
        terminal
    })
    .await;
    daemon.kill9();
    let mut terminal = at_a_terminal(move || {
        terminal.press_until("a", "Second-one");
        terminal.wait_for("CONNECTION LOST");
        terminal.press_until("s", "2 unsent");
        terminal
    })
    .await;
    let daemon = Daemon::start(dir.path(), &environment);
    let code = at_a_terminal(move || {
        terminal.wait_for("Reconnected");
        terminal.press("q");
        terminal.ended()
    })
    .await;
    assert_eq!(code, Some(0));
    let mut desk = daemon.desk();
    let mut statuses = vec![];
    for id in [&first, &second] {
        statuses.push(desk.case(id).await.comment.unwrap().status());
    }
    assert_eq!(statuses, [v1::CommentStatus::Approved, v1::CommentStatus::Spam]);
}

#[test]
fn triage_without_a_terminal_is_a_usage_error() {
    let ran = Command::new(programs::duyet())
        .env_clear()
        .args(["triage", "--lang", "en"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(ran.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&ran.stderr).contains("needs a terminal"));
}
