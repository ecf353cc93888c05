//! What must not change over time, and what a process needs at rest.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use crate::{
    baselines::Postgres,
    load::{self, CALLERS},
    processes::{Processes, descriptors, resident_mib},
    readers::{Forms, Links, now},
    report::{Goal, Report, median},
    servers::Server,
    submits::submits,
};

/// Share of the maximum rate that is kept up for minutes.
const PART: f64 = 0.8;
/// Number of runs of ten seconds before the maximum rate (the knee) is searched.
const WARM_UPS: usize = 7;
/// Duration of each tried rate in seconds.
const TRY: u64 = 10;
/// The search starts at this many twentieths of the rate of a closed load.
const LEAST: u32 = 8;
/// The p99 in milliseconds above which a rate is past the knee, where calls wait for each other. p99 is 30 to 40 ms
/// up to half of the closed load's rate, and rises steeply at some 70.
const IN_TIME_MS: f64 = 100.0;
/// Duration of each reading in seconds.
const READING: u64 = 30;
/// Number of starts, whose median is shown.
const STARTS: usize = 9;

/// Submits at 80 % of the knee for the given minutes; memory, files and times are read twice a minute.
pub(crate) async fn for_minutes(minutes: u64) -> anyhow::Result<()> {
    let (postgres, redis, mut report) = (Postgres::from_environment()?, Server::redis()?, Report::default());
    postgres.psql("postgres", "create database steady")?;
    let (url, redis_url) = (postgres.database("steady"), redis.redis_url());
    let duyetd = Server::duyetd(&[("DATABASE_URL", url.as_str()), ("REDIS_URL", redis_url.as_str())])?;
    let watched = Processes([&postgres.processes.0[..], &[redis.pid(), duyetd.pid()]].concat());
    // A new database has no statistics of its tables until autovacuum runs, once a minute.
    for _ in 0..WARM_UPS {
        submits(&duyetd, CALLERS, Duration::from_secs(10), &watched).await?;
    }
    let rate = knee(&duyetd, &watched, &mut report).await? * PART;
    report.fact("submits a second", rate.round());
    let (mut memory, mut files, mut waits) = (Vec::new(), Vec::new(), Vec::new());
    for reading in 0..minutes * 60 / READING {
        let figures = paced(&duyetd, rate, READING, &watched).await?;
        memory.push(resident_mib(duyetd.pid()));
        files.push(descriptors(duyetd.pid()));
        waits.push(figures.p50);
        report.line("submits at 80 % of the knee", &figures);
        report.fact(
            &format!("reading {reading:03}"),
            serde_json::json!({ "resident_mib": memory.last(), "files": files.last(), "p99_ms": figures.p99, "failed": figures.failed }),
        );
    }
    report.fact("files, least and most", serde_json::json!([files.iter().min(), files.iter().max()]));
    report.ratio("memory, second half / first half", Goal::AtMost(1.1), late_to_early(&memory));
    // Calls are timed from their scheduled start, so a growing queue would make each wait longer than those before
    // it.
    report.ratio("p50, second half / first half", Goal::AtMost(1.5), late_to_early(&waits));
    report.finish()
}

fn late_to_early(readings: &[f64]) -> f64 {
    let (early, late) = readings.split_at(readings.len() / 2);
    median(late.to_vec()) / median(early.to_vec())
}

/// Returns the highest steady rate at which all calls are answered in time. Callers of a closed load arrive together
/// and are stored in larger batches, so their rate is higher.
async fn knee(duyetd: &Server, watched: &Processes, report: &mut Report) -> anyhow::Result<f64> {
    let crowd = submits(duyetd, CALLERS, Duration::from_secs(TRY), watched).await?;
    report.line("knee: callers that wait", &crowd);
    let mut met = 0.0;
    // The rates increase, because a server that has shed calls past the knee keeps a low concurrency limit for a
    // while.
    for twentieths in LEAST..20 {
        let rate = crowd.rate * f64::from(twentieths) / 20.0;
        let figures = paced(duyetd, rate, TRY, watched).await?;
        report.line("knee: evenly", &figures);
        if figures.failed > 0 || figures.p99 > IN_TIME_MS {
            break;
        }
        met = rate;
    }
    anyhow::ensure!(met > 0.0, "not even {LEAST}/20 of {:.0}/s is answered in time", crowd.rate);
    Ok(met)
}

async fn paced(duyetd: &Server, rate: f64, seconds: u64, watched: &Processes) -> anyhow::Result<load::Figures> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some thousands")]
    let count = (rate * 1.05) as usize * usize::try_from(seconds)? + 1;
    let forms = Forms::make(count, &duyetd.keyring()?, now(), rand::random())?;
    let links = Links::to(duyetd, Some("portal")).await?;
    load::open(rate, Duration::from_secs(seconds), watched, move |caller| {
        let (mut client, form) = (links.comments(caller), forms.next());
        async move {
            let form = form.ok_or_else(|| tonic::Status::out_of_range("too few forms were made"))?;
            client.submit_comment(form).await.map(drop)
        }
    })
    .await
}

/// Measures program size, memory at rest and start time.
pub(crate) async fn at_rest() -> anyhow::Result<()> {
    let (postgres, redis, mut report) = (Postgres::from_environment()?, Server::redis()?, Report::default());
    postgres.psql("postgres", "create database rest")?;
    let (url, redis_url) = (postgres.database("rest"), redis.redis_url());
    for name in ["duyetd", "duyet"] {
        let program = Path::new(env!("CARGO_BIN_EXE_duyetd")).with_file_name(name);
        report.fact(&format!("{name}, bytes"), std::fs::metadata(program)?.len());
    }
    let with_servers = [("DATABASE_URL", url.as_str()), ("REDIS_URL", redis_url.as_str())];
    for (what, environment, most) in [("embedded", &[][..], 60.0), ("PostgreSQL", &with_servers[..], 40.0)] {
        let mut duyetd = Server::duyetd(environment)?;
        let mut starts = Vec::new();
        for _ in 0..STARTS {
            let began = Instant::now();
            duyetd = duyetd.again(environment)?;
            starts.push(began.elapsed().as_secs_f64() * 1e3);
        }
        tokio::time::sleep(Duration::from_secs(5)).await;
        report.ratio(&format!("{what}: memory at rest, MiB"), Goal::AtMost(most), resident_mib(duyetd.pid()));
        for start in starts {
            report.ratio(&format!("{what}: ready after, ms"), Goal::AtMost(300.0), start);
        }
    }
    report.finish()
}
