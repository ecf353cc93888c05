//! Latency of a challenge: an embedded server in this process, called over its socket at a steady rate.
//!
//! `cargo bench --bench issue`

#![expect(clippy::print_stdout, reason = "a benchmark prints its results")]

use std::time::Duration;

use anyhow::Error;
use duyet_proto::v1::{ChallengeKind, IssueChallengeRequest, captcha_service_client::CaptchaServiceClient};
use duyetd::{
    config::{Config, Settings},
    domain::rate_limit::Quotas,
    server,
};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tonic::{
    Request,
    metadata::{Ascii, MetadataValue},
    transport::{Channel, Endpoint},
};

const PER_SECOND: u32 = 200;
const CALLS: usize = 2_000;
/// The first calls open the connection and the database, so they are not counted.
const WARM_UP: usize = 200;

fn main() -> anyhow::Result<()> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(measure())
}

async fn measure() -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let mut config = Config::from_settings(Settings::default()).map_err(Error::msg)?;
    config.data_dir = dir.path().to_owned();
    config.grpc_addr = "127.0.0.1:0".parse()?;
    config.http_addr = config.grpc_addr;
    config.drain_notice = Duration::ZERO;
    config.limits = Quotas::all("1000000/1h".parse().map_err(Error::msg)?);
    let running = server::start(config).await?;
    let token = std::fs::read_to_string(dir.path().join("portal.token"))?;
    let bearer: MetadataValue<Ascii> = format!("Bearer {}", token.trim()).parse()?;
    let channel = Endpoint::from_shared(format!("http://{}", running.grpc_addr))?.connect().await?;
    println!("{:<22} {:>8} {:>8} {:>8} {:>8}", "challenge", "p50 ms", "p99 ms", "max ms", "failed");
    for kind in [ChallengeKind::Image, ChallengeKind::AltchaPow, ChallengeKind::AltchaPowWithImage] {
        let mut times = ask(&channel, &bearer, kind).await?;
        let failed = times.iter().filter(|time| time.is_none()).count();
        times.sort();
        let at = |share: f64| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss,
                reason = "small"
            )]
            let place = ((times.len() - 1) as f64 * share) as usize;
            times[place].unwrap_or_default().as_secs_f64() * 1e3
        };
        let name = kind.as_str_name().trim_start_matches("CHALLENGE_KIND_");
        println!("{name:<22} {:>8.2} {:>8.2} {:>8.2} {failed:>8}", at(0.5), at(0.99), at(1.0));
    }
    running.stop().await;
    Ok(())
}

/// Returns the time of each call from its scheduled start, so that a slow answer does not delay the next call; `None`
/// for an error.
async fn ask(
    channel: &Channel,
    bearer: &MetadataValue<Ascii>,
    kind: ChallengeKind,
) -> anyhow::Result<Vec<Option<Duration>>> {
    let mut ticks = interval(Duration::from_secs(1) / PER_SECOND);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut calls = Vec::new();
    for _ in 0..CALLS {
        let due = ticks.tick().await;
        let mut client = CaptchaServiceClient::new(channel.clone());
        let (article_id, accepted_kinds) = ("bench".to_owned(), vec![kind.into()]);
        let mut request = Request::new(IssueChallengeRequest { article_id, accepted_kinds, ..Default::default() });
        request.metadata_mut().insert("authorization", bearer.clone());
        calls.push(tokio::spawn(async move {
            let answer = client.issue_challenge(request).await;
            answer.ok().map(|_| Instant::now() - due)
        }));
    }
    let mut times = Vec::new();
    for call in calls.into_iter().skip(WARM_UP) {
        times.push(call.await?);
    }
    Ok(times)
}
