//! Tests of everything that operators see: first start, probes, health, reflection, graceful shutdown, logs, commands.

use std::{
    io::Read as _,
    net::TcpStream,
    os::unix::fs::PermissionsExt as _,
    process::{Command, Output},
    time::{Duration, Instant},
};

use duyet_proto::v1;
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};
use tonic_reflection::pb::{v1 as reflection, v1alpha as old_reflection};

use crate::support::{
    daemon::{Daemon, duyetd},
    newsroom::{Database, Newsroom, channel, on_both_databases},
};

on_both_databases! {
    metrics_count_calls_checks_and_findings,
    health_and_reflection_need_no_token,
    metrics_on_a_non_loopback_address_need_a_metrics_token,
}

fn run(data_dir: &std::path::Path, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    duyetd(data_dir).args(arguments).envs(environment.iter().copied()).output().unwrap()
}

/// Starts a server that must fail. A server that does not fail is stopped after a minute.
fn start(data_dir: &std::path::Path, environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new("timeout");
    command.args(["60", env!("CARGO_BIN_EXE_duyetd")]).env_clear().env("DUYET_DATA_DIR", data_dir);
    command.envs(environment.iter().copied()).output().unwrap()
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    assert!(!output.status.success());
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn the_first_start_creates_files_that_only_the_owner_can_read() {
    let dir = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(dir.path(), &[]);
    for file in ["duyet.keys", "duyet.sqlite3", "duyet.sqlite3-wal", "portal.token", "moderator.token", "admin.token"] {
        let mode = dir.path().join(file).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    let first = daemon.token("portal");
    drop(daemon);
    assert_eq!(Daemon::start(dir.path(), &[]).token("portal"), first, "the second start creates no new tokens");
    assert!(!dir.path().join("portal.token.new").exists());
}

/// Transparent huge pages used half of the memory under load, see docs/performance.md.
#[test]
fn the_process_uses_no_transparent_huge_pages() {
    let dir = tempfile::tempdir().unwrap();
    let output = Daemon::start(dir.path(), &[]).status("THP_enabled");
    assert!(output.as_deref().is_none_or(|output| output == "0"), "{output:?}");
}

#[test]
fn a_created_data_directory_is_private() {
    let dir = tempfile::tempdir().unwrap();
    let made = dir.path().join("made/here");
    stdout(&run(&made, &["migrate"], &[]));
    assert_eq!(made.metadata().unwrap().permissions().mode() & 0o777, 0o700);
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_ends_the_server_with_0_in_27_seconds_despite_a_stream_and_a_silent_socket() {
    let dir = tempfile::tempdir().unwrap();
    let mut daemon = Daemon::start(dir.path(), &[]);
    let silent = TcpStream::connect(daemon.grpc_addr).unwrap();
    let mut health = HealthClient::new(channel(daemon.grpc_addr));
    let mut watch = health.watch(HealthCheckRequest { service: String::new() }).await.unwrap().into_inner();
    assert_eq!(watch.message().await.unwrap().unwrap().status(), ServingStatus::Serving);

    let started = Instant::now();
    daemon.terminate();
    assert_eq!(watch.message().await.unwrap().unwrap().status(), ServingStatus::NotServing);
    assert!(daemon.http("/readyz").starts_with("HTTP/1.1 503"), "the server is not ready while it drains");
    assert!(daemon.http("/livez").starts_with("HTTP/1.1 200"), "the server is still alive");
    // The server still accepts new calls, until load balancers notice that it is not ready.
    assert_eq!(daemon.portal().list("bai").await.total_count, 0);
    assert_eq!(daemon.ended().code(), Some(0));
    assert!(started.elapsed() < Duration::from_secs(27));
    drop(silent);
}

async fn health_and_reflection_need_no_token(database: Database) {
    let newsroom = Newsroom::open(database).await;
    let mut health = HealthClient::new(newsroom.channel());
    for service in ["", "duyet.v1.CommentService", "duyet.v1.ModerationService", "duyet.v1.CaptchaService"] {
        let answer = health.check(HealthCheckRequest { service: service.into() }).await.unwrap().into_inner();
        assert_eq!(answer.status(), ServingStatus::Serving, "{service}");
    }
    let message = reflection::server_reflection_request::MessageRequest::ListServices(String::new());
    let request = reflection::ServerReflectionRequest { host: String::new(), message_request: Some(message) };
    let mut client = reflection::server_reflection_client::ServerReflectionClient::new(newsroom.channel());
    let mut answers = client.server_reflection_info(tokio_stream::iter([request])).await.unwrap().into_inner();
    let text = format!("{:?}", answers.message().await.unwrap());
    assert!(text.contains("duyet.v1.CommentService") && text.contains("grpc.health.v1.Health"), "{text}");

    let message = old_reflection::server_reflection_request::MessageRequest::FileContainingSymbol(
        "duyet.v1.ModerationService.Decide".into(),
    );
    let request = old_reflection::ServerReflectionRequest { host: String::new(), message_request: Some(message) };
    let mut client = old_reflection::server_reflection_client::ServerReflectionClient::new(newsroom.channel());
    let mut answers = client.server_reflection_info(tokio_stream::iter([request])).await.unwrap().into_inner();
    assert!(format!("{:?}", answers.message().await.unwrap()).contains("FileDescriptorResponse"));
}

async fn metrics_count_calls_checks_and_findings(database: Database) {
    let dir = tempfile::tempdir().unwrap();
    let postgres = match database {
        Database::Sqlite => None,
        Database::Postgres => Some(crate::support::newsroom::empty_database_url().await),
    };
    let keys = duyetd::keyring::Keyring::generate();
    let environment: Vec<(&str, &str)> =
        postgres.iter().flat_map(|url| [("DATABASE_URL", url.as_str()), ("DUYET_KEYS", keys.as_str())]).collect();
    let daemon = Daemon::start(dir.path(), &environment);
    let mut portal = daemon.portal();
    portal.say("bai", "Gọi 0912345678").await;
    let wrong = v1::SubmitCommentRequest { challenge_answer: "CCCCC".into(), ..portal.form("bai", "Sai").await };
    portal.comments.submit_comment(wrong).await.unwrap_err();
    let expected = [
        r#"grpc_server_handled_total{grpc_service="duyet.v1.CommentService",grpc_method="SubmitComment",grpc_code="OK"} 1"#,
        r#"grpc_server_handled_total{grpc_service="duyet.v1.CommentService",grpc_method="SubmitComment",grpc_code="InvalidArgument"} 1"#,
        r#"duyet_comments_submitted_total{site="default",outcome="PENDING"} 1"#,
        r#"duyet_comments_submitted_total{site="default",outcome="CAPTCHA_INCORRECT"} 1"#,
        r#"duyet_captcha_checks_total{kind="IMAGE",outcome="CORRECT"} 1"#,
        r#"duyet_captcha_checks_total{kind="IMAGE",outcome="INCORRECT"} 1"#,
        r#"duyet_captcha_images_ready{level="NORMAL"}"#,
        r#"duyet_captcha_images_total{profile=""#,
        r#"duyet_findings_total{rule="PHONE_NUMBER"} 1"#,
        r#"duyet_degraded{component="redis"} 0"#,
        "duyet_store_up 1",
        r#"duyet_rate_limit_decisions_total{limit="SubmitsPerDevice",decision="allowed",source="local"} 1"#,
        r#"duyet_queue_pending{site="default"} 1"#,
        r#"duyet_queue_oldest_seconds{site="default"}"#,
        "grpc_server_handling_seconds_bucket",
    ];
    wait_for_metrics(&daemon, &expected).await;
    let mut desk = daemon.desk();
    let waiting = desk.queue().await.cases.remove(0).comment.unwrap().id;
    desk.approve(&waiting).await;
    wait_for_metrics(&daemon, &[r#"duyet_queue_pending{site="default"} 0"#]).await;
}

/// Waits until the metrics contain every line, because the queue gauges are updated only periodically.
async fn wait_for_metrics(daemon: &Daemon, expected: &[&str]) {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let text = daemon.http("/metrics");
        let missing: Vec<_> = expected.iter().filter(|line| !text.contains(**line)).collect();
        if missing.is_empty() {
            break;
        }
        assert!(Instant::now() < deadline, "missing {missing:#?} in {text}");
        tokio::task::yield_now().await;
    }
}

async fn status_line(newsroom: &Newsroom, path: &str, token: &str) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let port = newsroom.running.http_addr.port();
    let mut socket = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n");
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    answer.lines().next().unwrap().to_owned()
}

async fn metrics_on_a_non_loopback_address_need_a_metrics_token(database: Database) {
    let everywhere = |config: &mut duyetd::config::Config| config.http_addr = "0.0.0.0:0".parse().unwrap();
    let newsroom = Newsroom::open_with(database, everywhere).await;
    let of_sites = ["portal", "moderator", "admin"].map(|name| newsroom.token(name));
    for token in [String::new(), "x".into()].into_iter().chain(of_sites) {
        assert!(status_line(&newsroom, "/metrics", &token).await.contains("401"), "{token}");
        assert!(status_line(&newsroom, "/livez", &token).await.contains("200"), "probes need no token");
    }
    let token = metrics_token(&newsroom).await;
    assert!(status_line(&newsroom, "/metrics", &token).await.contains("200"));
    let near = Newsroom::open(database).await;
    assert!(status_line(&near, "/metrics", "").await.contains("200"), "on loopback no token is needed");
}

/// Creates a token that belongs to the server and not to a site, as `duyetd token create --role metrics` does.
async fn metrics_token(newsroom: &Newsroom) -> String {
    let store = duyetd::server::open_store(&newsroom.config).unwrap();
    let new = duyetd::service::NewToken {
        site: duyetd::domain::id::SiteId::of_server(),
        name: "prometheus".into(),
        role: duyetd::domain::access::Role::Metrics,
        expires_at: None,
    };
    let tokens = duyetd::service::AccessTokens::new(store, newsroom.keyring());
    tokens.create(new, chrono::DateTime::UNIX_EPOCH).await.unwrap().unwrap().1
}

#[test]
fn a_metrics_token_belongs_to_the_server_and_other_tokens_to_a_site() {
    let dir = tempfile::tempdir().unwrap();
    let make = |rest: &[&str]| run(dir.path(), &[&["token", "create", "--name", "n", "--role"], rest].concat(), &[]);
    stdout(&run(dir.path(), &["migrate"], &[]));
    assert!(stdout(&make(&["metrics"])).starts_with("dyt_"));
    assert!(stderr(&make(&["metrics", "--site", "default"])).contains("--site"));
    for role in ["portal", "moderator", "admin"] {
        assert!(stderr(&make(&[role])).contains("--site"), "{role}");
        assert!(
            stderr(&make(&[role, "--site", "*"])).contains('*'),
            "{role}: only a METRICS token belongs to the server"
        );
    }
    assert!(
        stdout(&make(&["portal", "--site", "default", "--new-site"])).starts_with("dyt_"),
        "a site's token may have the same name as the server's"
    );
    let listed = stdout(&run(dir.path(), &["token", "list"], &[]));
    assert!(listed.contains('*') && listed.contains("METRICS"), "{listed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_contain_no_text_address_answer_or_token() {
    let dir = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(dir.path(), &[("DUYET_LOG", "trace")]);
    let mut portal = daemon.portal();
    let form = portal.form("bai-bi-mat", "Nội dung không được ghi lại").await;
    let token = form.challenge_token.clone();
    portal.comments.submit_comment(form.clone()).await.unwrap();
    portal.comments.submit_comment(v1::SubmitCommentRequest { request_id: "x".into(), ..form }).await.unwrap_err();
    let queue = daemon.desk().queue().await;
    daemon.desk().approve(&queue.cases[0].comment.as_ref().unwrap().id).await;
    let log = daemon.log();
    for line in log.lines() {
        let line: serde_json::Value = serde_json::from_str(line).expect("one JSON object per line");
        // Drivers log statements and addresses, so their records are left out at every filter level.
        let target = line["target"].as_str().unwrap();
        let driver = ["sqlx", "h2", "hyper", "tower", "redis"].iter().any(|one| target.starts_with(one));
        assert!(!driver || ["WARN", "ERROR"].contains(&line["level"].as_str().unwrap()), "{line}");
    }
    let secrets = ["không được ghi", "Nguyễn Thị Lan", "203.0.113.7", &daemon.token("portal"), &token];
    for secret in secrets {
        assert!(!log.contains(secret), "{secret}");
    }
    assert!(!log.contains("\"KM7RT\""));
    assert!(log.contains("SubmitComment") && log.contains("request_id"));
}

#[test]
fn settings_are_checked_and_printed_without_secrets() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("duyet.toml");
    std::fs::write(&file, "[limits]\nsubmits_per_device = \"9/1m\"\n[policy]\nmode = \"POST\"\n").unwrap();
    let config = ["--config", file.to_str().unwrap()];
    let environment = [
        ("DATABASE_URL", "postgres://u:hunter2@127.0.0.1/d"),
        ("REDIS_URL", "redis://:hunter3@127.0.0.1/"),
        ("DUYET_KEYS", &duyetd::keyring::Keyring::generate()),
    ];
    let printed = stdout(&run(dir.path(), &[&config[..], &["config", "print"]].concat(), &environment));
    assert!(printed.contains("submits_per_device = \"9/1m\"") && printed.contains("mode = \"POST\""), "{printed}");
    assert!(printed.contains("[redacted]") && !printed.contains("hunter") && !printed.contains(environment[2].1));
    stdout(&run(dir.path(), &[&config[..], &["config", "check"]].concat(), &environment));

    std::fs::write(&file, "[limits]\nsubmits_per_devise = \"9/1m\"\n").unwrap();
    let error = stderr(&run(dir.path(), &[&config[..], &["config", "check"]].concat(), &[]));
    assert!(error.contains("line 2") && error.contains("submits_per_devise"), "{error}");
    let error = stderr(&run(dir.path(), &["config", "check"], &environment[..1]));
    assert!(error.contains("duyetd keys generate"), "{error}");
    let error = stderr(&run(dir.path(), &["config", "check"], &[("REDIS_URL", "nonsense://x")]));
    assert!(error.contains("REDIS_URL"), "{error}");
    let empty = [("DATABASE_URL", ""), ("DATABASE_URL_FILE", ""), ("DUYET_CONFIG", ""), ("DUYET_GRPC_ADDR", "")];
    assert!(
        stdout(&run(dir.path(), &["config", "print"], &empty)).contains("127.0.0.1:50051"),
        "an empty variable counts as unset"
    );
    assert!(
        stderr(&run(dir.path(), &["config", "check"], &[("DUYET_CAPTCHA_FIXED_ANSWER", "HELLO")]))
            .contains("fixed_answer")
    );
}

#[test]
fn a_configuration_check_reports_all_errors_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    for file in ["cert.pem", "key.pem", "wrong.keys", "file"] {
        std::fs::write(path(file), "hunter2").unwrap();
    }
    let (cert, key, keys, below_a_file) = (path("cert.pem"), path("key.pem"), path("wrong.keys"), path("file/data"));
    let environment = [
        ("DUYET_GRPC_TLS_CERT_FILE", cert.as_str()),
        ("DUYET_GRPC_TLS_KEY_FILE", key.as_str()),
        ("DUYET_KEYS_FILE", keys.as_str()),
        ("DUYET_DATA_DIR", below_a_file.as_str()),
        ("DUYET_LOG", "duyet=loud"),
        ("REDIS_URL", "redis://:hunter2@127.0.0.1:port/"),
        ("DUYET_GRPC_ADRR", "127.0.0.1:1"),
    ];
    let output = stderr(&run(dir.path(), &["config", "check"], &environment));
    let expected = [
        "grpc.tls_cert_file",
        "key.pem",
        "DUYET_KEYS_FILE",
        "wrong.keys",
        "DUYET_DATA_DIR",
        "DUYET_LOG",
        "REDIS_URL",
        "DUYET_GRPC_ADRR is not a setting: did you mean DUYET_GRPC_ADDR?",
    ];
    for word in expected {
        assert!(output.contains(word), "no {word}: {output}");
    }
    assert!(!output.contains("hunter2"), "{output}");
    // A setting that cannot be parsed does not hide the other errors.
    let wrong = [("DUYET_GRPC_ADDR", "50051"), ("DUYET_KEYS_FILE", "/nowhere/keys"), ("DATABASE_URL", "mysql://x")];
    let output = stderr(&run(dir.path(), &["config", "check"], &wrong));
    for word in ["grpc.addr: `50051`", "DUYET_KEYS_FILE", "DATABASE_URL"] {
        assert!(output.contains(word), "no {word}: {output}");
    }
}

#[test]
fn a_configuration_check_with_connect_tests_the_connections() {
    let dir = tempfile::tempdir().unwrap();
    let keys = duyetd::keyring::Keyring::generate();
    let away = [
        ("DATABASE_URL", "postgres://u:hunter2@127.0.0.1:1/d"),
        ("REDIS_URL", "redis://:hunter3@127.0.0.1:1/"),
        ("DUYET_KEYS", keys.as_str()),
    ];
    stdout(&run(dir.path(), &["config", "check"], &away));
    let output = stderr(&run(dir.path(), &["config", "check", "--connect"], &away));
    assert!(output.contains("DATABASE_URL: ") && output.contains("REDIS_URL: 127.0.0.1:1"), "{output}");
    assert!(!output.contains("hunter"), "{output}");
    stdout(&run(dir.path(), &["config", "check", "--connect"], &[]));
}

#[test]
fn a_host_name_is_accepted_as_an_address_to_listen_on() {
    let dir = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(dir.path(), &[("DUYET_GRPC_ADDR", "localhost:0"), ("DUYET_HTTP_ADDR", "localhost:0")]);
    assert!(daemon.grpc_addr.ip().is_loopback() && daemon.http("/livez").starts_with("HTTP/1.1 200"));
}

#[test]
fn an_unknown_environment_variable_is_logged_as_a_warning() {
    let dir = tempfile::tempdir().unwrap();
    let service = ("DUYET_PORT_50051_TCP_ADDR", "10.0.0.1");
    let daemon = Daemon::start(dir.path(), &[("DUYET_RATE_LIMIT", "x"), ("DUYET_LOGG", "debug"), service]);
    let log = daemon.log();
    assert!(log.contains("DUYET_LOGG is not a setting: did you mean DUYET_LOG?"), "{log}");
    assert!(log.contains("DUYET_RATE_LIMIT is not a setting") && !log.contains("DUYET_PORT"), "{log}");
}

#[test]
fn keys_are_written_to_a_new_file_that_only_its_owner_can_read() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("new.keys");
    let generate = ["keys", "generate", "--out", file.to_str().unwrap()];
    assert_eq!(stdout(&run(dir.path(), &generate, &[])), "");
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let made = std::fs::read_to_string(&file).unwrap();
    assert!(duyetd::keyring::Keyring::parse(&made).is_ok());
    let output = stderr(&run(dir.path(), &generate, &[]));
    assert!(output.contains("new.keys"), "{output}");
    assert_eq!(
        std::fs::read_to_string(&file).unwrap(),
        made,
        "an existing file is not overwritten, because its keys may be in use"
    );
}

#[test]
fn secret_files_that_others_can_read_are_logged_as_a_warning() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
    drop(Daemon::start(dir.path(), &[]));
    let quiet = run(dir.path(), &["config", "check"], &[]);
    assert_eq!(String::from_utf8_lossy(&quiet.stderr), "");
    for file in ["duyet.keys", "admin.token"] {
        let open = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(dir.path().join(file), open).unwrap();
    }
    let output = run(dir.path(), &["config", "check"], &[]);
    let output = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.contains("duyet.keys") && output.contains("admin.token") && output.contains("chmod 600"),
        "{output}"
    );
    let log = Daemon::start(dir.path(), &[]).log();
    assert!(log.contains("duyet.keys") && log.contains("admin.token"), "{log}");
    let listening = [("DUYET_CAPTCHA_FIXED_ANSWER", "KM7RT"), ("DUYET_HTTP_ADDR", "0.0.0.0:0")];
    assert!(stderr(&run(dir.path(), &[], &listening)).contains("loopback"));
}

