//! The sample portal as a process, and readers' browsers.

use std::{
    io::{BufRead as _, BufReader},
    net::{TcpListener, TcpStream},
    os::unix::process::CommandExt as _,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{newsroom::ANSWER, programs};

/// Long enough for a browser on a busy machine, short enough to detect a hang.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
const DRIVER: &str = "/usr/bin/chromedriver";

/// The sample portal with its embedded duyetd, in a directory of its own. It ends when it is dropped.
pub(crate) struct Site {
    child: Child,
    pub(crate) url: String,
    pub(crate) duyet: String,
    pub(crate) directory: TempDir,
}

impl Site {
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts it with additional environment variables.
    pub(crate) fn start_with(environment: &[(&str, &str)]) -> Self {
        let directory = TempDir::new().unwrap();
        let mut command = Command::new(programs::portal());
        for elsewhere in ["DATABASE_URL", "REDIS_URL", "DUYET_CONFIG", "DUYET_ADDR", "DUYET_KEYS", "DUYET_KEYS_FILE"] {
            command.env_remove(elsewhere);
        }
        let mut child = command
            .env("DUYET_DATA_DIR", directory.path())
            .envs([("PORTAL_ADDR", "127.0.0.1:0"), ("DUYET_GRPC_ADDR", "127.0.0.1:0")])
            .envs([("DUYET_HTTP_ADDR", "127.0.0.1:0"), ("DUYET_CAPTCHA_FIXED_ANSWER", ANSWER), ("DUYET_LOG", "error")])
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = lines_of(&mut child);
        let next = || lines.recv_timeout(PATIENCE).expect("the portal prints its addresses");
        let url = after(&next(), "Trang bài viết: ");
        let duyet = after(&next(), "DUYET_ADDR=");
        Self { child, url, duyet, directory }
    }

    /// Runs the moderators' client.
    pub(crate) fn moderate(&self, arguments: &[&str]) -> String {
        let output = Command::new(programs::duyet())
            .args(arguments)
            .env("DUYET_ADDR", &self.duyet)
            .env("DUYET_TOKEN_FILE", self.directory.path().join("moderator.token"))
            .env_remove("DUYET_TOKEN")
            .output()
            .unwrap();
        assert!(output.status.success(), "duyet {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    pub(crate) fn approve_the_comment(&self) {
        let queue: Value = serde_json::from_str(&self.moderate(&["queue", "--json"])).unwrap();
        assert_eq!(queue["cases"].as_array().map(Vec::len), Some(1), "{queue}");
        self.moderate(&["approve", queue["cases"][0]["comment"]["id"].as_str().unwrap()]);
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Reads lines in a thread, so that waiting for a line can time out.
fn lines_of(child: &mut Child) -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel();
    let stdout = BufReader::new(child.stdout.take().unwrap());
    thread::spawn(move || {
        for line in stdout.lines() {
            if line.is_err() || sender.send(line.unwrap()).is_err() {
                return;
            }
        }
    });
    lines
}

pub(crate) fn after(line: &str, mark: &str) -> String {
    let (_, rest) = line.split_once(mark).unwrap_or_else(|| panic!("no “{mark}” in “{line}”"));
    rest.split_whitespace().next().unwrap().to_owned()
}

/// A chromedriver on a port of its own. It leads a process group with its browsers, which all end when it is dropped.
pub(crate) struct Driver {
    child: Child,
    port: u16,
    profiles: Vec<TempDir>,
}

impl Driver {
    pub(crate) fn start() -> Self {
        assert!(PathBuf::from(DRIVER).exists(), "no {DRIVER}: run tests/run, it installs chromium-driver");
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new(DRIVER);
        command.arg(format!("--port={port}")).process_group(0).stdout(Stdio::null()).stderr(Stdio::null());
        let driver = Self { child: command.spawn().unwrap(), port, profiles: Vec::new() };
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(started.elapsed() < PATIENCE, "chromedriver does not start");
            thread::yield_now();
        }
        driver
    }

    /// Opens a browser with a profile of its own: another reader.
    pub(crate) async fn browser(&mut self) -> Client {
        let profile = TempDir::new().unwrap();
        let mut arguments: Vec<String> =
            ["headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "window-size=390,844"]
                .into_iter()
                .chain(["disable-background-networking", "disable-component-update", "disable-sync"])
                .map(|argument| format!("--{argument}"))
                .collect();
        arguments.push(format!("--user-data-dir={}", profile.path().display()));
        self.profiles.push(profile);
        let capabilities = json!({ "goog:chromeOptions": { "args": arguments } });
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(serde_json::from_value(capabilities).unwrap());
        builder.connect(&format!("http://127.0.0.1:{}", self.port)).await.expect("chromium starts")
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let group = format!("-{}", self.child.id());
        Command::new("kill").args(["-KILL", "--", &group]).status().unwrap();
        self.child.wait().unwrap();
    }
}

pub(crate) async fn see(browser: &Client, css: &str) -> fantoccini::elements::Element {
    let found = browser.wait().at_most(PATIENCE).for_element(Locator::Css(css)).await;
    found.unwrap_or_else(|error| panic!("waiting for {css}: {error}"))
}

pub(crate) async fn text(browser: &Client, css: &str) -> String {
    see(browser, css).await.text().await.unwrap()
}

pub(crate) async fn property(browser: &Client, css: &str, name: &str) -> String {
    see(browser, css).await.prop(name).await.unwrap().unwrap()
}

pub(crate) async fn fill(browser: &Client, css: &str, text: &str) {
    see(browser, css).await.send_keys(text).await.unwrap();
}

pub(crate) async fn click(browser: &Client, css: &str) {
    see(browser, css).await.click().await.unwrap();
}
