//! SQLite's write-ahead log: erased text is removed from it, and a reader in another process delays no call.

use std::{path::Path, process::Command, time::Duration};

use duyet_proto::v1::{self, erase_author_request::Of};
use sqlx::{Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::time::timeout;
use uuid::Uuid;

use crate::support::{
    newsroom::{Database, Newsroom},
    office::metric_value,
};

/// A word that occurs only in the erased text.
const CANARY: &str = "Zirkonia";

/// This is shorter than a writer waits for a lock, and much longer than an erasure takes.
const STALLED: Duration = Duration::from_secs(4);

/// Opens a connection with a read transaction that stays open, like a reader in another process.
async fn reader(file: &Path) -> SqliteConnection {
    let mut reader = SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(file)).await.unwrap();
    sqlx::raw_sql("begin; select count(*) from comments").execute(&mut reader).await.unwrap();
    reader
}

/// Searches the directory in another process. Closing one of SQLite's files would release all locks that this process
/// has on it.
fn holds_canary(dir: &Path) -> bool {
    Command::new("grep").args(["-rqF", CANARY]).arg(dir).status().unwrap().success()
}

async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let waited = timeout(Duration::from_secs(60), async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("waited too long until {what}"));
}

fn erasure(id: &str) -> v1::EraseAuthorRequest {
    let request_id = Uuid::new_v4().to_string();
    v1::EraseAuthorRequest { of: Some(Of::CommentId(id.into())), note: String::new(), request_id }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_reader_delays_no_erasure_and_the_text_leaves_the_log_after_it_ends() {
    let newsroom = Newsroom::open(Database::Sqlite).await;
    let dir = newsroom.config.data_dir.clone();
    let (mut portal, mut admin) = (newsroom.portal(), newsroom.desk_with(&newsroom.token("admin")));
    let mut ids = Vec::new();
    for n in 0..4 {
        ids.push(portal.say("bai", &format!("{CANARY} số {n}")).await.comment_id);
    }
    let mut open = reader(&dir.join("duyet.sqlite3")).await;
    for id in &ids {
        let erased = timeout(STALLED, admin.privacy.erase_author(erasure(id)))
            .await
            .expect("the open reader stalled the erasure");
        assert_eq!(erased.unwrap().into_inner().erased, 1);
        timeout(STALLED, portal.say("bai", "Câu khác")).await.expect("the open reader stalled the writer");
    }
    assert!(holds_canary(&dir), "the log keeps the text for the reader's snapshot");
    let measured = || metric_value("duyet_wal_bytes").is_some_and(|bytes| bytes.parse::<f64>().unwrap() > 0.0);
    until("the size of the log is measured", measured).await;
    sqlx::raw_sql("commit").execute(&mut open).await.unwrap();
    until("the text is removed from all files", || !holds_canary(&dir)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_cleans_the_log_at_its_next_start() {
    let newsroom = Newsroom::open(Database::Sqlite).await;
    let dir = newsroom.config.data_dir.clone();
    let (mut portal, mut admin) = (newsroom.portal(), newsroom.desk_with(&newsroom.token("admin")));
    let id = portal.say("bai", &format!("{CANARY} là ai")).await.comment_id;
    // Another connection stays open, because closing the last connection would clean up the log.
    let mut open = reader(&dir.join("duyet.sqlite3")).await;
    admin.privacy.erase_author(erasure(&id)).await.unwrap();
    let newsroom = newsroom.restarted().await;
    assert!(holds_canary(&dir));
    sqlx::raw_sql("commit").execute(&mut open).await.unwrap();
    until("the text is removed from all files", || !holds_canary(&dir)).await;
    drop(newsroom);
}
