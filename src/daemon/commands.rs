//! Output and the short commands of `duyetd`.

use std::{
    fs::OpenOptions,
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use anyhow::Context as _;

use crate::{
    captcha::{self, Wish},
    config::{Config, Settings},
    keyring::Keyring,
    server::{self, Running},
};

/// Writes a line of output to stdout.
pub(super) fn say(line: impl std::fmt::Display) -> anyhow::Result<()> {
    writeln!(io::stdout(), "{line}").context("writing to stdout")
}

/// Writes an error with its causes to stderr, one problem per line.
pub(super) fn complain(error: &anyhow::Error) {
    for line in format!("{error:#}").lines() {
        // If stderr is closed, there is no other place for the message.
        let _ = writeln!(io::stderr(), "duyetd: {line}");
    }
}

/// Prints the addresses of the server, for people and for scripts that use port 0.
pub(super) fn greet(running: &Running, data_dir: &Path) {
    let lines = [
        format!("grpc  {}", running.grpc_addr),
        format!("http  {}", running.http_addr),
        format!("data  {}", data_dir.display()),
    ];
    // The server continues even if stdout is closed.
    let _ = say(lines.join("\n")).and_then(|()| io::stdout().flush().context("flush"));
}

/// Prints new keys, or writes them to a new file that only its owner can read.
pub(super) fn generate_keys(out: Option<&Path>) -> anyhow::Result<()> {
    let Some(path) = out else { return say(Keyring::generate()) };
    let named = || path.display().to_string();
    // `create_new` never overwrites a file, which could be the only copy of keys in use.
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).with_context(named)?;
    writeln!(file, "{}", Keyring::generate()).and_then(|()| file.sync_all()).with_context(named)
}

pub(super) fn draw_samples(wish: Wish, count: usize, out: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(out).with_context(|| out.display().to_string())?;
    captcha::write_samples(wish, count, out).with_context(|| out.display().to_string())
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
