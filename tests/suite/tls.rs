//! Tests of the listener's TLS with the moderators' client: trust, client certificates, and renewed certificates.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::support::{
    certificates::{Authority, Certificate},
    newsroom::{Database, Newsroom},
    office::metric_value,
    programs,
};

const LOOPBACK: &str = "IP:127.0.0.1";

async fn open(certificate: &Certificate, client_ca: Option<&Authority>) -> Newsroom {
    Newsroom::open_with(Database::Sqlite, |config| {
        config.tls_cert_file = Some(certificate.cert.clone());
        config.tls_key_file = Some(certificate.key.clone());
        config.tls_client_ca_file = client_ca.map(Authority::cert);
    })
    .await
}

/// Runs `duyet stats` over TLS, trusting `authority`.
async fn stats(newsroom: &Newsroom, authority: &Authority, own: Option<&Certificate>) -> Output {
    let mut command = Command::new(programs::duyet());
    command.env_clear().env("HOME", newsroom.token_file("x").parent().unwrap()).args(["stats", "--lang", "en"]);
    command.env("DUYET_ADDR", format!("https://{}", newsroom.running.grpc_addr));
    command.env("DUYET_TOKEN_FILE", newsroom.token_file("moderator")).env("SSL_CERT_FILE", authority.cert());
    if let Some(own) = own {
        command.env("DUYET_CERT_FILE", &own.cert).env("DUYET_CERT_KEY_FILE", &own.key);
    }
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

async fn code(newsroom: &Newsroom, authority: &Authority, own: Option<&Certificate>) -> Option<i32> {
    stats(newsroom, authority, own).await.status.code()
}

fn authorities() -> (TempDir, Authority, Authority) {
    let dir = tempfile::tempdir().unwrap();
    let (ours, other) = (Authority::new(dir.path(), "ours"), Authority::new(dir.path(), "other"));
    (dir, ours, other)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_needs_a_trusted_authority_the_right_name_and_a_valid_time() {
    let (_dir, ours, other) = authorities();
    let newsroom = open(&ours.sign("server", LOOPBACK, 2), None).await;
    let output = stats(&newsroom, &ours, None).await;
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(
        code(&newsroom, &other, None).await,
        Some(6),
        "a client that does not trust the authority cannot connect"
    );
    for wrong in [ours.sign("named", "DNS:another.example", 2), ours.sign("expired", LOOPBACK, -1)] {
        let newsroom = open(&wrong, None).await;
        assert_eq!(code(&newsroom, &ours, None).await, Some(6), "{wrong:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listener_with_a_certificate_accepts_no_plaintext_and_no_old_protocol() {
    let (_dir, ours, _) = authorities();
    let newsroom = open(&ours.sign("server", LOOPBACK, 2), None).await;
    let addr = newsroom.running.grpc_addr;
    let plain = newsroom.desk().moderation.get_stats(duyet_proto::v1::GetStatsRequest::default()).await;
    assert!(plain.is_err());
    for arguments in [["-tls1_1", "-alpn", "h2"], ["-tls1_2", "-alpn", "http/1.1"]] {
        let output = s_client(addr, &arguments).await;
        assert!(!output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stdout));
    }
    for version in ["-tls1_2", "-tls1_3"] {
        let output = s_client(addr, &[version, "-alpn", "h2"]).await;
        assert!(output.status.success(), "{version}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

async fn s_client(addr: SocketAddr, arguments: &[&str]) -> Output {
    let mut command = Command::new("openssl");
    command.args(["s_client", "-connect", &addr.to_string()]).args(arguments).stdin(Stdio::null());
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_client_authority_only_its_certificates_are_accepted() {
    let (_dir, ours, other) = authorities();
    let newsroom = open(&ours.sign("server", LOOPBACK, 2), Some(&ours)).await;
    let client = |authority: &Authority, days| authority.sign("client", "DNS:moderator.example", days);
    assert_eq!(code(&newsroom, &ours, Some(&client(&ours, 2))).await, Some(0));
    assert_eq!(code(&newsroom, &ours, None).await, Some(6), "a client without a certificate is not accepted");
    assert_eq!(
        code(&newsroom, &ours, Some(&client(&other, 2))).await,
        Some(6),
        "a certificate of another authority is not accepted"
    );
    assert_eq!(
        code(&newsroom, &ours, Some(&client(&ours, -1))).await,
        Some(6),
        "an expired certificate is not accepted"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renewed_certificate_is_used_without_a_restart_and_a_broken_one_is_not() {
    let (dir, ours, other) = authorities();
    let shown = Certificate { cert: dir.path().join("shown.pem"), key: dir.path().join("shown.key") };
    let show = |certificate: &Certificate| {
        std::fs::copy(&certificate.key, &shown.key).unwrap();
        std::fs::copy(&certificate.cert, &shown.cert).unwrap();
    };
    show(&ours.sign("server", LOOPBACK, 2));
    let newsroom = open(&shown, None).await;
    assert_eq!(code(&newsroom, &ours, None).await, Some(0));
    show(&other.sign("server", LOOPBACK, 2));
    eventually("the renewed certificate is used", async || code(&newsroom, &other, None).await == Some(0)).await;
    assert_eq!(code(&newsroom, &ours, None).await, Some(6), "the old certificate is not used any more");

    let failed = || metric_value("duyet_certificate_reads_total{outcome=\"FAILED\"}");
    let before = failed();
    std::fs::write(&shown.cert, "-----BEGIN CERTIFICATE-----\nhỏng\n").unwrap();
    eventually("the broken certificate is reported", async || failed() != before).await;
    assert_eq!(code(&newsroom, &other, None).await, Some(0), "the last valid certificate stays in use");
    show(&ours.sign("again", LOOPBACK, 2));
    eventually("the repaired certificate is used", async || code(&newsroom, &ours, None).await == Some(0)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unfinished_handshake_delays_no_other_connection_and_is_closed() {
    let (_dir, ours, _) = authorities();
    let newsroom = open(&ours.sign("server", LOOPBACK, 2), None).await;
    let silent: Vec<_> = (0..50).map(|_| TcpStream::connect(newsroom.running.grpc_addr).unwrap()).collect();
    let mut half = TcpStream::connect(newsroom.running.grpc_addr).unwrap();
    half.write_all(&[0x16, 0x03, 0x01]).unwrap();
    assert_eq!(code(&newsroom, &ours, None).await, Some(0));
    let closed = tokio::task::spawn_blocking(move || {
        let began = Instant::now();
        for mut socket in silent.into_iter().chain([half]) {
            socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
            let ended = socket.read(&mut [0; 64]);
            assert!(!matches!(&ended, Err(error) if error.kind() == std::io::ErrorKind::WouldBlock), "{ended:?}");
        }
        began.elapsed()
    });
    assert!(closed.await.unwrap() < Duration::from_secs(20));
}

async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    for _ in 0..200 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("this never happened: {what}");
}

#[test]
fn a_server_does_not_start_with_an_invalid_certificate() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| -> std::path::PathBuf { dir.path().join(name) };
    std::fs::write(file("cert.pem"), "hunter2").unwrap();
    std::fs::write(file("key.pem"), "hunter2").unwrap();
    let output =
        duyetd(dir.path(), &[("DUYET_GRPC_TLS_CERT_FILE", "cert.pem"), ("DUYET_GRPC_TLS_KEY_FILE", "key.pem")]);
    assert!(output.contains("cert.pem: no certificate in it") && !output.contains("hunter2"), "{output}");
    let output = duyetd(dir.path(), &[("DUYET_GRPC_ADDR", "0.0.0.0:0")]);
    assert!(output.contains("grpc.insecure"), "{output}");
}

/// Returns the output of duyetd, which must fail.
fn duyetd(dir: &Path, variables: &[(&str, &str)]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_duyetd"));
    command.env_clear().current_dir(dir).envs(variables.iter().copied());
    command.env("DUYET_HTTP_ADDR", "127.0.0.1:0");
    let output = command.output().unwrap();
    assert!(!output.status.success());
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
