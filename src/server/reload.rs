//! The configuration file, read again on SIGHUP and when its content changes. Whatever is wrong with it leaves the last good set in
//! force, and says so.

use std::{sync::Arc, time::Duration};

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    time::{MissedTickBehavior, interval},
};

use crate::{
    config::{Config, Source},
    ops::metric,
    workflow::Workflow,
};

/// How often the file's content is compared. A look and not a watch of the directory: it also sees what is mounted over it, as
/// Kubernetes does.
const LOOK: Duration = Duration::from_secs(2);

/// Follows the file that `config` came from, until dropped. Without a file it only takes SIGHUP's sting, which would end the process.
///
/// # Errors
/// When the system takes no handler for the signal.
pub(super) fn follow(config: Config, workflow: Arc<Workflow>) -> std::io::Result<impl Future<Output = ()>> {
    let hangups = signal(SignalKind::hangup())?;
    metric::config_is_good(true);
    Ok(run(config, workflow, hangups))
}

async fn run(started: Config, workflow: Arc<Workflow>, mut hangups: Signal) {
    let Some(source) = started.source.clone() else {
        while hangups.recv().await.is_some() {
            tracing::info!("there is no configuration file to read again");
        }
        return;
    };
    let mut ticks = interval(LOOK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut seen = content(&source).await;
    let mut in_force = started.clone();
    loop {
        tokio::select! {
            _ = ticks.tick() => {
                let found = content(&source).await;
                if found == seen {
                    continue;
                }
                seen = found;
            }
            hangup = hangups.recv() => {
                if hangup.is_none() {
                    return;
                }
                seen = content(&source).await;
            }
        }
        match source.read() {
            Ok(fresh) => {
                apply(&in_force, &fresh, &workflow);
                let frozen = started.frozen_differences(&fresh);
                if !frozen.is_empty() {
                    tracing::warn!(settings = frozen.join(", "), "these settings take a restart");
                }
                in_force = fresh;
            }
            Err(error) => {
                metric::config_read("REFUSED");
                metric::config_is_good(false);
                tracing::error!(%error, "the configuration is wrong: the last good one stays in force");
            }
        }
    }
}

/// `None` when it cannot be read.
async fn content(source: &Source) -> Option<Vec<u8>> {
    tokio::fs::read(source.path()).await.ok()
}

/// Puts in force what may change while the server runs.
fn apply(old: &Config, fresh: &Config, workflow: &Workflow) {
    workflow.set_limits(fresh.limits.clone());
    workflow.set_rules(super::rules(fresh));
    if old.profiles != fresh.profiles {
        workflow.set_profiles(&fresh.profiles);
    }
    metric::config_read("APPLIED");
    metric::config_is_good(true);
    tracing::info!(changed = old.live_differences(fresh).join(", "), "the configuration was read again");
}
