//! A terminal of 80 by 24 without a person before it.

use std::{
    process::{Command, Output},
    time::{Duration, Instant},
};

use anyhow::{bail, ensure};

/// A tmux server of its own, ended with the rehearsal.
pub(crate) struct Screen {
    socket: String,
}

impl Screen {
    /// Runs `command` in a fresh terminal.
    pub(crate) fn open(command: &str) -> anyhow::Result<Self> {
        let screen = Self { socket: format!("duyet-rehearsal-{}", std::process::id()) };
        let opened = screen.tmux(&["-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", command])?;
        ensure!(opened.status.success(), "tmux: {}", String::from_utf8_lossy(&opened.stderr));
        Ok(screen)
    }

    /// Presses keys, as tmux names them.
    pub(crate) fn press(&self, keys: &str) -> anyhow::Result<()> {
        ensure!(self.tmux(&["send-keys", keys])?.status.success(), "the terminal is gone");
        Ok(())
    }

    /// What is on the screen as soon as it is as wanted.
    pub(crate) fn wait(&self, patience: Duration, wanted: impl Fn(&str) -> bool) -> anyhow::Result<String> {
        let start = Instant::now();
        loop {
            let text = String::from_utf8_lossy(&self.tmux(&["capture-pane", "-p"])?.stdout).into_owned();
            if wanted(&text) {
                return Ok(text);
            }
            if start.elapsed() > patience {
                bail!("the screen stayed as it is:\n{text}");
            }
        }
    }

    /// Waits until the program has ended, and the terminal with it.
    pub(crate) fn wait_closed(&self, patience: Duration) -> anyhow::Result<()> {
        let start = Instant::now();
        while self.tmux(&["has-session"])?.status.success() {
            ensure!(start.elapsed() < patience, "the review does not end");
        }
        Ok(())
    }

    fn tmux(&self, args: &[&str]) -> std::io::Result<Output> {
        Command::new("tmux").args(["-L", &self.socket]).args(args).output()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // Ends this tmux server only; it has its own socket.
        let _ = self.tmux(&["kill-server"]);
    }
}
