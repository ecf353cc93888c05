//! A private PgBouncer in transaction mode, as packaged by Debian.

use std::{path::Path, process::Command};

use tempfile::TempDir;

use super::process::{Process, free_port, is_root, wait_until};

/// A pooler on a loopback port in front of all databases of one cluster.
pub(crate) struct PgBouncer {
    port: u16,
    _server: Process,
    _home: TempDir,
}

impl PgBouncer {
    /// Starts it in front of the cluster at `postgres_port`, with additional lines of configuration.
    pub(crate) fn start(postgres_port: u16, more: &str) -> Self {
        let (home, port) = (tempfile::tempdir().unwrap(), free_port());
        let config = home.path().join("pgbouncer.ini");
        let text = format!(
            "[databases]\n* = host=127.0.0.1 port={postgres_port} user=tests\n[pgbouncer]\npool_mode = transaction\nauth_type = any\n\
             listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\ndefault_pool_size = 4\nmax_client_conn = 500\n{more}\n"
        );
        std::fs::write(&config, text).unwrap();
        let mut command = as_postgres(home.path(), "pgbouncer");
        command.arg(&config);
        let server = Process::spawn(command);
        wait_until("PgBouncer listens", || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
        Self { port, _server: server, _home: home }
    }

    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://tests@127.0.0.1:{}/{database}", self.port)
    }
}

/// PgBouncer does not run as root.
fn as_postgres(home: &Path, program: &str) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    assert!(Command::new("chown").args(["-R", "postgres"]).arg(home).status().unwrap().success());
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--init-groups", program]);
    command
}
