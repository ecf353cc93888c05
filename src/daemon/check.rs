//! `duyetd config check`: reports everything that would keep a server from starting.

use anyhow::{anyhow, bail};

use super::{
    commands::{complain, say},
    runtime::block_on,
};
use crate::{
    config::{Config, UnknownVariable},
    server::preflight,
};

/// Performs the steps of a start except serving. With `connect`, also connects to the database and to Redis, each with
/// a timeout of a few seconds.
///
/// # Errors
/// All problems, one per line.
pub(super) fn check(config: &anyhow::Result<Config>, unknown: &[UnknownVariable], connect: bool) -> anyhow::Result<()> {
    let mut problems: Vec<String> = unknown.iter().map(ToString::to_string).collect();
    match config {
        Ok(config) => {
            for warning in preflight::warnings(config) {
                complain(&anyhow!("warning: {warning}"));
            }
            // This runtime is never run: objects that are created inside it do not connect to anything.
            let idle = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let inside = idle.enter();
            problems.extend(preflight::problems(config));
            drop(inside);
            if connect {
                block_on(async {
                    problems.extend(preflight::unreachable(config).await);
                    Ok(())
                })?;
            }
        }
        Err(error) => problems.push(error.to_string()),
    }
    if problems.is_empty() { say("the configuration is valid") } else { bail!(problems.join("\n")) }
}
