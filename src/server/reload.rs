//! The configuration file, read again on SIGHUP and when its content changes. Whatever is wrong with it leaves the last good set in
//! force, and says so.

use std::{sync::Arc, time::Duration};

use tokio::{
    signal::unix::Signal,
    sync::Mutex,
    time::{MissedTickBehavior, interval},
};

use super::components::site_defaults;
use crate::{
    config::{Config, ConfigSource},
    ops::metric,
    service::Services,
};

/// How often the file's content is compared. A look and not a watch of the directory: it also sees what is mounted over it, as
/// Kubernetes does.
const LOOK: Duration = Duration::from_secs(2);

/// Follows the file that the configuration came from, until dropped. Without a file it only takes the signals, which would end
/// the process otherwise.
pub(super) async fn follow(started: Config, services: Arc<Services>, hangups: Arc<Mutex<Signal>>) {
    let mut hangups = hangups.lock().await;
    metric::config_is_good(true);
    let Some(source) = started.source.clone() else {
        while hangups.recv().await.is_some() {
            tracing::info!("there is no configuration file to read again");
        }
        return;
    };
    let mut ticks = interval(LOOK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut file = File::read_from(source);
    let mut in_force = started.clone();
    loop {
        tokio::select! {
            _ = ticks.tick() => if !file.has_changed().await {
                continue;
            },
            hangup = hangups.recv() => match hangup {
                Some(()) => drop(file.has_changed().await),
                None => return,
            },
        }
        match file.source.read() {
            Ok(fresh) => {
                apply(&in_force, &fresh, &services);
                let frozen = started.frozen_differences(&fresh);
                if !frozen.is_empty() {
                    tracing::warn!(settings = frozen.join(", "), "these settings take a restart");
                }
                in_force = fresh;
            }
            Err(error) => {
                metric::config_read("FAILED");
                metric::config_is_good(false);
                tracing::error!(file = %file.source.path().display(), %error, "the configuration is wrong: the last good one stays in force");
            }
        }
    }
}

/// The file, and what it said when it was last looked at; `None` when it could not be read.
struct File {
    source: ConfigSource,
    seen: Option<String>,
}

impl File {
    /// As the start read it. A start may take long, and the file change meanwhile.
    fn read_from(source: ConfigSource) -> Self {
        Self { seen: Some(source.text().to_owned()), source }
    }

    /// Whether it says something else than at the last look.
    async fn has_changed(&mut self) -> bool {
        let found = tokio::fs::read_to_string(self.source.path()).await.ok();
        let changed = found != self.seen;
        self.seen = found;
        changed
    }
}

/// Puts in force what may change while the server runs.
fn apply(old: &Config, fresh: &Config, services: &Services) {
    services.set_limits(fresh.limits.clone());
    services.set_defaults(site_defaults(fresh));
    if old.profiles != fresh.profiles {
        services.challenges.set_profiles(&fresh.profiles);
    }
    metric::config_read("APPLIED");
    metric::config_is_good(true);
    let changed = old.live_differences(fresh);
    let changed = if changed.is_empty() { "nothing".to_owned() } else { changed.join(", ") };
    tracing::info!(changed, "the configuration was read again");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;

    #[tokio::test]
    async fn what_changed_since_the_start_read_it_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("duyet.toml");
        std::fs::write(&path, "log = \"info\"").unwrap();
        let config = Settings::default().resolve(Some(path.clone())).unwrap();
        std::fs::write(&path, "log = \"warn\"").unwrap();
        let mut file = File::read_from(config.source.unwrap());
        assert!(file.has_changed().await);
        assert!(!file.has_changed().await);
        std::fs::remove_file(&path).unwrap();
        assert!(file.has_changed().await && !file.has_changed().await);
    }
}
