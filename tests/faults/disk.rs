//! P5 and E2–E4: disks that are full, files that are locked or read-only. Small disks are tmpfs, which takes root to mount.

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

/// A file system of its own, unmounted in the end.
struct SmallDisk(TempDir);

impl SmallDisk {
    /// `None` where mounting is not allowed.
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

    /// Takes all space that is left.
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

/// Submits until the service says that it cannot store; answers all that was sent.
async fn submit_until_full(portal: &mut Portal) -> Vec<Sent> {
    let (mut sent, began) = (Vec::new(), Instant::now());
    loop {
        assert!(began.elapsed() < Duration::from_secs(60), "it never said that the disk is full");
        let content = format!("Bình luận {} {}", sent.len(), "dài ".repeat(500).trim_end());
        let Some(form) = form(portal, "bai", &content).await else { continue };
        let asked = Instant::now();
        let told = known(portal.comments.submit_comment(form.clone()).await);
        let full = !matches!(told, Known::Stored(_));
        if full {
            assert_eq!(told, Known::Open(Code::Unavailable, "STORAGE_UNAVAILABLE".into()));
        }
        sent.push(Sent { form, known: told, asked, took: asked.elapsed() });
        if full {
            return sent;
        }
    }
}

/// The time until `/readyz` answers with a status. Meanwhile readers submit, as on any site.
async fn until_readiness(daemon: &Daemon, status: &str) -> Duration {
    let (mut portal, began) = (daemon.portal(), Instant::now());
    while !daemon.http("/readyz").starts_with(&format!("HTTP/1.1 {status}")) {
        assert!(began.elapsed() < Duration::from_secs(60), "/readyz never answers {status}");
        if let Some(form) = form(&mut portal, "bai-khac", "Có chỗ không?").await {
            portal.comments.submit_comment(form).await.ok();
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    began.elapsed()
}

/// Full: writes are turned away, reads go on. Room again: it stores without a restart.
async fn full_and_room_again(report: &mut Report, daemon: &Daemon, disk: &SmallDisk) {
    let mut portal = daemon.portal();
    let mut sent = Vec::new();
    let first = form(&mut portal, "bai", "Câu đầu").await.unwrap();
    let asked = Instant::now();
    let told = known(portal.comments.submit_comment(first.clone()).await);
    sent.push(Sent { form: first, known: told, asked, took: asked.elapsed() });
    let filler = disk.fill();
    sent.extend(submit_until_full(&mut portal).await);
    portal.list("bai").await;
    assert_ne!(daemon.desk().queue().await.total, 0, "the queue can be read");
    let full = until_readiness(daemon, "503").await;
    report.ms("not_ready_after_the_disk_is_full", full);
    report.goal("not ready <= 10 s after the disk is full", full <= Duration::from_secs(10));
    time_until_serving(daemon.grpc_addr, ServingStatus::NotServing).await;
    assert!(daemon.http("/metrics").contains("duyet_store_up 0"), "the metric follows writes");
    std::fs::remove_file(filler).unwrap();
    let room = until_readiness(daemon, "200").await;
    report.ms("ready_after_there_is_room", room);
    report.goal("ready <= 5 s after there is room", room <= Duration::from_secs(5));
    time_until_serving(daemon.grpc_addr, ServingStatus::Serving).await;
    let began = Instant::now();
    settle(report, &portal, &daemon.desk(), &sent).await;
    report.ms("all_settled_after_there_is_room", began.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p5_a_full_disk_under_postgres_turns_writes_away_and_heals() {
    scenario("P5", "PostgreSQL's disk is full, and has room again", async |report| {
        let Some(disk) = SmallDisk::mount("200m") else { return skip(report, "mounting a small disk takes root") };
        let home = tempfile::tempdir_in(disk.path()).unwrap();
        let postgres = Postgres::start_with(
            home,
            &["max_wal_size=32MB", "min_wal_size=32MB", "wal_recycle=off", "checkpoint_timeout=30s"],
        );
        let stage = Stage::over(&postgres.url());
        let daemon = stage.daemon();
        full_and_room_again(report, &daemon, &disk).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn e2_a_full_disk_under_sqlite_turns_writes_away_and_heals() {
    scenario("E2", "the data directory's disk is full, and has room again", async |report| {
        let Some(disk) = SmallDisk::mount("24m") else { return skip(report, "mounting a small disk takes root") };
        let stage = Stage::over("");
        let data = disk.path().join("data");
        std::fs::create_dir(&data).unwrap();
        let daemon = stage.daemon_in(&data);
        full_and_room_again(report, &daemon, &disk).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn e3_a_locked_file_is_waited_for_and_then_told() {
    scenario("E3", "another process holds the SQLite file's write lock", async |report| {
        let stage = Stage::over("");
        let daemon = stage.daemon();
        let load = Load::begin(&[daemon.portal()], 4, Duration::from_millis(5));
        load.until_stored(20).await;
        let file = format!("sqlite:{}", stage.dir.path().join("duyet.sqlite3").display());
        let mut other = SqliteConnection::connect(&file).await.unwrap();
        sqlx::raw_sql("begin immediate").execute(&mut other).await.unwrap();
        // Each caller waits in vain twice, which is longer than the store waits for the lock.
        load.until_left_open(8).await;
        // Readers go on: a write lock is none of theirs.
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
async fn e4_a_read_only_disk_is_told_at_the_start_and_harms_nothing() {
    scenario("E4", "duyetd starts on a disk that became read-only", async |report| {
        let Some(disk) = SmallDisk::mount("64m") else { return skip(report, "mounting a small disk takes root") };
        let stage = Stage::over("");
        let data = disk.path().join("data");
        std::fs::create_dir(&data).unwrap();
        let mut daemon = stage.daemon_in(&data);
        let id = daemon.portal().say("bai", "Câu đầu").await.comment_id;
        daemon.kill9();
        disk.remount("ro");
        let mut failing = stage.command_in(&data);
        let output = tokio::task::block_in_place(|| failing.output().unwrap());
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && told.to_lowercase().contains("read-only"), "{told}");
        disk.remount("rw");
        let daemon = stage.daemon_in(&data);
        let request = v1::GetCaseRequest { comment_id: id };
        daemon.desk().moderation.get_case(request).await.unwrap();
        report.count("comments_kept", 1);
    })
    .await;
}
