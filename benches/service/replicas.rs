//! What several replicas must do as one: limits exact to one burst, no duplicate comment, and submits that cost
//! PostgreSQL as much as those of one replica.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::Context as _;
use tokio::task::JoinSet;
use tonic::Code;

use crate::{
    baselines::Postgres,
    load::{self, CALLERS, Figures, float},
    readers::{Forms, Links, now},
    report::{Goal, Report},
    servers::{SUBMITS_PER_SITE, Server},
    submits::{CROWD, forms},
};

/// Quota of a whole site in submits per second, and its burst.
const QUOTA: f64 = 50.0;
/// How long a site exceeds its quota.
const OVER_QUOTA: Duration = Duration::from_secs(10);
/// Number of comments that are sent to two replicas concurrently.
const TWICE: usize = 2_000;
/// Pause of a denied reader before the next try.
const AGAIN: Duration = Duration::from_millis(5);

/// Several replicas with one database and one Redis.
struct Fleet {
    postgres: Postgres,
    database: String,
    servers: Vec<Server>,
    _redis: Server,
}

impl Fleet {
    fn start(replicas: usize, what: &str, submits_per_site: Option<&str>) -> anyhow::Result<Self> {
        let (postgres, redis, database) =
            (Postgres::from_environment()?, Server::redis()?, format!("{what}_{replicas}"));
        postgres.psql("postgres", &format!("create database {database}"))?;
        let (url, redis_url, expected) = (postgres.database(&database), redis.redis_url(), replicas.to_string());
        let mut environment = vec![
            ("DATABASE_URL", url.as_str()),
            ("REDIS_URL", redis_url.as_str()),
            ("DUYET_EXPECTED_REPLICAS", expected.as_str()),
        ];
        environment.extend(submits_per_site.map(|limit| (SUBMITS_PER_SITE, limit)));
        let mut servers = vec![Server::duyetd(&environment)?];
        for _ in 1..replicas {
            servers.push(servers[0].replica(&environment)?);
        }
        Ok(Self { postgres, database, servers, _redis: redis })
    }

    fn forms(&self, count: usize) -> anyhow::Result<Forms> {
        Forms::make(count, &self.servers[0].keyring()?, now(), rand::random())
    }

    /// Submits by 200 callers of all replicas together. Only PostgreSQL's CPU time counts.
    async fn submits(&self, time: Duration) -> anyhow::Result<Figures> {
        let (forms, links) = (forms(&self.servers[0], CROWD, time)?, self.links().await?);
        load::closed(CROWD, time, &self.postgres.processes, move |caller| {
            let (mut client, form) = (links[caller % links.len()].comments(caller / links.len()), forms.next());
            async move {
                let form = form.ok_or_else(|| tonic::Status::out_of_range("too few forms were made"))?;
                client.submit_comment(form).await.map(drop)
            }
        })
        .await
    }

    async fn links(&self) -> anyhow::Result<Vec<Links>> {
        let mut links = Vec::new();
        for server in &self.servers {
            links.push(Links::to(server, Some("portal")).await?);
        }
        Ok(links)
    }
}

/// Measures the cost and both promises with each number of replicas.
pub(crate) async fn measure(numbers: &[usize], rounds: usize, time: Duration) -> anyhow::Result<()> {
    let mut report = Report::default();
    cost(numbers, rounds, time, &mut report).await?;
    for replicas in numbers {
        let bursts = over_quota(*replicas, OVER_QUOTA).await?;
        report.ratio(&format!("{replicas} replicas: submits beyond the rate, bursts"), Goal::AtMost(1.0), bursts);
        let doubles = sent_twice(*replicas).await?;
        report.ratio(&format!("{replicas} replicas: comments stored twice"), Goal::AtMost(0.0), doubles);
    }
    report.finish()
}

/// Measures the CPU time that a submit costs PostgreSQL with each number of replicas, relative to the first number,
/// in alternating rounds.
async fn cost(numbers: &[usize], rounds: usize, time: Duration, report: &mut Report) -> anyhow::Result<()> {
    let fleets: Result<Vec<_>, _> = numbers.iter().map(|replicas| Fleet::start(*replicas, "cost", None)).collect();
    let fleets = fleets?;
    for round in 1..=rounds {
        println!("round {round} of {rounds}");
        let mut first = None;
        for fleet in &fleets {
            let (replicas, figures) = (fleet.servers.len(), fleet.submits(time).await?);
            report.line(&format!("submit, PostgreSQL's CPU, replicas: {replicas}"), &figures);
            let Some((few, cpu)) = first else {
                first = Some((replicas, figures.cpu));
                continue;
            };
            let name = format!("PostgreSQL's CPU of a submit, {replicas} replicas / {few}");
            report.ratio(&name, Goal::AtMost(1.3), figures.cpu / cpu);
        }
    }
    Ok(())
}

/// Returns the number of bursts that a site got beyond its rate while callers of all replicas exceeded that rate all
/// the time.
async fn over_quota(replicas: usize, time: Duration) -> anyhow::Result<f64> {
    let fleet = Fleet::start(replicas, "limits", Some(&format!("{QUOTA}/1s burst {QUOTA}")))?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some thousands")]
    let forms = fleet.forms((QUOTA * time.as_secs_f64() * 2.0) as usize + 10 * CALLERS)?;
    let (links, accepted, began) = (fleet.links().await?, Arc::new(AtomicU64::new(0)), Instant::now());
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let mut client = links[caller % replicas].comments(caller);
        let (forms, accepted) = (forms.clone(), accepted.clone());
        callers.spawn(async move {
            let mut form = forms.next().context("too few forms were made")?;
            while began.elapsed() < time {
                match client.submit_comment(form.clone()).await {
                    Ok(_) => {
                        accepted.fetch_add(1, Ordering::Relaxed);
                        form = forms.next().context("too few forms were made")?;
                    }
                    Err(status) if status.code() == Code::ResourceExhausted => tokio::time::sleep(AGAIN).await,
                    Err(status) => return Err(status.into()),
                }
            }
            anyhow::Ok(())
        });
    }
    while let Some(caller) = callers.join_next().await {
        caller??;
    }
    Ok((float(accepted.load(Ordering::Relaxed)) - QUOTA * began.elapsed().as_secs_f64()) / QUOTA)
}

/// Sends each comment to two replicas concurrently and returns the number of duplicates stored. Both answers must
/// have the same comment id.
async fn sent_twice(replicas: usize) -> anyhow::Result<f64> {
    let fleet = Fleet::start(replicas, "doubles", None)?;
    let (forms, links) = (fleet.forms(TWICE)?, fleet.links().await?);
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let mut one = links[caller % replicas].comments(caller);
        let mut other = links[(caller + 1) % replicas].comments(caller + 1);
        let forms = forms.clone();
        callers.spawn(async move {
            while let Some(form) = forms.next() {
                let (first, second) = tokio::join!(one.submit_comment(form.clone()), other.submit_comment(form));
                let (first, second) = (first?.into_inner().comment_id, second?.into_inner().comment_id);
                anyhow::ensure!(first == second, "one request became {first} and {second}");
            }
            Ok(())
        });
    }
    while let Some(caller) = callers.join_next().await {
        caller??;
    }
    let stored: f64 = fleet.postgres.psql(&fleet.database, "select count(*) from comments")?.trim().parse()?;
    Ok(stored - float(TWICE as u64))
}
