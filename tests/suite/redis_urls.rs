//! Every form of `REDIS_URL` against real servers, with credentials.

#![cfg(test)] // so that helpers may unwrap, as tests may

use std::{num::NonZeroU32, path::Path, process::Command};

use duyetd::{
    domain::rate_limit::{Charge, ChargeWeight, LimitName, Quotas},
    limiter::Limiter,
};

use crate::support::{
    daemon::Daemon,
    newsroom::wide_quotas,
    process::{free_port, wait_until},
    redis::RedisServer,
    redis_cluster::RedisCluster,
    redis_sentinel::SentinelRedis,
};

/// Charges a limit through `url` and returns its key, which expires after more than half a minute. It charges five
/// times, because a response may be late on a busy machine.
async fn count(url: &str) -> &'static str {
    let quotas = Quotas::all("100/1h".parse().unwrap());
    let limiter = Limiter::with_redis(quotas, url, NonZeroU32::MIN).unwrap();
    wait_until("limits are shared", || !limiter.is_degraded());
    for _ in 0..5 {
        let subject = "default/a".to_owned();
        limiter.check(&[Charge { limit: LimitName::SubmitsPerDevice, subject, weight: ChargeWeight::One }]).await;
    }
    limiter.close().await;
    "rl:{default/a}:SubmitsPerDevice"
}

/// Checks that the limiter never uses Redis, because the credentials or a name are wrong.
async fn never_counts(url: &str) {
    let limiter = Limiter::with_redis(wide_quotas(), url, NonZeroU32::MIN).unwrap();
    tokio::time::timeout(std::time::Duration::from_millis(700), async {
        while limiter.is_degraded() {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    })
    .await
    .expect_err("the limiter must not use Redis");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_server_with_user_password_and_database() {
    let redis = RedisServer::start();
    redis.say::<()>("ACL SETUSER duyet on >s3cr@t ~rl:* +@all");
    redis.say::<()>("CONFIG SET requirepass other");
    let host = redis.url().replace("redis://", "");
    let key = count(&format!("redis://duyet:s3cr%40t@{host}3")).await;
    let client = redis::Client::open(format!("redis://:other@{host}3")).unwrap();
    assert!(redis::cmd("EXISTS").arg(key).query::<bool>(&mut client.get_connection().unwrap()).unwrap());
    never_counts(&format!("redis://duyet:wrong@{host}3")).await;
    never_counts(&redis.url()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_server_through_a_unix_socket() {
    let home = tempfile::tempdir().unwrap();
    let socket = home.path().join("redis.sock");
    let redis = RedisServer::start_with(&["--unixsocket", socket.to_str().unwrap()]);
    let key = count(&format!("unix://{}", socket.display())).await;
    assert!(redis.say::<bool>(&format!("EXISTS {key}")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sentinels_that_require_the_password() {
    let redis = SentinelRedis::start_alone("s3cret");
    count(&redis.url().replace("://", "://:s3cret@")).await;
    never_counts(&redis.url()).await;
    never_counts(&redis.url().replace("://", "://:s3cret@").replace("/comments", "/others")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_with_a_user_through_any_of_its_nodes() {
    let cluster = RedisCluster::start();
    for node in cluster.nodes() {
        node.say::<()>("ACL SETUSER duyet on >s3cret ~rl:* +@all");
    }
    for node in 0..cluster.nodes().len() {
        count(&cluster.url_of(node).replace("://", "://duyet:s3cret@")).await;
    }
    never_counts(&cluster.url().replace("://", "://duyet:wrong@")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tls_with_a_certificate_that_the_system_trusts() {
    let home = tempfile::tempdir().unwrap();
    let path = |name: &str| home.path().join(name).to_str().unwrap().to_owned();
    make_certificate(home.path());
    let tls = free_port();
    let _redis = RedisServer::start_with(&[
        "--tls-port",
        &tls.to_string(),
        "--tls-cert-file",
        &path("cert.pem"),
        "--tls-key-file",
        &path("key.pem"),
        "--tls-ca-cert-file",
        &path("cert.pem"),
        "--tls-auth-clients",
        "no",
    ]);
    let url = format!("rediss://127.0.0.1:{tls}/");
    let is_shared = |daemon: &Daemon| daemon.http("/metrics").contains("duyet_degraded{component=\"redis\"} 0");
    let trusting = Daemon::start(home.path(), &[("REDIS_URL", &url), ("SSL_CERT_FILE", &path("cert.pem"))]);
    wait_until("limits are shared over TLS", || is_shared(&trusting));
    drop(trusting);
    let strange = tempfile::tempdir().unwrap();
    let strange = Daemon::start(strange.path(), &[("REDIS_URL", &url)]);
    wait_until("an untrusted certificate is an error", || strange.log().contains("redis is out of use"));
    assert!(!is_shared(&strange));
}

/// Creates a self-signed certificate for 127.0.0.1.
fn make_certificate(home: &Path) {
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]);
    openssl.args(["-subj", "/CN=duyet tests", "-addext", "subjectAltName=IP:127.0.0.1"]);
    // Otherwise it would be a certificate authority, which rustls does not accept as a server's certificate.
    openssl.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
    openssl.arg("-keyout").arg(home.join("key.pem")).arg("-out").arg(home.join("cert.pem"));
    let output = openssl.output().unwrap_or_else(|error| panic!("openssl: {error}; run tests/run, it installs it"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
