//! A private PostgreSQL, for tests that break it.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool};
use tempfile::TempDir;

use super::process::{Process, free_port, is_root, wait_until};

/// A cluster on a loopback port. It is durable: acknowledged commits survive [`Postgres::kill9`].
pub(crate) struct Postgres {
    home: TempDir,
    port: u16,
    /// `None` while stopped.
    server: Option<Process>,
    settings: Vec<String>,
}

impl Postgres {
    /// Creates a cluster and waits until it responds.
    pub(crate) fn start() -> Self {
        Self::start_with(tempfile::tempdir().unwrap(), &[])
    }

    /// Creates a cluster in a given directory, with settings of the form `name=value`.
    pub(crate) fn start_with(home: TempDir, settings: &[&str]) -> Self {
        let mut postgres = Self::in_home(home, settings);
        let mut initdb = postgres.command("initdb");
        initdb.arg("--pgdata").arg(postgres.data());
        initdb.args(["--username=tests", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]);
        let output = initdb.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        postgres.restart();
        postgres
    }

    fn in_home(home: TempDir, settings: &[&str]) -> Self {
        if is_root() {
            assert!(Command::new("chown").arg("postgres").arg(home.path()).status().unwrap().success());
        }
        let settings = settings.iter().map(|one| (*one).to_owned()).collect();
        Self { home, port: free_port(), server: None, settings }
    }

    /// Creates a standby that streams from this cluster through a port that leads to it, under the name `standby`.
    pub(crate) fn standby_through(port: u16) -> Self {
        let mut standby = Self::in_home(tempfile::tempdir().unwrap(), &[]);
        let mut copy = standby.command("pg_basebackup");
        copy.args([
            "-h",
            "127.0.0.1",
            "-p",
            &port.to_string(),
            "-U",
            "tests",
            "-X",
            "stream",
            "-c",
            "fast",
            "-R",
            "-D",
        ]);
        let output = copy.arg(standby.data()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        standby.settings = vec!["cluster_name=standby".into()];
        standby.restart();
        standby
    }

    /// Creates a role that needs a password.
    pub(crate) async fn guard(&self, role: &str) {
        let file = self.data().join("pg_hba.conf");
        let rules = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, format!("host all {role} 127.0.0.1/32 scram-sha-256\n{rules}")).unwrap();
        let pool = PgPool::connect(&self.url()).await.unwrap();
        let make = format!("create role {role} login password 'mat-khau-dung'; select pg_reload_conf()");
        sqlx::raw_sql(AssertSqlSafe(make)).execute(&pool).await.unwrap();
        let without_password = self.url().replace("tests@", &format!("{role}@"));
        while PgConnection::connect(&without_password).await.is_ok() {
            tokio::task::yield_now().await;
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Returns the log of a server that was started with `logging_collector=on` and `log_filename=server.log`.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.data().join("log/server.log")).unwrap()
    }

    /// Returns the cluster's URL, also while it is stopped.
    pub(crate) fn url(&self) -> String {
        format!("postgres://tests@127.0.0.1:{}/postgres", self.port)
    }

    /// Stops the cluster as an operator would: sessions are terminated, and no data is lost.
    pub(crate) fn stop(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.signal("INT");
            server.wait();
        }
    }

    /// Kills all its processes at once, as a power failure would.
    pub(crate) fn kill9(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.signal_tree("KILL");
            server.wait();
        }
    }

    /// Freezes all its processes.
    pub(crate) fn pause(&self) {
        self.server.as_ref().unwrap().signal_tree("STOP");
    }

    /// Resumes the processes that [`Postgres::pause`] froze.
    pub(crate) fn resume(&self) {
        self.server.as_ref().unwrap().signal_tree("CONT");
    }

    /// Starts the cluster again on the same port and waits until it responds.
    pub(crate) fn restart(&mut self) {
        self.stop();
        let mut command = self.command("postgres");
        command.arg("-D").arg(self.data()).arg("-p").arg(self.port.to_string());
        command.args(["-c", "listen_addresses=127.0.0.1", "-c", "jit=off"]);
        command.arg("-c").arg(format!("unix_socket_directories={}", self.home.path().display()));
        for setting in &self.settings {
            command.arg("-c").arg(setting);
        }
        let mut server = Process::spawn(command);
        wait_until("PostgreSQL answers", || {
            assert!(!server.has_ended(), "PostgreSQL ended");
            let mut ready = Command::new(binaries().join("pg_isready"));
            ready.arg("-q").arg("-h").arg(self.home.path()).arg("-p").arg(self.port.to_string());
            ready.status().unwrap().success()
        });
        self.server = Some(server);
    }

    fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    fn command(&self, program: &str) -> Command {
        let program = binaries().join(program);
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir(self.home.path());
        command
    }
}

/// Returns the directory of the newest binaries, which Debian does not put in the path.
fn binaries() -> PathBuf {
    let installed = Path::new("/usr/lib/postgresql").read_dir().into_iter().flatten().flatten();
    let newest = installed.max_by_key(|version| version.file_name().to_string_lossy().parse::<u32>().unwrap_or(0));
    newest.expect("PostgreSQL is not installed: run tests/run").path().join("bin")
}
