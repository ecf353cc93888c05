//! A terminal of 80 by 24, controlled by tmux.

use std::{
    process::{Command, Output},
    time::{Duration, Instant},
};

use anyhow::{bail, ensure};

/// A separate tmux server, which ends with the measurement.
pub(crate) struct Screen {
    socket: String,
}

impl Screen {
    /// Runs `command` in a new terminal.
    pub(crate) fn open(command: &str) -> anyhow::Result<Self> {
        let screen = Self { socket: format!("duyet-rehearsal-{}", std::process::id()) };
        let opened = screen.tmux(&["-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", command])?;
        ensure!(opened.status.success(), "tmux: {}", String::from_utf8_lossy(&opened.stderr));
        Ok(screen)
    }

    /// Presses keys, by their tmux names.
    pub(crate) fn press(&self, keys: &str) -> anyhow::Result<()> {
        ensure!(self.tmux(&["send-keys", keys])?.status.success(), "the terminal has ended");
        Ok(())
    }

    /// Returns the content of the screen as soon as it satisfies a condition.
    pub(crate) fn wait(&self, patience: Duration, wanted: impl Fn(&str) -> bool) -> anyhow::Result<String> {
        let start = Instant::now();
        loop {
            let text = String::from_utf8_lossy(&self.tmux(&["capture-pane", "-p"])?.stdout).into_owned();
            if wanted(&text) {
                return Ok(text);
            }
            if start.elapsed() > patience {
                bail!("the screen did not change:\n{text}");
            }
        }
    }

    /// Waits until the program and its terminal have ended.
    pub(crate) fn wait_closed(&self, patience: Duration) -> anyhow::Result<()> {
        let start = Instant::now();
        while self.tmux(&["has-session"])?.status.success() {
            ensure!(start.elapsed() < patience, "the review did not end");
        }
        Ok(())
    }

    fn tmux(&self, args: &[&str]) -> std::io::Result<Output> {
        Command::new("tmux").args(["-L", &self.socket]).args(args).output()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // This tmux server has its own socket, so only it ends.
        let _ = self.tmux(&["kill-server"]);
    }
}
