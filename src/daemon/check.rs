//! `duyetd config check`: whether a server could start, and if not, everything that stands in its way.

use anyhow::{anyhow, bail};

use super::{
    commands::{complain, say},
    runtime::block_on,
};
use crate::{
    config::{Config, UnknownVariable},
    server::preflight,
};

/// Tries what a start does up to listening. With `connect` the database and Redis are asked too, each for a few seconds.
///
/// # Errors
/// Everything that is wrong, a line each.
pub(super) fn check(config: &anyhow::Result<Config>, unknown: &[UnknownVariable], connect: bool) -> anyhow::Result<()> {
    let mut problems: Vec<String> = unknown.iter().map(ToString::to_string).collect();
    match config {
        Ok(config) => {
            for warning in preflight::warnings(config) {
                complain(&anyhow!("warning: {warning}"));
            }
            // Never run: what is built in it connects to nothing.
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
    if problems.is_empty() { say("the configuration is good") } else { bail!(problems.join("\n")) }
}
