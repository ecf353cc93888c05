//! The sample portal in a real browser, and without one: form, captcha, approval by the moderators' client, page.

#![cfg(test)] // so that helpers may unwrap, as tests may

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use duyet::proto::v1::{BanEffect, BanSubject};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use unicode_normalization::UnicodeNormalization as _;

use crate::support::{newsroom::desk_at, readers::ban_of};

/// Long enough for a browser on a busy machine, short enough to tell a hang.
const PATIENCE: Duration = Duration::from_secs(30);
const ANSWER: &str = "KM7RT";
const DRIVER: &str = "/usr/bin/chromedriver";
const NAME: &str = "Nguyễn Thị Hằng";
const TITLE: &str = "Mừng cầu mới";
const CONTENT: &str = "Đường dẫn còn bụi, mong sớm trải nhựa.";

/// The example with its embedded duyetd, in a directory of its own. Ends with the value.
struct Portal {
    child: Child,
    url: String,
    duyet: String,
    directory: TempDir,
}

impl Portal {
    fn start() -> Self {
        let binary = Path::new(env!("CARGO_BIN_EXE_duyetd")).with_file_name("examples").join("portal");
        assert!(binary.exists(), "no {}: run `cargo build --example portal`", binary.display());
        let directory = TempDir::new().unwrap();
        let mut command = Command::new(binary);
        for elsewhere in ["DATABASE_URL", "REDIS_URL", "DUYET_CONFIG", "DUYET_ADDR", "DUYET_KEYS", "DUYET_KEYS_FILE"] {
            command.env_remove(elsewhere);
        }
        let mut child = command
            .env("DUYET_DATA_DIR", directory.path())
            .envs([("PORTAL_ADDR", "127.0.0.1:0"), ("DUYET_GRPC_ADDR", "127.0.0.1:0")])
            .envs([("DUYET_HTTP_ADDR", "127.0.0.1:0"), ("DUYET_CAPTCHA_FIXED_ANSWER", ANSWER), ("DUYET_LOG", "error")])
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
    fn moderate(&self, arguments: &[&str]) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_duyet"))
            .args(arguments)
            .env("DUYET_ADDR", &self.duyet)
            .env("DUYET_TOKEN_FILE", self.directory.path().join("moderator.token"))
            .env_remove("DUYET_TOKEN")
            .output()
            .unwrap();
        assert!(output.status.success(), "duyet {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Approves the only comment that waits.
    fn approve_the_comment(&self) {
        let queue: Value = serde_json::from_str(&self.moderate(&["queue", "--json"])).unwrap();
        assert_eq!(queue["cases"].as_array().map(Vec::len), Some(1), "{queue}");
        self.moderate(&["approve", queue["cases"][0]["comment"]["id"].as_str().unwrap()]);
    }
}

impl Drop for Portal {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// A thread reads, so that waiting for a line has a bound.
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

/// The word that follows `mark`.
fn after(line: &str, mark: &str) -> String {
    let (_, rest) = line.split_once(mark).unwrap_or_else(|| panic!("no “{mark}” in “{line}”"));
    rest.split_whitespace().next().unwrap().to_owned()
}

/// chromedriver on a port of its own. It leads a process group with its browsers, which all end with the value.
struct Driver {
    child: Child,
    port: u16,
    profiles: Vec<TempDir>,
}

impl Driver {
    fn start() -> Self {
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

    /// A browser with a profile of its own: another reader.
    async fn browser(&mut self) -> Client {
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

async fn see(browser: &Client, css: &str) -> fantoccini::elements::Element {
    let found = browser.wait().at_most(PATIENCE).for_element(Locator::Css(css)).await;
    found.unwrap_or_else(|error| panic!("waiting for {css}: {error}"))
}

async fn text(browser: &Client, css: &str) -> String {
    see(browser, css).await.text().await.unwrap()
}

async fn property(browser: &Client, css: &str, name: &str) -> String {
    see(browser, css).await.prop(name).await.unwrap().unwrap()
}

async fn fill(browser: &Client, css: &str, text: &str) {
    see(browser, css).await.send_keys(text).await.unwrap();
}

async fn click(browser: &Client, css: &str) {
    see(browser, css).await.click().await.unwrap();
}

fn nfd(text: &str) -> String {
    text.nfd().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_comments_and_everybody_sees_it_after_approval() {
    let portal = Portal::start();
    let mut driver = Driver::start();
    let reader = driver.browser().await;
    reader.goto(&portal.url).await.unwrap();
    fill(&reader, "#author_name", &nfd(NAME)).await;
    fill(&reader, "#title", &nfd(TITLE)).await;
    fill(&reader, "#content", &nfd(CONTENT)).await;

    let first = property(&reader, "#hinh-ma", "src").await;
    click(&reader, "#doi-ma").await;
    see(&reader, "#doi-ma-bao:not(:empty)").await;
    let second = property(&reader, "#hinh-ma", "src").await;
    assert_ne!(first, second, "the button changes the picture without a reload");

    fill(&reader, "#challenge_answer", "KM7RC").await;
    click(&reader, ".send .button").await;
    assert_eq!(text(&reader, "#challenge_answer-loi").await, "Mã kiểm tra không đúng. Vui lòng nhập mã mới.");
    assert_eq!(property(&reader, "#author_name", "value").await, nfd(NAME));
    assert_eq!(property(&reader, "#content", "value").await, nfd(CONTENT));
    let third = property(&reader, "#hinh-ma", "src").await;
    assert!(third.starts_with("data:image/png;base64,") && third != second, "a wrong answer brings a new picture");

    // Small letters with a space are the same code, and Enter sends.
    fill(&reader, "#challenge_answer", "km7 rt\u{e007}").await;
    assert_eq!(text(&reader, ".mark.waiting").await, "đang chờ duyệt");
    assert!(text(&reader, ".flash").await.contains("đang chờ duyệt"));

    let visitor = driver.browser().await;
    visitor.goto(&portal.url).await.unwrap();
    assert_eq!(text(&visitor, ".empty").await, "Chưa có bình luận nào. Mời bạn là người đầu tiên nêu ý kiến.");

    portal.approve_the_comment();
    for browser in [&reader, &visitor] {
        browser.refresh().await.unwrap();
        assert_eq!(text(browser, ".comment .text").await, CONTENT, "stored in NFC");
        assert_eq!(text(browser, ".comment h3").await, TITLE);
        assert_eq!(text(browser, ".comment .who strong").await, NAME);
        assert!(browser.find(Locator::Css(".mark.waiting")).await.is_err(), "no longer waiting");
    }
    reader.close().await.unwrap();
    visitor.close().await.unwrap();
}

/// One request over a fresh connection, as a browser without scripts sends it. Answers head and body.
fn http(portal: &Portal, request: &str, cookies: &str, body: &str) -> (String, String) {
    let host = portal.url.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let length = body.len();
    let kind = "content-type: application/x-www-form-urlencoded";
    let head = format!("{request} HTTP/1.1\r\nhost: {host}\r\ncookie: {cookies}\r\n{kind}\r\ncontent-length: {length}");
    write!(stream, "{head}\r\nconnection: close\r\n\r\n{body}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

/// The cookies that an answer sets, as the next request sends them.
fn cookies(head: &str) -> String {
    let lines = head.lines().filter_map(|line| line.strip_prefix("set-cookie: "));
    lines.filter_map(|line| line.split(';').next()).collect::<Vec<_>>().join("; ")
}

/// The form on a page, filled in and encoded.
fn filled(page: &str, answer: &str) -> String {
    let hidden = page.split("<input type=\"hidden\" name=\"").skip(1).map(|rest| {
        let (name, rest) = rest.split_once("\" value=\"").unwrap();
        (name, rest.split('"').next().unwrap().replace("&#x2f;", "/"))
    });
    let typed = [("author_name", NAME), ("title", "<b>Tin</b>"), ("content", CONTENT), ("challenge_answer", answer)];
    let fields = hidden.chain(typed.map(|(name, value)| (name, value.to_owned())));
    let encode = |value: String| value.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat();
    fields.map(|(name, value)| format!("{name}={}", encode(value))).collect::<Vec<_>>().join("&")
}

#[test]
fn the_form_needs_no_script() {
    let portal = Portal::start();
    let (head, page) = http(&portal, "GET /", "", "");
    assert!(head.contains("default-src 'none'") && head.contains("nosniff"), "{head}");
    assert!(page.contains(">1 lượt xem<"), "a new reader counts");
    let jar = cookies(&head);
    let (_, page) = http(&portal, "GET /", &jar, "");
    assert!(page.contains(">1 lượt xem<"), "the same reader counts once");

    let (head, page) = http(&portal, "POST /binh-luan", &jar, &format!("{}&doi_ma=1", filled(&page, "")));
    assert!(head.starts_with("HTTP/1.1 200") && page.contains(CONTENT), "a new picture keeps the text: {head}");
    let (head, page) = http(&portal, "POST /binh-luan", &jar, &filled(&page, "CCCCC"));
    assert!(head.starts_with("HTTP/1.1 422") && page.contains("id=\"challenge_answer-loi\""), "{head}");
    let sent = filled(&page, ANSWER);
    let (head, _) = http(&portal, "POST /binh-luan", &jar, &sent);
    assert!(head.starts_with("HTTP/1.1 303") && head.contains("location: /#binh-luan"), "{head}");
    let (again, _) = http(&portal, "POST /binh-luan", &jar, &sent);
    assert!(again.starts_with("HTTP/1.1 303"), "sent twice, it is one comment: {again}");

    let (_, own) = http(&portal, "GET /", &format!("{jar}; {}", cookies(&head)), "");
    assert_eq!(own.matches("<span class=\"mark waiting\">").count(), 1);
    assert!(own.contains("&lt;b&gt;Tin&lt;&#x2f;b&gt;") && !own.contains("<b>Tin"), "text is never HTML");
    let (_, others) = http(&portal, "GET /", "", "");
    assert!(!others.contains(CONTENT), "only its writer sees what waits");

    portal.approve_the_comment();
    let (_, page) = http(&portal, "GET /", &jar, "");
    let reply = after(&page, "href=\"&#x2f;?tra-loi=");
    let id = reply.split('#').next().unwrap();
    let (_, page) = http(&portal, &format!("GET /?tra-loi={id}"), &jar, "");
    assert!(page.contains(&format!("Trả lời {NAME}</h2>")), "the form says whom it answers");
    let (head, _) = http(&portal, "POST /binh-luan", &jar, &filled(&page, ANSWER));
    assert!(
        head.contains(&format!("location: /?cua={id}#binh-luan")),
        "the reader lands at the root of their reply: {head}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_banned_reader_is_told_and_keeps_text_and_picture() {
    let portal = Portal::start();
    let (head, page) = http(&portal, "GET /", "", "");
    let jar = cookies(&head);
    let (head, _) = http(&portal, "POST /binh-luan", &jar, &filled(&page, ANSWER));
    assert!(head.starts_with("HTTP/1.1 303"), "{head}");
    let token = std::fs::read_to_string(portal.directory.path().join("moderator.token")).unwrap();
    let mut desk = desk_at(portal.duyet.trim_start_matches("http://").parse().unwrap(), token.trim());
    let id = desk.queue().await.cases.remove(0).comment.unwrap().id;
    let request = ban_of(&mut desk, &id, BanSubject::Device, BanEffect::Block).await;
    let ban = desk.ban(request).await.unwrap().ban.unwrap();

    let (_, page) = http(&portal, "GET /", &jar, "");
    let sent = filled(&page, ANSWER);
    let (head, refused) = http(&portal, "POST /binh-luan", &jar, &sent);
    assert!(head.starts_with("HTTP/1.1 403"), "{head}");
    assert!(refused.contains("Hiện bạn chưa thể gửi bình luận ở đây.") && refused.contains(CONTENT));
    assert!(refused.contains("data:image") && !head.contains("set-cookie"), "the picture was not used up: {head}");
    desk.unban(&ban.id).await;
    let (head, _) = http(&portal, "POST /binh-luan", &jar, &sent);
    assert!(head.starts_with("HTTP/1.1 303"), "the same form goes through: {head}");
}

#[test]
fn a_report_needs_no_script_and_three_readers_bring_a_comment_back() {
    let portal = Portal::start();
    let new_reader = || cookies(&http(&portal, "GET /", "", "").0);
    let writer = new_reader();
    let (_, page) = http(&portal, "GET /", &writer, "");
    let (head, _) = http(&portal, "POST /binh-luan", &writer, &filled(&page, ANSWER));
    let writer = format!("{writer}; {}", cookies(&head));
    portal.approve_the_comment();
    let button = format!("aria-label=\"Báo cáo bình luận của {NAME}\"");
    assert!(!http(&portal, "GET /", &writer, "").1.contains(&button), "nobody reports their own");
    let (_, page) = http(&portal, "GET /", "", "");
    assert!(page.contains(&button));
    let id = after(&page, "name=\"comment_id\" value=\"").split('"').next().unwrap().to_owned();

    let report =
        |reader: &str, reason: &str| http(&portal, "POST /bao-cao", reader, &format!("comment_id={id}&{reason}")).0;
    let page_after = |reader: &str, head: &str| http(&portal, "GET /", &format!("{reader}; {}", cookies(head)), "").1;
    let reader = new_reader();
    let vague = report(&reader, "reason=OTHER&note=+");
    assert!(page_after(&reader, &vague).contains("<p class=\"alert\" role=\"alert\">Báo cáo chưa được gửi."));
    // A page elsewhere that sends the form; the header rides along with the cookies.
    let elsewhere = report(&format!("{reader}\r\nsec-fetch-site: cross-site"), "reason=INSULT");
    assert!(elsewhere.starts_with("HTTP/1.1 403"), "{elsewhere}");
    for reader in [&reader, &reader, &new_reader()] {
        let head = report(reader, "reason=INSULT&note=Th%C3%B4+l%E1%BB%97");
        assert!(head.starts_with("HTTP/1.1 303") && head.contains("location: /#binh-luan"), "{head}");
        assert!(page_after(reader, &head).contains("role=\"status\">Cảm ơn bạn."), "thanks, whether it counted or not");
    }
    let queue = || portal.moderate(&["queue", "--json"]);
    assert!(!queue().contains(&id), "two readers are not enough");
    report(&new_reader(), "reason=SPAM_AD");
    assert!(queue().contains(&id));
    assert!(http(&portal, "GET /", "", "").1.contains(CONTENT), "and it is still there to read");
}
