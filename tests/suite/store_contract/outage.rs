use std::{sync::Arc, time::Duration};

use duyetd::{
    domain::{Error, Result, audit::AuditFilter, lifecycle::Action},
    store::{
        contract::{AuditStore as _, CommentStore as _, DatabaseStore as _, DecisionStore as _, SubmissionStore as _},
        postgres::{PoolSettings, PostgresStore},
        sqlite::SqliteStore,
    },
};
use sqlx::postgres::PgConnectOptions;
use tokio::task::JoinSet;

use crate::support::{
    home::{Home, patient},
    sample::{decision, site, submission},
};

fn is_unavailable<T: std::fmt::Debug>(result: &Result<T>) {
    assert!(matches!(result, Err(Error::StorageUnavailable(_))), "{result:?}");
}

#[tokio::test]
async fn a_store_can_be_opened_while_postgres_is_down() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let store =
        PostgresStore::connect_lazy(&format!("postgres://unknown@127.0.0.1:{free}/none"), PoolSettings::default())
            .unwrap();
    is_unavailable(&store.ping().await);
    is_unavailable(&store.migrate().await);
    is_unavailable(&store.find_comment(&site(), submission(1).comment.id).await);
    is_unavailable(&store.insert_submissions(&[submission(1)]).await);
}

#[tokio::test]
async fn an_invalid_url_is_not_shown_in_the_error() {
    let error = PostgresStore::connect_lazy("postgres://u:secret@[::host/", PoolSettings::default()).unwrap_err();
    assert!(matches!(&error, Error::Internal(_)) && !format!("{error:?}").contains("secret"));
}

#[tokio::test]
async fn a_read_only_database_can_be_read_and_writes_are_unavailable() {
    let home = Home::postgres().await;
    let one = submission(1);
    home.store_all(std::slice::from_ref(&one)).await;
    let name = home.pg().connect_options().get_database().unwrap().to_owned();
    home.execute(&format!("alter database {name} set default_transaction_read_only = on")).await.unwrap();
    let options: PgConnectOptions = (*home.pg().connect_options()).clone();
    let store = patient(options);
    is_unavailable(&store.ping().await);
    is_unavailable(&store.insert_submissions(&[submission(2)]).await);
    is_unavailable(&store.decide(&decision(2, one.comment.id, Action::Approve, 1)).await);
    assert_eq!(store.find_comment(&site(), one.comment.id).await.unwrap(), Some(one.comment));
}

/// Makes inserts fail as PostgreSQL does on a full disk, while reads work.
const DISK_FULL: &str = "
    create function full() returns trigger language plpgsql as
        $$ begin raise exception 'no space left on device' using errcode = 'disk_full'; end $$;
    create trigger disk_full before insert on comments for each row execute function full();
    create trigger disk_full before insert on trial_writes for each row execute function full()";

#[tokio::test]
async fn health_depends_on_writes_while_postgres_can_still_be_read() {
    let home = Home::postgres().await;
    home.execute(DISK_FULL).await.unwrap();
    home.store.ping().await.expect("the store must count as available before a write has failed");
    is_unavailable(&home.insert(&submission(1)).await);
    for _ in 0..2 {
        is_unavailable(&home.store.ping().await);
    }
    home.store.find_comment(&site(), submission(1).comment.id).await.expect("reads succeed");
    home.execute("drop trigger disk_full on comments; drop trigger disk_full on trial_writes").await.unwrap();
    home.store.ping().await.expect("a trial write succeeds");
    home.store_all(&[submission(1)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_connections_are_reserved_for_moderators() {
    let home = Home::postgres().await;
    home.store_all(&[submission(1)]).await;
    let options: PgConnectOptions = (*home.pg().connect_options()).clone();
    let settings = PoolSettings { connections: 5, acquire: Duration::from_millis(500) };
    let store = Arc::new(PostgresStore::connect_lazy_with(options, settings));
    // Every call that reads articles waits.
    let mut lock = home.pg().begin().await.unwrap();
    sqlx::raw_sql("lock table articles in access exclusive mode").execute(&mut *lock).await.unwrap();
    let mut readers = JoinSet::new();
    for n in 2..30 {
        let store = Arc::clone(&store);
        readers.spawn(async move { store.insert_submissions(&[submission(n)]).await });
    }
    let held = "select count(*) from pg_stat_activity where datname = current_database() and application_name = 'duyet'
        and wait_event_type = 'Lock'";
    while home.number(held).await < 2 {
        tokio::task::yield_now().await;
    }
    for _ in 0..20 {
        store.list_audit(&site(), &AuditFilter::default(), 10, None).await.unwrap();
        store.ping().await.unwrap();
    }
    lock.rollback().await.unwrap();
    for answer in readers.join_all().await {
        assert!(matches!(&answer, Ok(_) | Err(Error::StorageUnavailable(_))), "{answer:?}");
    }
    store.insert_submissions(&[submission(40)]).await.unwrap();
}

#[tokio::test]
async fn a_terminated_session_is_replaced_at_the_next_call() {
    let home = Home::postgres().await;
    home.store_all(&[submission(1)]).await;
    let end = "select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and application_name = 'duyet'";
    home.execute(end).await.unwrap();
    // Every connection of the pool may be dead.
    let mut healed = 0;
    for n in 2..12 {
        match home.insert(&submission(n)).await {
            Ok(_) => healed += 1,
            error => is_unavailable(&error),
        }
    }
    assert!(healed >= 2, "{healed}");
    home.store.ping().await.unwrap();
}

#[tokio::test]
async fn a_missing_directory_makes_sqlite_unavailable() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(dir.path().join("missing/duyet.sqlite3"));
    is_unavailable(&store.migrate().await);
    is_unavailable(&store.ping().await);
    is_unavailable(&store.find_comment(&site(), submission(1).comment.id).await);
}

#[tokio::test]
async fn comments_stored_by_sqlite_remain_after_a_restart() {
    let home = Home::sqlite().await;
    let one = submission(1);
    home.store_all(std::slice::from_ref(&one)).await;
    home.store.close().await;
    let again = SqliteStore::open(home.file().unwrap());
    again.migrate().await.unwrap();
    assert_eq!(again.find_comment(&site(), one.comment.id).await.unwrap(), Some(one.comment));
}
