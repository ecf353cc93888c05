//! Tests of connections to PostgreSQL: through a pooler in transaction mode, with a permanent error, and to a database
//! that is unavailable.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use duyet_proto::v1::Action;
use sqlx::PgPool;
use tonic::Code;

use super::stage::Stage;
use crate::support::{
    daemon::{Daemon, duyetd},
    home::empty_database,
    newsroom::{decision, reason},
    pgbouncer::PgBouncer,
    postgres::Postgres,
    process::{free_port, wait_until},
};

/// Builds the environment of a daemon that uses the database at `url`.
fn environment(url: &str) -> Vec<(String, String)> {
    let pairs = [("DATABASE_URL", url), ("DUYET_KEYS", &duyetd::keyring::Keyring::generate())];
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

/// Submits, decides and lists at two daemons that share few server sessions.
async fn assert_works_behind_a_pooler(more: &str) {
    let database = empty_database().await;
    let pooler = PgBouncer::start(database.get_port(), more);
    let stage = Stage::over(&pooler.url(database.get_database().unwrap()));
    let (first, second) = (stage.daemon(), stage.daemon());
    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..8 {
        let daemon = [&first, &second][caller % 2];
        let (mut portal, mut desk) = (daemon.portal(), daemon.desk());
        callers.spawn(async move {
            for n in 0..12 {
                let id = portal.say("bai", &format!("Câu {caller}-{n}")).await.comment_id;
                let action = if n % 3 == 0 { Action::Reject } else { Action::Approve };
                desk.decide(decision(&id, action)).await.unwrap();
                desk.queue().await;
            }
        });
    }
    callers.join_all().await;
    // A page that was cached before the last decisions expires after at most 250 ms.
    wait_until_listed(&first, 8 * 8).await;
    let log = first.log();
    let warning = log.lines().find(|line| line.contains("a connection pooler drops")).unwrap();
    for setting in ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "plan_cache_mode"] {
        assert!(warning.contains(setting), "{warning}");
    }
    assert_timeouts_apply(&first, PgPool::connect_with(database).await.unwrap()).await;
}

async fn wait_until_listed(daemon: &Daemon, count: i64) {
    let began = Instant::now();
    while daemon.portal().list("bai").await.total_count != count {
        assert!(began.elapsed() < Duration::from_secs(10), "the page does not show all decisions");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Checks that a submit that waits for another session's lock is ended by the configured timeouts, and not only by its
/// deadline of 9 s.
async fn assert_timeouts_apply(daemon: &Daemon, pool: PgPool) {
    let mut lock = pool.begin().await.unwrap();
    sqlx::raw_sql("lock table comments in exclusive mode").execute(&mut *lock).await.unwrap();
    let mut portal = daemon.portal();
    let mut request = tonic::Request::new(portal.form("bai", "Chờ khóa").await);
    request.set_timeout(Duration::from_secs(9));
    let status = portal.comments.submit_comment(request).await.unwrap_err();
    assert_eq!((status.code(), reason(&status).as_str()), (Code::Unavailable, "STORAGE_UNAVAILABLE"));
    lock.rollback().await.unwrap();
    let log = daemon.log();
    assert!(log.contains("lock timeout"), "the session's own lock timeout ended the wait");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_service_works_behind_a_pgbouncer_that_drops_startup_options() {
    assert_works_behind_a_pooler("").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_service_works_behind_a_pgbouncer_that_ignores_startup_options() {
    assert_works_behind_a_pooler("ignore_startup_parameters = extra_float_digits,options").await;
}

/// Starts `duyetd` and returns its output after it exits. Fails when it keeps running.
fn failed_start(environment: &[(String, String)]) -> String {
    let dir = tempfile::tempdir().unwrap();
    let mut command = start(dir.path(), environment);
    let mut ended = None;
    wait_until("duyetd ends", || {
        ended = command.try_wait().unwrap();
        ended.is_some()
    });
    assert!(!ended.unwrap().success(), "a server must not start after a permanent error");
    std::fs::read_to_string(dir.path().join("log")).unwrap()
}

fn start(dir: &Path, environment: &[(String, String)]) -> Child {
    let mut command: Command = duyetd(dir);
    command.env("DUYET_GRPC_ADDR", "127.0.0.1:0").env("DUYET_HTTP_ADDR", "127.0.0.1:0");
    command.envs(environment.iter().map(|(name, value)| (name, value)));
    command.stdout(Stdio::null()).stderr(std::fs::File::create(dir.join("log")).unwrap()).spawn().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_permanent_error_ends_the_start_and_names_host_and_database() {
    let postgres = Postgres::start();
    postgres.guard("canh").await;
    let port = postgres.port();
    let pooler = PgBouncer::start(port, "");
    let error_of = |url: String, words: &str| {
        let log = failed_start(&environment(&url));
        assert!(log.contains("127.0.0.1") && log.contains(words), "{log}");
        assert!(!log.contains("mat-khau"), "the password is in the log: {log}");
        log
    };
    let log =
        error_of(format!("postgres://canh:mat-khau-sai@127.0.0.1:{port}/postgres"), "password authentication failed");
    assert!(log.contains("`postgres`") && log.contains(&port.to_string()), "{log}");
    assert!(error_of(format!("postgres://tests@127.0.0.1:{port}/khong-co"), "khong-co").contains("does not exist"));
    error_of(format!("postgres://tests@127.0.0.1:{port}/postgres?sslmode=require"), "TLS");
    let url = format!("{}?options=-c%20work_mem%3D8MB", pooler.url("postgres"));
    error_of(url, "unsupported startup parameter");
}

#[test]
fn the_start_waits_for_an_unavailable_database_and_reports_it_once() {
    let (dir, port) = (tempfile::tempdir().unwrap(), free_port());
    let environment = environment(&format!("postgres://tests@127.0.0.1:{port}/postgres"));
    let mut daemon = start(dir.path(), &environment);
    let lines = || std::fs::read_to_string(dir.path().join("log")).unwrap().matches("not available yet").count();
    wait_until("it is reported", || lines() > 0);
    let began = Instant::now();
    // The server made six attempts in this time, and reported only the first one.
    wait_until("time passes", || began.elapsed() > Duration::from_secs(3));
    assert_eq!(lines(), 1);
    assert!(daemon.try_wait().unwrap().is_none(), "it waits");
    daemon.kill().unwrap();
    daemon.wait().unwrap();
}