#[test]
fn a_token_is_created_listed_and_revoked() {
    let dir = tempfile::tempdir().unwrap();
    let make = ["token", "create", "--role", "portal", "--site", "default", "--name", "bao-moi"];
    stdout(&run(dir.path(), &["migrate"], &[]));
    let token = stdout(&run(dir.path(), &[&make[..], &["--new-site"]].concat(), &[]));
    assert_eq!(token.lines().count(), 1, "only the token is printed: {token}");
    assert!(token.starts_with("dyt_"));
    assert!(stderr(&run(dir.path(), &make, &[])).contains("bao-moi"), "a name is taken while its token is live");
    let listed = stdout(&run(dir.path(), &["token", "list"], &[]));
    assert!(listed.contains("bao-moi") && listed.contains("PORTAL") && !listed.contains(token.trim()), "{listed}");
    let id = listed.split_whitespace().next().unwrap().to_owned();
    stdout(&run(dir.path(), &["token", "revoke", &id], &[]));
    assert!(stdout(&run(dir.path(), &["token", "list"], &[])).contains("revoked"));
    assert!(stderr(&run(dir.path(), &["token", "revoke", &id], &[])).contains(&id));
    stdout(&run(dir.path(), &make, &[]));
}

#[test]
fn a_token_cannot_have_the_name_system() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["system", "System"] {
        let make = ["token", "create", "--role", "admin", "--site", "default", "--name", name];
        let output = stderr(&run(dir.path(), &make, &[]));
        assert!(output.contains("system") && output.contains("choose another name"), "{output}");
    }
    assert!(!dir.path().join("duyet.sqlite3").exists(), "nothing is created for a reserved name");
}

