//! The service compared with its limits, round by round.

use std::time::Duration;

use crate::{baselines::Postgres, processes::Processes, report::Report, servers::Server};

/// The groups of measurements.
pub(crate) const GROUPS: [&str; 9] =
    ["lone", "submit", "crowd", "embedded", "limits", "issue", "list", "queue", "mixed"];

/// The running servers.
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
    /// Starts every server, with a database of its own or a seeded one.
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

    /// Returns all processes that serve a call of duyetd.
    pub(crate) fn all(&self) -> Processes {
        Processes([&self.postgres.processes.0[..], &[self.redis.pid(), self.duyetd.pid()]].concat())
    }

    pub(crate) async fn round(&self, groups: &[String], report: &mut Report) -> anyhow::Result<()> {
        for group in groups {
            match group.as_str() {
                "lone" => self.lone(report).await?,
                "submit" => self.submit(report).await?,
                "crowd" => self.crowd(report).await?,
                "embedded" => self.embedded(report).await?,
                "limits" => self.limits(report).await?,
                "issue" => self.issue(report).await?,
                "list" => self.list(report).await?,
                "queue" => self.queue(report).await?,
                "mixed" => self.mixed(report).await?,
                other => anyhow::bail!("no group {other}: {}", GROUPS.join(" ")),
            }
        }
        Ok(())
    }
}
