//! What the small commands do and print.

use std::{
    io::{self, Write as _},
    path::Path,
};

use anyhow::Context as _;

use crate::{
    captcha::{self, Wish},
    config::{Config, Settings},
    keyring::Keyring,
    limiter::Limiter,
    server::{self, Running},
};

/// Writes one line of data to stdout.
pub(super) fn say(line: impl std::fmt::Display) -> anyhow::Result<()> {
    writeln!(io::stdout(), "{line}").context("writing to stdout")
}

/// Writes what went wrong, with its causes, to stderr.
pub(super) fn complain(error: &anyhow::Error) {
    // With stderr gone there is nobody left to tell.
    let _ = writeln!(io::stderr(), "duyetd: {error:#}");
}

/// Says where the server listens, for people and for scripts that asked for port 0.
pub(super) fn greet(running: &Running, data_dir: &Path) {
    let lines = [
        format!("grpc  {}", running.grpc_addr),
        format!("http  {}", running.http_addr),
        format!("data  {}", data_dir.display()),
    ];
    // A closed stdout is no reason to stop serving.
    let _ = say(lines.join("\n")).and_then(|()| io::stdout().flush().context("flush"));
}

pub(super) fn generate_keys() -> anyhow::Result<()> {
    say(Keyring::generate())
}

pub(super) fn draw_samples(wish: Wish, count: usize, out: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(out).with_context(|| out.display().to_string())?;
    captcha::write_samples(wish, count, out).with_context(|| out.display().to_string())
}

/// Parses what only adapters can parse, without connecting or writing anything.
pub(super) fn check(config: &Config) -> anyhow::Result<()> {
    server::check_keyring(config)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let _inside = runtime.enter();
    if let Some(url) = &config.redis_url {
        Limiter::with_redis(config.limits.clone(), url.expose(), config.expected_replicas)
            .map_err(anyhow::Error::msg)
            .context("REDIS_URL")?;
    }
    if let Some(url) = &config.database_url {
        crate::store::postgres::PostgresStore::connect_lazy(url.expose()).context("DATABASE_URL")?;
    }
    say("the configuration is good")
}

pub(super) fn print(config: &Config) -> anyhow::Result<()> {
    say(toml::to_string(&Settings::from(config))?.trim_end())
}

pub(super) async fn migrate(config: Config) -> anyhow::Result<()> {
    let store = server::open_store(&config)?;
    server::migrate(&*store).await?;
    store.close().await;
    say("the schema is up to date")
}
