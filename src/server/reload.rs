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
/// the process otherwise. `follower` outlives a panic, so that the next run continues where this one stopped.
pub(super) async fn follow(follower: Arc<Mutex<Follower>>, services: Arc<Services>) {
    let mut follower = follower.lock().await;
    let Follower { hangups, file } = &mut *follower;
    let Some(file) = file else {
        while hangups.recv().await.is_some() {
            tracing::info!("there is no configuration file to read again");
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

/// The signals and the file that the configuration is read again for.
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

/// The file, with what was done about it.
struct File {
    source: ConfigSource,
    /// Content at the last look that was handled to its end; `None` when it could not be read.
    handled: Option<String>,
    started: Config,
    in_force: Config,
}

impl File {
    /// As the start read it. A start may take long, and the file change meanwhile.
    fn read_from(source: ConfigSource, started: Config) -> Self {
        Self { handled: Some(source.text().to_owned()), source, in_force: started.clone(), started }
    }

    /// Reads the file again when its content changed or when `is_asked`, and calls `apply` with the configuration in force and
    /// the fresh one. The content counts as handled only afterwards: a panic on the way leaves it to the next look.
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
                    tracing::warn!(settings = frozen.join(", "), "these settings take a restart");
                }
                self.in_force = fresh;
            }
            Err(error) => {
                metric::config_read("FAILED");
                metric::config_is_good(false);
                tracing::error!(file = %self.source.path().display(), %error, "the configuration is wrong: the last good one stays in force");
            }
        }
        self.handled = found;
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
    use std::panic::AssertUnwindSafe;

    use futures_util::FutureExt as _;

    use super::*;
    use crate::config::Settings;

    /// A file that says `info` at the start and `warn` since.
    fn changed_file(dir: &std::path::Path) -> File {
        let path = dir.join("duyet.toml");
        std::fs::write(&path, "log = \"info\"").unwrap();
        let config = Settings::default().resolve(Some(path.clone())).unwrap();
        std::fs::write(&path, "log = \"warn\"").unwrap();
        File::read_from(config.source.clone().unwrap(), config)
    }

    /// Returns the `log` settings in force and read, if a look at the file applied any.
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
        assert_eq!(applied(&mut file, true).await, Some(logs("warn", "warn")), "a signal always reads it");
        std::fs::remove_file(file.source.path()).unwrap();
        assert_eq!(applied(&mut file, false).await, None, "the last good one stays in force");
        assert_eq!(file.handled, None);
    }

    #[tokio::test]
    async fn a_change_whose_application_panicked_is_applied_at_the_next_look() {
        let dir = tempfile::tempdir().unwrap();
        let mut file = changed_file(dir.path());
        let look = file.look(false, |_, _| panic!("as the test wants it"));
        assert!(AssertUnwindSafe(look).catch_unwind().await.is_err());
        assert_eq!(applied(&mut file, false).await, Some(logs("info", "warn")));
    }
}
