//! A duyetd inside the portal's own process, so that one command starts the whole demonstration. It is the same server
//! with the same settings: `DATABASE_URL`, `REDIS_URL`, `DUYET_CONFIG` and every `DUYET_*` of the environment.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::{CommandFactory as _, FromArgMatches as _, Parser};
use duyetd::{
    config::{Config, Settings, without_empty_variables},
    ops::telemetry,
    server::{self, Running},
};

use crate::config::{QUIET, Remote, read_token};

/// The settings of duyetd from the environment.
#[derive(Parser)]
struct Environment {
    #[arg(long, env = "DUYET_CONFIG")]
    config: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
}

/// The running service.
pub(crate) struct Embedded {
    running: Running,
    data_dir: PathBuf,
}

impl Embedded {
    /// Starts duyetd for a portal that listens on `portal`.
    pub(crate) async fn start(portal: SocketAddr) -> anyhow::Result<Self> {
        // The arguments of the process belong to the portal, so they are not passed.
        let matches = without_empty_variables(Environment::command()).get_matches_from(["portal"]);
        let mut environment = Environment::from_arg_matches(&matches)?;
        if environment.config.is_none() {
            // By default only warnings are logged, because a line for each call would hide the two lines with the
            // addresses.
            environment.settings.log.get_or_insert_with(|| QUIET.to_owned());
        }
        let mut config: Config = environment.settings.resolve(environment.config).map_err(anyhow::Error::msg)?;
        if config.fixed_answer.is_some() && !portal.ip().is_loopback() {
            anyhow::bail!("captcha.fixed_answer is for tests: it is an error unless PORTAL_ADDR is on loopback");
        }
        telemetry::start_logs(&config.log).map_err(anyhow::Error::msg)?;
        // No load balancer needs time to notice the shutdown of a demonstration, so Ctrl-C does not wait for one.
        config.drain_notice = std::time::Duration::ZERO;
        let data_dir = config.data_dir.clone();
        let running = server::start(config).await.context("starting the embedded duyetd")?;
        Ok(Self { running, data_dir })
    }

    /// Returns the address of the server and the portal's token, in the same form as for a remote server.
    pub(crate) fn remote(&self) -> anyhow::Result<Remote> {
        let token = read_token(&self.data_dir.join("portal.token"))?;
        Ok(Remote { addr: format!("http://{}", self.running.grpc_addr), token })
    }

    pub(crate) fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// Drains the server, so that every accepted comment is on disk.
    pub(crate) async fn stop(self) {
        self.running.stop().await;
    }
}