#[test]
fn token_commands_create_no_database() {
    let dir = tempfile::tempdir().unwrap();
    let elsewhere = dir.path().join("elsewhere");
    let id = uuid::Uuid::nil().to_string();
    let make = ["token", "create", "--role", "portal", "--site", "default", "--name", "bao-moi", "--new-site"];
    for command in [&make[..], &["token", "list"], &["token", "revoke", &id]] {
        let output = stderr(&run(&elsewhere, command, &[]));
        assert!(output.contains("no database in") && output.contains("elsewhere"), "{output}");
    }
    assert!(!elsewhere.exists());
    // A server that is killed at the beginning of its start leaves an empty file.
    std::fs::write(dir.path().join("duyet.sqlite3"), "").unwrap();
    assert!(stderr(&run(dir.path(), &make, &[])).contains("no database in"));
}

#[test]
fn a_token_for_an_unknown_site_needs_new_site() {
    let dir = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(dir.path(), &[]);
    let make = |site: &str, more: &[&str]| {
        let make = ["token", "create", "--role", "portal", "--name", "bao-moi", "--site", site];
        run(dir.path(), &[&make[..], more].concat(), &[])
    };
    let output = stderr(&make("defualt", &[]));
    assert!(
        output.contains("defualt") && output.contains("it knows default") && output.contains("--new-site"),
        "{output}"
    );
    stdout(&make("bao-hue", &["--new-site"]));
    assert!(stderr(&make("bao-vinh", &[])).contains("bao-hue, default"));
    stdout(&make("default", &[]));
    let listed = stdout(&run(dir.path(), &["token", "list"], &[]));
    assert!(listed.contains("bao-hue") && !listed.contains("defualt") && !listed.contains("bao-vinh"), "{listed}");
    drop(daemon);
}

