//! What must be asked of the terminal itself. `stty` answers, as it is everywhere a terminal is.

use std::{
    io::{self, BufRead as _, IsTerminal as _, Read as _},
    process::{Command, Stdio},
};

/// Longest token read: far above any real one, so that a wrong file on stdin is not swallowed whole.
const MAX_TOKEN_BYTES: u64 = 4096;

/// Columns when nobody tells: wide enough for a queue with full ids.
const UNTOLD_WIDTH: usize = 140;

/// Columns that a line may take: `COLUMNS`, else what the terminal says.
pub(super) fn width() -> usize {
    let told = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    told.or_else(|| io::stdout().is_terminal().then(ask_width)?).filter(|columns| *columns > 0).unwrap_or(UNTOLD_WIDTH)
}

/// Reads the first line of stdin, unseen when it is typed.
pub(super) fn read_secret() -> io::Result<String> {
    let stdin = io::stdin().lock();
    let _hidden = stdin.is_terminal().then(Echo::off);
    let mut line = String::new();
    io::BufReader::new(stdin.take(MAX_TOKEN_BYTES)).read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

/// True when a person types.
pub(super) fn is_typed() -> bool {
    io::stdin().is_terminal()
}

fn ask_width() -> Option<usize> {
    // stdout is the terminal in question; `stty` looks at its stdin.
    let terminal = std::fs::File::open("/dev/tty").ok()?;
    let output = Command::new("stty").arg("size").stdin(terminal).stderr(Stdio::null()).output().ok()?;
    String::from_utf8(output.stdout).ok()?.split_whitespace().nth(1)?.parse().ok()
}

/// Typing is not shown until this is dropped.
struct Echo;

impl Echo {
    fn off() -> Self {
        stty("-echo");
        Self
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        stty("echo");
    }
}

fn stty(setting: &str) {
    // Where it fails the token is seen while typed, and nothing else changes.
    let _ = Command::new("stty").arg(setting).stderr(Stdio::null()).status();
}
