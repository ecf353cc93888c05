//! Limits and challenges compared with an echo.

use std::time::Duration;

use duyet_proto::v1;

use crate::{
    baselines,
    load::{self, CALLERS, Figures},
    processes::Processes,
    readers::{ARTICLES, Links, challenge_request},
    report::{Goal, Report},
    servers::Server,
    side_by_side::Bench,
};

/// Number of images that the pool holds of a level, and how long it takes to refill it.
const POOLED: usize = 64;
const REFILL: Duration = Duration::from_millis(60);
/// Number of bursts of each kind in a round.
const BURSTS: usize = 100;
/// Number of devices that the echoed forms come from.
const DEVICES: u32 = 10_000;
/// Number of calls of `redis-benchmark`.
const SCRIPT_CALLS: u32 = 100_000;

impl Bench {
    /// Sends the same message to a bare server, which either echoes at once or charges limits first.
    async fn echo(&self, server: &Server, watched: &Processes) -> anyhow::Result<Figures> {
        let links = Links::to(server, None).await?;
        load::closed(CALLERS, self.time, watched, move |caller| {
            let mut client = links.comments(caller);
            async move { client.submit_comment(echoed()).await.map(drop) }
        })
        .await
    }

    pub(crate) async fn limits(&self, report: &mut Report) -> anyhow::Result<()> {
        let echo = self.echo(&self.bare, &Processes(vec![self.bare.pid()])).await?;
        let local = self.echo(&self.local, &Processes(vec![self.local.pid()])).await?;
        let shared = self.echo(&self.shared, &Processes(vec![self.shared.pid(), self.redis.pid()])).await?;
        let script = baselines::redis_benchmark(&self.redis, SCRIPT_CALLS)?;
        report.line("tonic echo", &echo);
        report.line("limit, in process", &local);
        report.line("limit, Redis", &shared);
        report.line("redis-benchmark: our script", &script);
        report.ratio("limit with Redis / echo, rate", Goal::AtLeast(0.65), shared.rate / echo.rate);
        Ok(())
    }

    /// Sends bursts of as many calls as there are ready images, alternating between the echo and challenges.
    pub(crate) async fn issue(&self, report: &mut Report) -> anyhow::Result<()> {
        let (echo, issue) = (Links::to(&self.bare, None).await?, Links::to(&self.duyetd, Some("portal")).await?);
        let (mut echoes, mut issues) = (load::Bursts::default(), load::Bursts::default());
        let (bare, all) = (Processes(vec![self.bare.pid()]), self.all());
        for _ in 0..BURSTS {
            tokio::time::sleep(REFILL).await;
            let each = |caller: usize| {
                let mut client = echo.comments(caller);
                async move { client.submit_comment(echoed()).await.map(drop) }
            };
            echoes.burst(POOLED, &bare, each).await?;
            let each = |caller: usize| {
                let (mut client, request) = (issue.captcha(caller), challenge_request(caller % ARTICLES));
                async move { client.issue_challenge(request).await.map(drop) }
            };
            issues.burst(POOLED, &all, each).await?;
        }
        let (echo, issue) = (echoes.figures(&bare), issues.figures(&all));
        report.line("tonic echo, bursts", &echo);
        report.line("challenge from the pool, bursts", &issue);
        report.ratio("challenge / echo, rate", Goal::AtLeast(0.45), issue.rate / echo.rate);
        report.ratio("challenge / echo, p99", Goal::AtMost(2.0), issue.p99 / echo.p99);
        Ok(())
    }
}

/// Returns a form of some 450 bytes. Its id names one of [`DEVICES`] devices; ten devices share all but the first
/// digit, and so a prefix.
fn echoed() -> v1::SubmitCommentRequest {
    let request_id = format!("{:036}", rand::random_range(0..DEVICES));
    let request_id = request_id.chars().rev().collect();
    v1::SubmitCommentRequest { content: "x".repeat(450), request_id, ..Default::default() }
}
