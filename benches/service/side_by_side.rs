//! The service beside its limits, round by round.

use std::time::Duration;

use chrono::{DateTime, Utc};
use duyet_proto::v1;

use crate::{
    baselines::{self, Postgres},
    load::{self, CALLERS, Figures},
    processes::Processes,
    readers::{ARTICLES, Forms, Links, article},
    report::{Goal, Report},
    servers::Server,
};

/// What can be measured, by name.
pub(crate) const GROUPS: [&str; 6] = ["submit", "embedded", "limits", "issue", "list", "queue"];
/// Submits a second that forms are made for beforehand.
const MOST_SUBMITS: u64 = 20_000;
/// Images that a pool holds of a level, and how long it takes to fill it again.
const POOLED: usize = 64;
const REFILL: Duration = Duration::from_millis(60);

/// Everything that runs.
pub(crate) struct Bench {
    pub(crate) postgres: Postgres,
    pub(crate) redis: Server,
    pub(crate) duyetd: Server,
    pub(crate) uncached: Server,
    pub(crate) embedded: Server,
    pub(crate) bare: Server,
    pub(crate) local: Server,
    pub(crate) shared: Server,
    pub(crate) time: Duration,
}

impl Bench {
    pub(crate) fn start(time: Duration) -> anyhow::Result<Self> {
        let (postgres, redis) = (Postgres::from_environment()?, Server::redis()?);
        postgres.make_anchors()?;
        postgres.psql("postgres", "create database duyet")?;
        let (url, redis_url) = (postgres.database("duyet"), redis.redis_url());
        let environment = [("DATABASE_URL", url.as_str()), ("REDIS_URL", redis_url.as_str())];
        let duyetd = Server::duyetd(&environment)?;
        postgres.psql("duyet", include_str!("seed.sql"))?;
        let without = [environment[0], environment[1], ("DUYET_PAGE_CACHE_MIB", "0")];
        Ok(Self {
            uncached: duyetd.replica(&without)?,
            embedded: Server::duyetd(&[])?,
            bare: Server::bare(&[])?,
            local: Server::bare(&["local"])?,
            shared: Server::bare(&[&redis_url])?,
            postgres,
            redis,
            duyetd,
            time,
        })
    }

    /// All processes that serve a call of duyetd.
    fn all(&self) -> Processes {
        Processes([&self.postgres.processes.0[..], &[self.redis.pid(), self.duyetd.pid()]].concat())
    }

    pub(crate) async fn round(&self, groups: &[String], report: &mut Report) -> anyhow::Result<()> {
        for group in groups {
            match group.as_str() {
                "submit" => self.submit(report).await?,
                "embedded" => self.embedded(report).await?,
                "limits" => self.limits(report).await?,
                "issue" => self.issue(report).await?,
                "list" => self.list(report).await?,
                "queue" => self.queue(report).await?,
                other => anyhow::bail!("no group {other}: {}", GROUPS.join(" ")),
            }
        }
        Ok(())
    }

    async fn submits(&self, server: &Server, watched: &Processes) -> anyhow::Result<Figures> {
        submits(server, CALLERS, self.time, watched).await
    }

    async fn submit(&self, report: &mut Report) -> anyhow::Result<()> {
        let single = self.postgres.pgbench("insert.sql", 32, self.time)?;
        let ours = self.submits(&self.duyetd, &self.all()).await?;
        let transaction = self.postgres.pgbench("token_insert.sql", 32, self.time)?;
        report.line("pgbench: one insert", &single);
        report.line("pgbench: token, insert", &transaction);
        report.line("submit, PostgreSQL and Redis", &ours);
        report.ratio("submit / insert, rate", Goal::AtLeast(0.5), ours.rate / single.rate);
        report.ratio("submit / token and insert, rate", Goal::AtLeast(1.2), ours.rate / transaction.rate);
        report.ratio("submit / insert, CPU", Goal::AtMost(2.0), ours.cpu / single.cpu);
        report.ratio("submit / insert, p99", Goal::AtMost(2.5), ours.p99 / single.p99);
        Ok(())
    }

    async fn embedded(&self, report: &mut Report) -> anyhow::Result<()> {
        let bare = baselines::sqlite_writer(CALLERS as u64, self.time).await?;
        let ours = self.submits(&self.embedded, &Processes(vec![self.embedded.pid()])).await?;
        report.line("bare SQLite writer", &bare);
        report.line("submit, embedded", &ours);
        report.ratio("submit / SQLite writer, rate", Goal::AtLeast(0.8), ours.rate / bare.rate);
        Ok(())
    }

    async fn echo(&self) -> anyhow::Result<Figures> {
        let (links, form) = (Links::to(&self.bare, None).await?, echoed());
        let watched = Processes(vec![self.bare.pid()]);
        load::closed(CALLERS, self.time, &watched, move |caller| {
            let (mut client, form) = (links.comments(caller), form.clone());
            async move { client.submit_comment(form).await.map(drop) }
        })
        .await
    }

    async fn decisions(&self, server: &Server, watched: &Processes) -> anyhow::Result<Figures> {
        let links = Links::to(server, None).await?;
        load::closed(CALLERS, self.time, watched, move |caller| {
            let mut client = links.comments(caller);
            let id = format!("{:04}", rand::random_range(0..10_000));
            async move { client.get_comment(v1::GetCommentRequest { id, receipts: vec![] }).await.map(drop) }
        })
        .await
    }

