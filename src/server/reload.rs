//! Reloading of the configuration file on SIGHUP and when its contents change. If the file is invalid, the last valid
//! configuration remains in force and the error is logged.

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

/// Interval at which the file's contents are compared. Unlike a watch of the directory, a comparison also detects a
/// file that is replaced by a mount, as in Kubernetes.
const LOOK: Duration = Duration::from_secs(2);

/// Follows the configuration file until the future is dropped. Without a file it only receives the signals, which would
/// otherwise end the process. `follower` outlives a panic, so that the next run continues where this one stopped.
pub(super) async fn follow(follower: Arc<Mutex<Follower>>, services: Arc<Services>) {
    let mut follower = follower.lock().await;
    let Follower { hangups, file } = &mut *follower;
    let Some(file) = file else {
        while hangups.recv().await.is_some() {
            tracing::info!("there is no configuration file to reload");
        }
        return;
    };
    let mut ticks = interval(LOOK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let is_asked = tokio::select! {
            _ = ticks.tick() => false,
            hangup = hangups.recv() => match hangup {
                Some(()) => true,
                None => return,
            },
        };
        file.look(is_asked, |in_force, fresh| apply(in_force, fresh, &services)).await;
    }
}

/// The signals and the file that trigger a reload.
pub(super) struct Follower {
    hangups: Signal,
    file: Option<File>,
}

impl Follower {
    pub(super) fn new(started: Config, hangups: Signal) -> Self {
        metric::config_is_good(true);
        let file = started.source.clone().map(|source| File::read_from(source, started));
        Self { hangups, file }
    }
}

/// The configuration file and the configurations that were read from it.
struct File {
    source: ConfigSource,
    /// The contents that were last processed completely. `None` if the file could not be read.
    handled: Option<String>,
    started: Config,
    in_force: Config,
}

impl File {
    /// Begins with the contents that the start read, because a start may take long and the file may have changed in the
    /// meantime.
    fn read_from(source: ConfigSource, started: Config) -> Self {
        Self { handled: Some(source.text().to_owned()), source, in_force: started.clone(), started }
    }

    /// Reads the file if its contents changed or if `is_asked`, and calls `apply` with the configuration in force and
    /// the new one. The contents count as handled only afterwards: if processing panics, the next comparison finds the
    /// change again.
    async fn look(&mut self, is_asked: bool, apply: impl FnOnce(&Config, &Config)) {
        let found = tokio::fs::read_to_string(self.source.path()).await.ok();
        if found == self.handled && !is_asked {
            return;
        }
        match self.source.read() {
            Ok(fresh) => {
                apply(&self.in_force, &fresh);
                let frozen = self.started.frozen_differences(&fresh);
                if !frozen.is_empty() {
                    tracing::warn!(settings = frozen.join(", "), "these settings need a restart");
                }
                self.in_force = fresh;
            }
            Err(error) => {
                metric::config_read("FAILED");
                metric::config_is_good(false);
                tracing::error!(file = %self.source.path().display(), %error, "the configuration is invalid; the last valid one remains in force");
            }
        }
        self.handled = found;
    }
}

/// Applies the settings that can change while the server runs.
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
    tracing::info!(changed, "the configuration was reloaded");
}

#[cfg(test)]
mod tests {
    use std::panic::AssertUnwindSafe;

    use futures_util::FutureExt as _;

    use super::*;
    use crate::config::Settings;

    /// Creates a file whose `log` was `info` at the start and is `warn` now.
    fn changed_file(dir: &std::path::Path) -> File {
        let path = dir.join("duyet.toml");
        std::fs::write(&path, "log = \"info\"").unwrap();
        let config = Settings::default().resolve(Some(path.clone())).unwrap();
        std::fs::write(&path, "log = \"warn\"").unwrap();
        File::read_from(config.source.clone().unwrap(), config)
    }

    /// Returns the `log` settings that were in force and that were read, if the comparison applied any.
    async fn applied(file: &mut File, is_asked: bool) -> Option<(String, String)> {
        let mut applied = None;
        file.look(is_asked, |old, fresh| applied = Some((old.log.clone(), fresh.log.clone()))).await;
        applied
    }

    fn logs(old: &str, fresh: &str) -> (String, String) {
        (old.to_owned(), fresh.to_owned())
    }

    #[tokio::test]
    async fn a_change_since_the_start_is_applied_once() {
        let dir = tempfile::tempdir().unwrap();
        let mut file = changed_file(dir.path());
        assert_eq!(applied(&mut file, false).await, Some(logs("info", "warn")));
        assert_eq!(applied(&mut file, false).await, None);
        assert_eq!(applied(&mut file, true).await, Some(logs("warn", "warn")), "a signal always reloads the file");
        std::fs::remove_file(file.source.path()).unwrap();
        assert_eq!(applied(&mut file, false).await, None, "the last valid one remains in force");
        assert_eq!(file.handled, None);
    }

    #[tokio::test]
    async fn a_change_whose_application_panicked_is_applied_at_the_next_check() {
        let dir = tempfile::tempdir().unwrap();
        let mut file = changed_file(dir.path());
        let look = file.look(false, |_, _| panic!("a panic for the test"));
        assert!(AssertUnwindSafe(look).catch_unwind().await.is_err());
        assert_eq!(applied(&mut file, false).await, Some(logs("info", "warn")));
    }
}