#[test]
fn a_second_server_on_one_directory_fails_until_the_first_has_ended() {
    let dir = tempfile::tempdir().unwrap();
    let anywhere = [("DUYET_GRPC_ADDR", "127.0.0.1:0"), ("DUYET_HTTP_ADDR", "127.0.0.1:0")];
    let mut first = Daemon::start(dir.path(), &[]);
    let link = dir.path().with_extension("link");
    std::os::unix::fs::symlink(dir.path(), &link).unwrap();
    for name in [dir.path(), &link] {
        let output = stderr(&start(name, &anywhere));
        for part in ["another duyetd (process ", name.to_str().unwrap(), "DUYET_DATA_DIR", "DATABASE_URL"] {
            assert!(output.contains(part), "{part} is missing in {output}");
        }
    }
    std::fs::remove_file(link).unwrap();
    // Other commands work while the server runs.
    stdout(&run(dir.path(), &["token", "list"], &[]));
    stdout(&run(dir.path(), &["migrate"], &[]));
    first.kill9();
    let mut second = Daemon::start(dir.path(), &[]);
    second.terminate();
    assert!(second.ended().success());
    Daemon::start(dir.path(), &[]);
}

#[test]
fn sample_images_have_the_requested_style() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("images");
    let wish = ["--level", "2", "--profile", "bands", "--alphabet", "digits"];
    let command = ["captcha", "sample", "--count", "2", "--out", out.to_str().unwrap()];
    stdout(&run(dir.path(), &[&command[..], &wish[..]].concat(), &[]));
    for entry in std::fs::read_dir(&out).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let (_, answer) = name.strip_suffix(".png").unwrap().split_once('_').unwrap();
        assert!(answer.len() == 7 && answer.bytes().all(|byte| byte.is_ascii_digit()), "{name}");
    }
    let output = stderr(&run(dir.path(), &[&command[..], &["--profile", "comic"]].concat(), &[]));
    assert!(output.contains("STROKE, OUTLINE, BANDS"), "{output}");
}

#[test]
fn sample_images_are_named_by_number_and_answer() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("images");
    stdout(&run(dir.path(), &["captcha", "sample", "--count", "5", "--out", out.to_str().unwrap()], &[]));
    let mut names: Vec<_> =
        std::fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names.len(), 5);
    for (number, name) in (1..).zip(names) {
        let (n, answer) = name.strip_suffix(".png").unwrap().split_once('_').unwrap();
        assert!(n == number.to_string() && answer.len() == 5, "{name}");
        let mut head = [0; 8];
        std::fs::File::open(out.join(&name)).unwrap().read_exact(&mut head).unwrap();
        assert_eq!(&head, b"\x89PNG\r\n\x1a\n");
    }
}
