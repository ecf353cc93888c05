//! Scenarios P5 and E2 to E4: disks that are full, and files that are locked or read-only. The small disks are tmpfs
//! mounts, which need root.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use duyet_proto::v1;
use sqlx::{Connection as _, SqliteConnection};
use tempfile::TempDir;
use tonic::Code;
use tonic_health::pb::health_check_response::ServingStatus;

use super::{
    load::{Known, Load, Sent, form, known, settle},
    scenario::{Report, scenario, skip},
    stage::{Stage, time_until_serving},
};
use crate::support::{daemon::Daemon, newsroom::Portal, postgres::Postgres};

/// A temporary file system of its own, unmounted when dropped.
struct SmallDisk(TempDir);

impl SmallDisk {
    /// Mounts a file system. Returns `None` where mounting is not permitted.
    fn mount(size: &str) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size},mode=0777"), "tmpfs"]).arg(dir.path());
        mount.output().is_ok_and(|output| output.status.success()).then_some(Self(dir))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn remount(&self, mode: &str) {
        let options = format!("remount,{mode}");
        let status = Command::new("mount").args(["-o", &options]).arg(self.path()).status().unwrap();
        assert!(status.success(), "{mode}");
    }

    /// Fills the rest of the space.
    fn fill(&self) -> PathBuf {
        use std::io::Write as _;
        let path = self.path().join("filler");
        let mut file = std::fs::File::create(&path).unwrap();
        let block = vec![7; 64 * 1024];
        while file.write_all(&block).is_ok() {}
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

/// Submits until the service reports that the storage is unavailable.
async fn submit_until_full(portal: &mut Portal) -> Vec<Sent> {
    let (mut sent, began) = (Vec::new(), Instant::now());
    loop {
        assert!(began.elapsed() < Duration::from_secs(60), "no submit failed although the disk is full");
        let content = format!("Bình luận {} {}", sent.len(), "dài ".repeat(500).trim_end());
        let Some(form) = form(portal, "bai", &content).await else { continue };
        let asked = Instant::now();
        let answer = known(portal.comments.submit_comment(form.clone()).await);
        let full = !matches!(answer, Known::Stored(_));
        if full {
            assert_eq!(answer, Known::Open(Code::Unavailable, "STORAGE_UNAVAILABLE".into()));
        }
        sent.push(Sent { form, known: answer, asked, took: asked.elapsed() });
        if full {
            return sent;
        }
    }
}

/// Measures the time until `/readyz` responds with a status. Readers keep submitting meanwhile, because the server
/// becomes not ready only when writes fail.
async fn until_readiness(daemon: &Daemon, status: &str) -> Duration {
    let (mut portal, began) = (daemon.portal(), Instant::now());
    while !daemon.http("/readyz").starts_with(&format!("HTTP/1.1 {status}")) {
        assert!(began.elapsed() < Duration::from_secs(60), "/readyz never responded with {status}");
        if let Some(form) = form(&mut portal, "bai-khac", "Có chỗ không?").await {
            portal.comments.submit_comment(form).await.ok();
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    began.elapsed()
}

/// Checks that on a full disk writes are rejected and reads work, and that writes work again without a restart once
/// there is space.
async fn fill_and_free(report: &mut Report, daemon: &Daemon, disk: &SmallDisk) {
    let mut portal = daemon.portal();
    let mut sent = Vec::new();
    let first = form(&mut portal, "bai", "Câu đầu").await.unwrap();
    let asked = Instant::now();
    let answer = known(portal.comments.submit_comment(first.clone()).await);
    sent.push(Sent { form: first, known: answer, asked, took: asked.elapsed() });
    let filler = disk.fill();
    sent.extend(submit_until_full(&mut portal).await);
    portal.list("bai").await;
    assert_ne!(daemon.desk().queue().await.total, 0, "the queue can be read");
    let full = until_readiness(daemon, "503").await;
    report.ms("not_ready_after_the_disk_is_full", full);
    report.goal("not ready <= 10 s after the disk is full", full <= Duration::from_secs(10));
    time_until_serving(daemon.grpc_addr, ServingStatus::NotServing).await;
    assert!(daemon.http("/metrics").contains("duyet_store_up 0"), "the metric must show that writes fail");
    std::fs::remove_file(filler).unwrap();
    let room = until_readiness(daemon, "200").await;
    report.ms("ready_after_space_is_freed", room);
    report.goal("ready <= 5 s after space is freed", room <= Duration::from_secs(5));
    time_until_serving(daemon.grpc_addr, ServingStatus::Serving).await;
    let began = Instant::now();
    settle(report, &portal, &daemon.desk(), &sent).await;
    report.ms("all_settled_after_space_is_freed", began.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p5_writes_fail_while_postgres_has_a_full_disk_and_recover() {
    scenario("P5", "PostgreSQL's disk is full, then space is freed", async |report| {
        let Some(disk) = SmallDisk::mount("200m") else { return skip(report, "mounting a small disk requires root") };
        let home = tempfile::tempdir_in(disk.path()).unwrap();
        let postgres = Postgres::start_with(
            home,
            &["max_wal_size=32MB", "min_wal_size=32MB", "wal_recycle=off", "checkpoint_timeout=30s"],
        );
        let stage = Stage::over(&postgres.url());
        let daemon = stage.daemon();
        fill_and_free(report, &daemon, &disk).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn e2_writes_fail_while_sqlite_has_a_full_disk_and_recover() {
    scenario("E2", "the data directory's disk is full, then space is freed", async |report| {
        let Some(disk) = SmallDisk::mount("24m") else { return skip(report, "mounting a small disk requires root") };
        let stage = Stage::over("");
        let data = disk.path().join("data");
        std::fs::create_dir(&data).unwrap();
        let daemon = stage.daemon_in(&data);
        fill_and_free(report, &daemon, &disk).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn e3_submits_wait_for_a_locked_file_and_then_fail_as_unavailable() {
    scenario("E3", "another process holds the SQLite file's write lock", async |report| {
        let stage = Stage::over("");
        let daemon = stage.daemon();
        let load = Load::begin(&[daemon.portal()], 4, Duration::from_millis(5));
        load.until_stored(20).await;
        let file = format!("sqlite:{}", stage.dir.path().join("duyet.sqlite3").display());
        let mut other = SqliteConnection::connect(&file).await.unwrap();
        sqlx::raw_sql("begin immediate").execute(&mut other).await.unwrap();
        // Waits for eight submits without a definite result, two for each caller. That takes longer than the store
        // waits for the lock.
        load.until_left_open(8).await;
        // Reads do not need the write lock.
        daemon.portal().list("bai").await;
        sqlx::raw_sql("rollback").execute(&mut other).await.unwrap();
        let (given_back, before) = (Instant::now(), load.stored());
        load.until_stored(before + 1).await;
        let healed = given_back.elapsed();
        let sent = load.end().await;
        settle(report, &daemon.portal(), &daemon.desk(), &sent).await;
        report.ms("stored_again_after_the_lock_is_free", healed);
        report.goal("OK again <= 1 s after the lock is free", healed <= Duration::from_secs(1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn e4_a_start_on_a_read_only_disk_fails_with_a_clear_error() {
    scenario("E4", "duyetd starts on a disk that became read-only", async |report| {
        let Some(disk) = SmallDisk::mount("64m") else { return skip(report, "mounting a small disk requires root") };
        let stage = Stage::over("");
        let data = disk.path().join("data");
        std::fs::create_dir(&data).unwrap();
        let mut daemon = stage.daemon_in(&data);
        let id = daemon.portal().say("bai", "Câu đầu").await.comment_id;
        daemon.kill9();
        disk.remount("ro");
        let mut failing = stage.command_in(&data);
        let output = tokio::task::block_in_place(|| failing.output().unwrap());
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && stderr.to_lowercase().contains("read-only"), "{stderr}");
        disk.remount("rw");
        let daemon = stage.daemon_in(&data);
        let request = v1::GetCaseRequest { comment_id: id };
        daemon.desk().moderation.get_case(request).await.unwrap();
        let kept = daemon.desk().queue().await.cases.len();
        report.count("comments_kept", kept);
        assert_eq!(kept, 1);
    })
    .await;
}
