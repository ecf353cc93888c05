//! Scenarios P1, P2, P4 and P6: PostgreSQL crashes, fails over, runs out of connections, and rejects transactions.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use duyet_proto::v1;
use sqlx::{AssertSqlSafe, PgPool};
use tokio::task::JoinSet;
use tonic::Code;
use tonic_health::pb::health_check_response::ServingStatus;

use super::{
    load::{Known, Load, Sent, bounded, form, known, settle},
    scenario::{Report, percentile, scenario, whole_or},
    stage::{Stage, time_until_serving},
};
use crate::support::{
    daemon::Daemon,
    newsroom::{empty_database_url, reason},
    postgres::Postgres,
    proxy::{Proxy, Trouble},
};

/// Checks that every submit was stored or failed as unavailable. No other result is allowed while the database fails.
pub(super) fn assert_only_unavailable(sent: &[Sent]) {
    for one in sent {
        match &one.known {
            // A client reports CANCELLED when its own deadline passes.
            Known::Stored(_) | Known::Open(Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled, _) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p1_a_postgres_crash_loses_no_comment_and_submits_resume_within_2_s() {
    scenario("P1", "kill -9 of all of PostgreSQL under load, and restart", async |report| {
        let mut postgres = Postgres::start();
        let stage = Stage::over(&postgres.url());
        let daemon = stage.daemon();
        let (rounds, mut slowest, mut all) = (whole_or(10, 2), Duration::ZERO, Vec::new());
        for _ in 0..rounds {
            let load = Load::begin(&[daemon.portal()], 8, Duration::from_millis(2));
            load.until_stored(50).await;
            postgres.kill9();
            tokio::time::sleep(Duration::from_millis(300)).await;
            tokio::task::block_in_place(|| postgres.restart());
            let (answers, before) = (Instant::now(), load.stored());
            load.until_stored(before + 1).await;
            slowest = slowest.max(answers.elapsed());
            all.extend(load.end().await);
        }
        assert_only_unavailable(&all);
        settle(report, &daemon.portal(), &daemon.desk(), &all).await;
        report.count("rounds", rounds);
        report.ms("stored_again_after_postgres_accepts", slowest);
        report.goal("OK again <= 2 s after PostgreSQL accepts", slowest <= Duration::from_secs(2));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p2_a_failover_to_a_synchronous_standby_loses_no_comment() {
    scenario("P2", "replication stalled for 1 s, primary killed, standby promoted", async |report| {
        let (lost_async, _) = fail_over(report, "local").await;
        report.count("acknowledged_lost_with_an_asynchronous_standby", lost_async);
        let (lost, promoted) = fail_over(report, "on").await;
        report.count("acknowledged_lost", lost);
        report.ms("next_submit_stored_after_promotion", promoted);
        assert_eq!(lost, 0, "a commit that the synchronous standby had confirmed was lost");
        assert!(lost_async > 0, "the standby did not lag, so this run proves nothing");
    })
    .await;
}

/// Returns the number of acknowledged comments that the promoted standby lacks, and the time until one was stored
/// there.
async fn fail_over(report: &mut Report, synchronous_commit: &str) -> (usize, Duration) {
    let mut primary = Postgres::start();
    let admin = PgPool::connect(&primary.url()).await.unwrap();
    let replication = Proxy::start(primary.port()).await;
    let standby = tokio::task::block_in_place(|| Postgres::standby_through(replication.addr.port()));
    for setting in
        [format!("synchronous_commit = '{synchronous_commit}'"), "synchronous_standby_names = 'standby'".to_owned()]
    {
        sqlx::raw_sql(AssertSqlSafe(format!("alter system set {setting}"))).execute(&admin).await.unwrap();
    }
    sqlx::raw_sql("select pg_reload_conf()").execute(&admin).await.unwrap();
    // The service connects through a proxy, which is redirected as a virtual address would be.
    let proxy = Proxy::start(primary.port()).await;
    let stage = Stage::over(&format!("postgres://tests@{}/postgres", proxy.addr));
    let daemon = stage.daemon();
    let load = Load::begin(&[daemon.portal()], 8, Duration::from_millis(1));
    load.until_stored(60).await;
    let before = load.stored();
    // A black hole loses data in transit. A frozen walreceiver would still find that data in its socket later.
    replication.make(Trouble::BlackHole);
    tokio::time::sleep(Duration::from_secs(1)).await;
    if synchronous_commit != "on" {
        load.until_stored(before + 1).await;
    }
    let meanwhile = load.stored() - before;
    replication.make(Trouble::Reset);
    primary.kill9();
    let there = PgPool::connect(&standby.url()).await.unwrap();
    sqlx::raw_sql("select pg_promote()").execute(&there).await.unwrap();
    proxy.turn_to(standby.port());
    let (promoted, before) = (Instant::now(), load.stored());
    load.until_stored(before + 1).await;
    let took = promoted.elapsed();
    let sent = load.end().await;
    time_until_serving(daemon.grpc_addr, ServingStatus::Serving).await;
    if synchronous_commit == "on" {
        report.count("acknowledged_while_the_standby_stalled", meanwhile);
        settle(report, &daemon.portal(), &daemon.desk(), &sent).await;
        return (0, took);
    }
    let kept: Vec<String> = sqlx::query_scalar("select content from comments").fetch_all(&there).await.unwrap();
    let kept: std::collections::HashSet<String> = kept.into_iter().collect();
    let lost = |one: &&Sent| matches!(one.known, Known::Stored(_)) && !kept.contains(&one.form.content);
    (sent.iter().filter(lost).count(), took)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_readers_that_exhaust_the_connections_do_not_delay_moderators() {
    scenario("P4", "every connection that portals may have waits for a lock", async |report| {
        let url = empty_database_url().await;
        let stage = Stage::over(&url);
        let daemon = stage.daemon();
        let (mut portal, mut desk) = (daemon.portal(), daemon.desk());
        portal.say("bai", "Câu đầu").await;
        let pool = PgPool::connect(&url).await.unwrap();
        let mut lock = pool.begin().await.unwrap();
        sqlx::raw_sql("lock table articles in access exclusive mode").execute(&mut *lock).await.unwrap();
        let mut readers = JoinSet::new();
        for _ in 0..whole_or(400, 60) {
            let mut portal = portal.clone();
            readers.spawn(async move {
                let request = v1::ListCommentsRequest { article_id: "bai".into(), ..Default::default() };
                portal.comments.list_comments(bounded(request, Duration::from_secs(2))).await
            });
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        let mut waits = Vec::new();
        for _ in 0..whole_or(200, 40) {
            let asked = Instant::now();
            desk.moderation.list_audit(v1::ListAuditRequest::default()).await.unwrap();
            waits.push(asked.elapsed());
        }
        let mut answers = std::collections::BTreeMap::<String, usize>::new();
        for answer in readers.join_all().await {
            let said = answer.map_or_else(|status| format!("{:?} {}", status.code(), reason(&status)), |_| "OK".into());
            *answers.entry(said).or_default() += 1;
        }
        println!("P4: readers got these responses: {answers:?}");
        let fine = [
            "Unavailable STORAGE_UNAVAILABLE",
            "Unavailable OVERLOADED",
            "DeadlineExceeded DEADLINE",
            "Cancelled ",
            "DeadlineExceeded ",
        ];
        assert!(answers.keys().all(|said| fine.contains(&said.as_str())), "{answers:?}");
        lock.rollback().await.unwrap();
        portal.list("bai").await;
        report.count("readers_denied", answers.values().sum());
        report.count("moderators_calls", waits.len());
        report.ms("moderators_p99", percentile(&waits, 99));
        report.goal("moderators wait p99 < 50 ms", percentile(&waits, 99) < Duration::from_millis(50));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p6_transactions_that_postgres_rejects_are_retried_or_fail_as_unavailable() {
    scenario("P6", "read-only, sessions terminated repeatedly, locks held, under load", async |report| {
        let url = empty_database_url().await;
        let stage = Stage::over(&url);
        let daemon = stage.daemon();
        let pool = Arc::new(PgPool::connect(&url).await.unwrap());
        let load = Load::begin(&[daemon.portal()], 8, Duration::from_millis(2));
        load.until_stored(40).await;
        for _ in 0..whole_or(200, 30) {
            let end = "select pg_terminate_backend(pid) from pg_stat_activity
                where datname = current_database() and application_name = 'duyet'";
            sqlx::raw_sql(end).execute(&*pool).await.unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let before = load.stored();
        load.until_stored(before + 10).await;
        // If a lock is not released, a submit waits for it until `lock_timeout`.
        let mut lock = pool.begin().await.unwrap();
        sqlx::raw_sql("lock table comments in exclusive mode").execute(&mut *lock).await.unwrap();
        tokio::time::sleep(Duration::from_secs(2)).await;
        lock.rollback().await.unwrap();
        let before = load.stored();
        load.until_stored(before + 10).await;
        let read_only = |value| {
            AssertSqlSafe(format!(
                "do $$ begin execute format('alter database %I set default_transaction_read_only = {value}', current_database()); end $$;"
            ))
        };
        let end = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'duyet'";
        sqlx::raw_sql(read_only("on")).execute(&*pool).await.unwrap();
        sqlx::raw_sql(end).execute(&*pool).await.unwrap();
        assert_only_reads(&daemon).await;
        let undo = "do $$ begin execute format('alter database %I reset default_transaction_read_only', current_database()); end $$;";
        let admin = PgPool::connect_with(crate::support::home::cluster()).await.unwrap();
        let name = url.rsplit('/').next().unwrap().split('?').next().unwrap();
        sqlx::raw_sql(AssertSqlSafe(undo.replace("current_database()", &format!("'{name}'")))).execute(&admin).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(end.replace("current_database()", &format!("'{name}'")))).execute(&admin).await.unwrap();
        let before = load.stored();
        load.until_stored(before + 10).await;
        let sent = load.end().await;
        assert_only_unavailable(&sent);
        settle(report, &daemon.portal(), &daemon.desk(), &sent).await;
    })
    .await;
}

/// Checks that submits fail as unavailable because the database is read-only, and that lists work. A session that was
/// just terminated fails with the same status, so the log must name the read-only transaction.
async fn assert_only_reads(daemon: &Daemon) {
    let (mut portal, began) = (daemon.portal(), Instant::now());
    let unavailable = Known::Open(Code::Unavailable, "STORAGE_UNAVAILABLE".into());
    loop {
        assert!(began.elapsed() < Duration::from_secs(30), "the database still accepts writes");
        let Some(form) = form(&mut portal, "bai", "Khi chỉ đọc").await else { continue };
        match known(portal.comments.submit_comment(form).await) {
            // This session had not been terminated yet, so it could still write.
            Known::Stored(_) => continue,
            answer => assert_eq!(answer, unavailable),
        }
        if daemon.log().contains("read-only transaction") {
            break;
        }
    }
    let request = v1::ListCommentsRequest { article_id: "bai".into(), page_size: 100, ..Default::default() };
    while let Err(status) = portal.comments.list_comments(request.clone()).await {
        assert_eq!((status.code(), reason(&status).as_str()), (Code::Unavailable, "STORAGE_UNAVAILABLE"));
        assert!(began.elapsed() < Duration::from_secs(30), "no list call succeeds");
    }
}
