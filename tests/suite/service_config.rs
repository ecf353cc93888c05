//! The retry settings of docs/integrate.md with a stock gRPC client: a restart of the only server fails no call.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::Value;

use crate::support::{daemon::Daemon, process::free_port};

/// Number of callers that share one channel.
const CALLERS: &str = "10";

fn documented() -> Value {
    let text = include_str!("../../docs/integrate.md");
    let (_, after) = text.split_once("the gRPC service config").expect("the page has a service config");
    let json = after.split("```json").nth(1).and_then(|rest| rest.split("```").next()).expect("a JSON block");
    serde_json::from_str(json).expect("JSON")
}

struct Callers {
    child: Child,
    stdin: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

/// Ends the callers, also if the test fails.
impl Drop for Callers {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Callers {
    fn start(addr: &str, token: &str, config: &Value) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/retrying.py");
        let mut child = Command::new("python3")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PYTHONPATH", std::env::var_os("DUYET_TEST_PYTHON_MODULES").expect("tests/run installs grpcio"))
            .args([script, addr, token, CALLERS])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        writeln!(stdin, "{config}").unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, stdin: Some(stdin), output }
    }

    /// Waits until every caller has been served again.
    fn are_served(&mut self) {
        writeln!(self.stdin.as_mut().unwrap(), "go on").unwrap();
        assert_eq!(self.line(), "well");
    }

    /// Ends the callers, and returns the numbers of successful and failed calls, and the errors.
    fn end(mut self) -> (usize, usize, String) {
        drop(self.stdin.take());
        let line = self.line();
        assert!(self.child.wait().unwrap().success());
        let mut parts = line.splitn(3, ' ');
        let mut count = || parts.next().unwrap().parse().unwrap();
        (count(), count(), parts.next().unwrap().to_owned())
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line.trim().to_owned()
    }
}

#[test]
fn a_restart_fails_no_call_of_a_client_with_the_documented_service_config() {
    let mut config = documented();
    // The test is not about how long a start takes on a busy machine.
    config["methodConfig"][0]["timeout"] = Value::from("60s");
    let dir = tempfile::tempdir().unwrap();
    let addr = format!("127.0.0.1:{}", free_port());
    let environment = [("DUYET_GRPC_ADDR", addr.as_str()), ("DUYET_GRPC_DRAIN_NOTICE_MS", "100")];
    let mut daemon = Daemon::start(dir.path(), &environment);
    let mut callers = Callers::start(&addr, &daemon.token("portal"), &config);
    callers.are_served();
    for _ in 0..2 {
        daemon.terminate();
        assert_eq!(daemon.ended().code(), Some(0));
        daemon = Daemon::start(dir.path(), &environment);
        callers.are_served();
    }
    let (good, failed, why) = callers.end();
    assert_eq!(failed, 0, "of {good} calls: {why}");
}