    async fn limits(&self, report: &mut Report) -> anyhow::Result<()> {
        let echo = self.echo().await?;
        let local = self.decisions(&self.local, &Processes(vec![self.local.pid()])).await?;
        let watched = Processes(vec![self.shared.pid(), self.redis.pid()]);
        let shared = self.decisions(&self.shared, &watched).await?;
        let script = baselines::redis_benchmark(&self.redis, 200_000)?;
        report.line("tonic echo", &echo);
        report.line("limit, in process", &local);
        report.line("limit, Redis", &shared);
        report.line("redis-benchmark: our script", &script);
        report.ratio("limit in process / echo, rate", Goal::AtLeast(0.92), local.rate / echo.rate);
        report.ratio("limit with Redis / echo, rate", Goal::AtLeast(0.5), shared.rate / echo.rate);
        Ok(())
    }

    /// Bursts of as many calls as images are ready, of the echo and of challenges, in turns.
    async fn issue(&self, report: &mut Report) -> anyhow::Result<()> {
        let (echo, issue) = (Links::to(&self.bare, None).await?, Links::to(&self.duyetd, Some("portal")).await?);
        let (mut echoes, mut issues) = (load::Bursts::default(), load::Bursts::default());
        let (form, bare, all) = (echoed(), Processes(vec![self.bare.pid()]), self.all());
        for _ in 0..100 {
            tokio::time::sleep(REFILL).await;
            let each = |caller: usize| {
                let (mut client, form) = (echo.comments(caller), form.clone());
                async move { client.submit_comment(form).await.map(drop) }
            };
            echoes.burst(POOLED, &bare, each).await?;
            let each = |caller: usize| {
                let mut client = issue.captcha(caller);
                let request = v1::IssueChallengeRequest {
                    article_id: article(caller % ARTICLES),
                    accepted_kinds: vec![v1::ChallengeKind::Image.into()],
                    client: Some(v1::ReaderContext {
                        ip: format!("10.1.{}.{caller}", caller % 250),
                        ..Default::default()
                    }),
                    ..Default::default()
                };
                async move { client.issue_challenge(request).await.map(drop) }
            };
            issues.burst(POOLED, &all, each).await?;
        }
        let (echo, issue) = (echoes.figures(&bare), issues.figures(&all));
        report.line("tonic echo, bursts", &echo);
        report.line("challenge from the pool, bursts", &issue);
        report.ratio("challenge / echo, rate", Goal::AtLeast(0.6), issue.rate / echo.rate);
        report.ratio("challenge, p99 ms", Goal::AtMost(5.0), issue.p99);
        Ok(())
    }

    async fn lists(&self, server: &Server, role: Option<&str>, watched: &Processes) -> anyhow::Result<Figures> {
        let links = Links::to(server, role).await?;
        load::closed(CALLERS, self.time, watched, move |caller| {
            let mut client = links.comments(caller);
            let article_id = article(rand::random_range(0..ARTICLES));
            let request = v1::ListCommentsRequest { article_id, page_size: 20, ..Default::default() };
            async move { client.list_comments(request).await.map(drop) }
        })
        .await
    }

    async fn list(&self, report: &mut Report) -> anyhow::Result<()> {
        let limit = self.postgres.pgbench("list.sql", 8, self.time)?;
        let ready = self.lists(&self.bare, None, &Processes(vec![self.bare.pid()])).await?;
        let cached = self.lists(&self.duyetd, Some("portal"), &self.all()).await?;
        let watched = Processes([&self.postgres.processes.0[..], &[self.uncached.pid()]].concat());
        let uncached = self.lists(&self.uncached, Some("portal"), &watched).await?;
        report.line("pgbench: list", &limit);
        report.line("tonic: ready list", &ready);
        report.line("list, cached", &cached);
        report.line("list, not cached", &uncached);
        report.ratio("list cached / ready list, rate", Goal::AtLeast(0.8), cached.rate / ready.rate);
        report.ratio("list not cached / pgbench list, rate", Goal::AtLeast(0.4), uncached.rate / limit.rate);
        Ok(())
    }

    async fn queue(&self, report: &mut Report) -> anyhow::Result<()> {
        let limit = self.postgres.pgbench("queue.sql", 8, self.time)?;
        let links = Links::to(&self.duyetd, Some("moderator")).await?;
        let ours = load::closed(8, self.time, &self.all(), move |caller| {
            let mut desk = links.desk(caller);
            let request = v1::ListQueueRequest { page_size: 20, ..Default::default() };
            async move { desk.list_queue(request).await.map(drop) }
        })
        .await?;
        report.line("pgbench: queue page", &limit);
        report.line("queue page with its count", &ours);
        Ok(())
    }
}

#[expect(clippy::disallowed_methods, reason = "the edge")]
pub(crate) fn now() -> DateTime<Utc> {
    Utc::now()
}

fn echoed() -> v1::SubmitCommentRequest {
    v1::SubmitCommentRequest { content: "x".repeat(450), request_id: "x".repeat(36), ..Default::default() }
}

/// Submits as fast as callers get their answers.
pub(crate) async fn submits(
    server: &Server,
    callers: usize,
    time: Duration,
    watched: &Processes,
) -> anyhow::Result<Figures> {
    let count = usize::try_from((time.as_secs() + 2) * MOST_SUBMITS)?;
    let forms = Forms::make(count, &server.keyring()?, now(), rand::random())?;
    let links = Links::to(server, Some("portal")).await?;
    load::closed(callers, time, watched, move |caller| {
        let (mut client, form) = (links.comments(caller), forms.next());
        async move {
            let form = form.ok_or_else(|| tonic::Status::out_of_range("too few forms were made"))?;
            client.submit_comment(form).await.map(drop)
        }
    })
    .await
}
