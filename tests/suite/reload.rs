//! Tests of changes of the configuration file while the server runs.

#![cfg(test)] // so that helpers may unwrap, as tests may

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use duyet_proto::v1;

use crate::support::{
    daemon::{Daemon, duyetd},
    newsroom::{Portal, reason},
    process::wait_until,
};

/// A running server and its configuration file.
struct Office {
    daemon: Daemon,
    file: PathBuf,
    _dir: tempfile::TempDir,
}

impl Office {
    fn open(toml: &str, environment: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("duyet.toml");
        std::fs::write(&file, toml).unwrap();
        let config = [("DUYET_CONFIG", file.to_str().unwrap())];
        let daemon = Daemon::start(dir.path(), &[&config, environment].concat());
        Self { daemon, file, _dir: dir }
    }

    /// Replaces the file atomically, as an editor or a configuration manager does.
    fn write(&self, toml: &str) {
        replace(&self.file, toml);
    }

    fn shows(&self, line: &str) -> bool {
        shows(&self.daemon, line)
    }

    fn wait_for(&self, outcome: &str, times: u32) {
        wait_for(&self.daemon, outcome, times);
    }
}

fn shows(daemon: &Daemon, line: &str) -> bool {
    daemon.http("/metrics").lines().any(|one| one == line)
}

fn wait_for(daemon: &Daemon, outcome: &str, times: u32) {
    let line = format!("duyet_config_reloads_total{{outcome=\"{outcome}\"}} {times}");
    wait_until(&line, || shows(daemon, &line));
}

fn replace(file: &Path, toml: &str) {
    let beside = file.with_extension("new");
    std::fs::write(&beside, toml).unwrap();
    std::fs::rename(beside, file).unwrap();
}

