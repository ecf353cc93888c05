//! Calls all RPCs with empty messages, and stops Redis. The passwords, keys and tokens of the server may not be in the
//! log, the metrics or the errors, and the passwords and keys not in `Debug` output. (In addition, the log of every
//! daemon in the suite is searched for its own secrets when it ends: `support/daemon.rs`.)

use duyet_proto::v1;
use duyetd::{config::Settings, grpc::role};
use prost::Message as _;
use tonic::{Request, client::Grpc, metadata::MetadataValue};
use tonic_prost::ProstCodec;

use crate::support::{
    daemon::Daemon,
    newsroom::{ANSWER, channel},
    readers::Reader,
    redis::RedisServer,
};

const DATABASE_PASSWORD: &str = "cobaltdb7731";
const REDIS_PASSWORD: &str = "cobaltredis7732";

/// Calls an RPC with an empty message. Returns all text of the error, or an empty string if the call succeeds or its
/// stream returns nothing within 300 ms.
async fn say_nothing(daemon: &Daemon, path: &'static str, token: &str) -> String {
    let mut client = Grpc::new(channel(daemon.grpc_addr));
    client.ready().await.unwrap();
    let mut request = Request::new(());
    request.metadata_mut().insert("authorization", MetadataValue::try_from(format!("Bearer {token}")).unwrap());
    let codec = ProstCodec::<(), ()>::default();
    let answer = client.server_streaming(request, http::uri::PathAndQuery::from_static(path), codec).await;
    let status = match answer {
        Ok(stream) => tokio::time::timeout(std::time::Duration::from_millis(300), stream.into_inner().message()).await,
        Err(status) => Ok(Err(status)),
    };
    match status {
        Ok(Err(status)) => format!("{status:?} {}", String::from_utf8_lossy(status.details())),
        Ok(Ok(_)) | Err(_) => String::new(),
    }
}

fn assert_in_none<'a>(secrets: &[impl AsRef<str>], texts: impl Iterator<Item = &'a String>) {
    for (n, text) in texts.enumerate() {
        for secret in secrets.iter().map(AsRef::as_ref) {
            assert!(!text.contains(secret), "{secret} is in text {n}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_is_in_a_log_a_metric_or_a_response() {
    let mut redis = RedisServer::start();
    redis.say::<()>(&format!("CONFIG SET requirepass {REDIS_PASSWORD}"));
    let url = crate::support::newsroom::empty_database_url().await;
    // PostgreSQL's `trust` authentication needs no password, and accepts one.
    let url = url.replace("postgres://tests@", &format!("postgres://tests:{DATABASE_PASSWORD}@"));
    assert!(url.contains(DATABASE_PASSWORD));
    let keys = duyetd::keyring::Keyring::generate();
    let redis_url = format!("redis://:{REDIS_PASSWORD}@127.0.0.1:{}/", redis.port());
    let dir = tempfile::tempdir().unwrap();
    let environment =
        [("DATABASE_URL", url.as_str()), ("REDIS_URL", &redis_url), ("DUYET_KEYS", &keys), ("DUYET_LOG", "trace")];
    let daemon = Daemon::start(dir.path(), &environment);
    let (mut portal, mut desk) = (daemon.portal(), daemon.desk());
    let reader = Reader::new(&mut portal, "Hoàng Kỳ Lạ", "203.0.113.77").await;
    let form = reader.form(&mut portal, "bai", "Chữ này không ai được ghi").await;
    let submitted = portal.comments.submit_comment(form.clone()).await.unwrap().into_inner();
    let wrong = v1::SubmitCommentRequest {
        challenge_answer: "SAI77".into(),
        request_id: uuid::Uuid::new_v4().to_string(),
        ..reader.form(&mut portal, "bai", "Câu khác").await
    };
    let status = portal.comments.submit_comment(wrong).await.unwrap_err();
    // The fresh challenge in the status belongs to the reader, so it is not a secret, but its answer is.
    let mut answers = vec![format!("{status:?}"), String::from_utf8_lossy(status.details()).into_owned()];
    desk.approve(&submitted.comment_id).await;
    let tokens = ["portal", "moderator", "admin"].map(|name| daemon.token(name));
    for token in &tokens {
        for (path, _) in role::TABLE {
            answers.push(say_nothing(&daemon, path, token).await);
        }
    }
    answers.push(say_nothing(&daemon, role::TABLE[0].0, &tokens[0].replace("dyt_", "dyt_x")).await);
    let case = desk.case(&submitted.comment_id).await;
    answers.push(format!("{case:?}"));
    // Without Redis, submissions still succeed, and the log reports errors of Redis.
    redis.stop();
    for n in 0..3 {
        reader.say(&mut portal, "bai", &format!("Không có Redis {n}")).await.unwrap();
    }
    answers.push(daemon.http("/metrics"));
    answers.push(daemon.http("/readyz"));
    let log = daemon.log();
    assert!(log.lines().count() > 100, "the log must be at level TRACE, and so have many lines");

    let mut secrets: Vec<String> = tokens.iter().map(|token| token[token.len() - 43..].to_owned()).collect();
    secrets.extend([DATABASE_PASSWORD.into(), REDIS_PASSWORD.into(), keys[2..].to_owned()]);
    assert_in_none(&secrets, answers.iter().chain([&log]));
    // The reader's own data may be in responses, but not in the log, and the name not in the metrics either.
    let own = [
        "Chữ này không ai",
        "Hoàng Kỳ Lạ",
        "203.0.113.77",
        &form.challenge_token,
        &reader.device_token,
        &submitted.receipt,
        &format!("\"{ANSWER}\""),
        "SAI77",
    ];
    assert_in_none(&own, [&log].into_iter());
    assert!(!daemon.http("/metrics").contains("Hoàng"));
    // The answer to an image is never in the response with the image.
    let challenge = portal.challenge("bai").await;
    let bytes = challenge.encode_to_vec();
    assert!(!bytes.windows(ANSWER.len()).any(|window| window == ANSWER.as_bytes()));
}

#[test]
fn no_secret_is_in_debug_output() {
    let toml = format!(
        "database_url = \"postgres://u:{DATABASE_PASSWORD}@h/d\"\nredis_url = \"redis://:{REDIS_PASSWORD}@h/\"\nkeys = \"{}\"\n
        [captcha]\nfixed_answer = \"CFHKM\"\n",
        duyetd::keyring::Keyring::generate()
    );
    let settings = Settings::from_toml(&toml).unwrap();
    let printed = format!("{settings:?}");
    let config = duyetd::config::Config::from_settings(settings).unwrap();
    let keyring = duyetd::keyring::Keyring::parse(config.keys.as_ref().unwrap().expose()).unwrap();
    for text in [printed, format!("{config:?}"), format!("{keyring:?}"), format!("{:?}", config.keys)] {
        for secret in [DATABASE_PASSWORD, REDIS_PASSWORD, &config.keys.as_ref().unwrap().expose()[2..]] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}