/// Submits `tries` times from one device and returns the number of accepted comments.
async fn taken(portal: &mut Portal, device_token: &str, tries: usize) -> usize {
    let mut taken = 0;
    for _ in 0..tries {
        let client = v1::ReaderContext { device_token: device_token.into(), ..Default::default() };
        let form = portal.form("bai", &uuid::Uuid::new_v4().to_string()).await;
        let form = v1::SubmitCommentRequest { client: Some(client), ..form };
        match portal.comments.submit_comment(form).await {
            Ok(_) => taken += 1,
            Err(status) => assert_eq!(reason(&status), "RATE_LIMITED"),
        }
    }
    taken
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_change_without_a_restart_and_a_bad_file_changes_nothing() {
    let office = Office::open("[limits]\nsubmits_per_device = \"2/24h\"\n", &[]);
    let mut portal = office.daemon.portal();
    let device = portal.challenge("bai").await.device_token;
    assert_eq!(taken(&mut portal, &device, 4).await, 2);
    assert!(office.shows("duyet_config_last_reload_successful 1"));

    office.write("[limits]\nsubmits_per_device = \"3/24h\"\n");
    office.wait_for("APPLIED", 1);
    assert_eq!(taken(&mut portal, &device, 5).await, 3, "a changed quota starts a new count");

    office.write("[limits]\nsubmits_per_device = \"plenty\"\n");
    office.wait_for("FAILED", 1);
    assert!(office.shows("duyet_config_last_reload_successful 0"));
    assert_eq!(taken(&mut portal, &device, 2).await, 0, "the last valid configuration is in force");
    let log = office.daemon.log();
    assert!(log.contains("duyet.toml") && log.contains("line 2") && log.contains("5/1m burst 3"), "{log}");

    office.write("[limits]\nsubmits_per_device = \"3/24h OFF\"\n");
    office.wait_for("APPLIED", 2);
    assert_eq!(taken(&mut portal, &device, 5).await, 5);
    assert!(office.shows("duyet_config_last_reload_successful 1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn unchanged_limits_keep_their_counts() {
    let office = Office::open("[limits]\nsubmits_per_device = \"2/24h\"\n", &[]);
    let mut portal = office.daemon.portal();
    let device = portal.challenge("bai").await.device_token;
    assert_eq!(taken(&mut portal, &device, 2).await, 2);
    office.write("[limits]\nsubmits_per_device = \"2/24h\"\nreports_per_device = \"9/1h\"\n");
    office.wait_for("APPLIED", 1);
    assert_eq!(taken(&mut portal, &device, 2).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn sighup_reloads_the_file_and_the_policy_changes() {
    let office = Office::open("", &[("DUYET_GRPC_REFLECTION", "true")]);
    let mut portal = office.daemon.portal();
    let outcome = |said: v1::SubmitCommentResponse| said.outcome();
    assert_eq!(outcome(portal.say("bai", "Chờ duyệt").await), v1::Outcome::Pending);
    // The environment takes precedence over the file, also after a reload.
    office.write("[policy]\nmode = \"POST\"\n[grpc]\nreflection = false\ndrain_notice_ms = 1\n");
    office.daemon.hang_up();
    wait_until("the file is reloaded", || office.daemon.log().contains("these settings need a restart"));
    let log = office.daemon.log();
    let warning = log.lines().find(|line| line.contains("need a restart")).unwrap();
    assert!(warning.contains("grpc.drain_notice_ms") && !warning.contains("grpc.reflection"), "{warning}");
    assert_eq!(outcome(portal.say("bai", "Đăng ngay").await), v1::Outcome::Published);
    assert!(log.lines().any(|line| line.contains("reloaded") && line.contains("policy.mode")), "{log}");
}

/// Kubernetes mounts a file as a symbolic link to another link, and replaces that second link.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_replaced_through_links_is_reloaded_and_named_in_errors() {
    let dir = tempfile::tempdir().unwrap();
    let publish = |version: &str, toml: &str| {
        std::fs::create_dir(dir.path().join(version)).unwrap();
        std::fs::write(dir.path().join(version).join("duyet.toml"), toml).unwrap();
        std::os::unix::fs::symlink(version, dir.path().join("next")).unwrap();
        std::fs::rename(dir.path().join("next"), dir.path().join("now")).unwrap();
    };
    publish("v1", "");
    let file = dir.path().join("duyet.toml");
    std::os::unix::fs::symlink("now/duyet.toml", &file).unwrap();
    let daemon = Daemon::start(dir.path(), &[("DUYET_CONFIG", file.to_str().unwrap())]);
    publish("v2", "[policy]\nmode = \"POST\"\n");
    wait_for(&daemon, "APPLIED", 1);
    let said = daemon.portal().say("bai", "Đăng ngay").await;
    assert_eq!(said.outcome(), v1::Outcome::Published);
    publish("v3", "[policy]\nlow = 0.9\nhigh = 0.3\n");
    wait_for(&daemon, "FAILED", 1);
    let log = daemon.log();
    let warning = log.lines().find(|line| line.contains("last valid one")).unwrap();
    assert!(warning.contains("duyet.toml") && warning.contains("policy.low"), "{warning}");
}

#[test]
fn sighup_does_not_end_a_start_that_waits_for_its_database() {
    let dir = tempfile::tempdir().unwrap();
    let keys = String::from_utf8(duyetd(dir.path()).args(["keys", "generate"]).output().unwrap().stdout).unwrap();
    let log = dir.path().join("log.jsonl");
    let mut start = duyetd(dir.path())
        .env("DUYET_GRPC_ADDR", "127.0.0.1:0")
        .env("DUYET_HTTP_ADDR", "127.0.0.1:0")
        .env("DUYET_KEYS", keys.trim())
        .env("DATABASE_URL", "postgres://unknown@127.0.0.1:1/none")
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(&log).unwrap())
        .spawn()
        .unwrap();
    wait_until("the start waits", || std::fs::read_to_string(&log).unwrap().contains("not available yet"));
    for signal in ["-HUP", "-TERM"] {
        assert!(Command::new("kill").args([signal, &start.id().to_string()]).status().unwrap().success());
    }
    assert!(start.wait().unwrap().success(), "SIGTERM ends it");
}

#[tokio::test(flavor = "multi_thread")]
async fn sighup_without_a_file_is_logged_and_ignored() {
    let dir = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(dir.path(), &[]);
    daemon.hang_up();
    wait_until("it is logged", || daemon.log().contains("no configuration file"));
    daemon.portal().say("bai", "Vẫn nhận").await;
}

#[tokio::test]
async fn changed_image_profiles_are_drawn_without_a_restart() {
    let office = Office::open("[captcha]\nprofiles = [\"STROKE\"]\n", &[]);
    let mut portal = office.daemon.portal();
    let drawn = |profile: &str| format!("duyet_captcha_images_total{{profile=\"{profile}\",level=\"NORMAL\"}} 3");
    for (n, profile) in ["STROKE", "OUTLINE", "BANDS"].into_iter().enumerate() {
        if n > 0 {
            office.write(&format!("[captcha]\nprofiles = [\"{profile}\"]\n"));
            office.wait_for("APPLIED", u32::try_from(n).unwrap());
        }
        for _ in 0..3 {
            portal.challenge("bai").await;
        }
        assert!(office.shows(&drawn(profile)), "{}", office.daemon.http("/metrics"));
    }
    office.write("[captcha]\nprofiles = []\n");
    office.wait_for("FAILED", 1);
}
