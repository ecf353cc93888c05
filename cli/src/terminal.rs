//! Access to the terminal: its width, and input without echo.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _};

use crossterm::{
    event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers},
    terminal,
};

/// Longest token that is read, in bytes. It is far longer than any real token, and stops the client from reading a
/// wrong file whole.
const MAX_TOKEN_BYTES: u64 = 4096;

/// Width in columns if neither `COLUMNS` nor a terminal gives one. A queue with complete ids fits in it.
const DEFAULT_WIDTH: usize = 140;

/// Returns the width of a line in columns: `COLUMNS`, else the width of the terminal.
pub(super) fn width() -> usize {
    let given = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let asked = || Some(usize::from(terminal::size().ok()?.0));
    given.or_else(|| io::stdout().is_terminal().then(asked)?).filter(|columns| *columns > 0).unwrap_or(DEFAULT_WIDTH)
}

/// Reads the first line of stdin, without echo on a terminal.
pub(super) fn read_secret() -> io::Result<String> {
    if is_typed() {
        return type_unseen();
    }
    let mut line = String::new();
    io::BufReader::new(io::stdin().lock().take(MAX_TOKEN_BYTES)).read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

/// Reads the answer to a question. Anything but a clear yes is a no.
pub(super) fn read_yes() -> io::Result<bool> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(is_yes(&line))
}

pub(super) fn is_typed() -> bool {
    io::stdin().is_terminal()
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_lowercase().as_str(), "y" | "yes" | "c" | "co" | "có" | "co\u{301}")
}

/// The effect of a key on a line that is typed without echo.
#[derive(Debug, PartialEq, Eq)]
enum Typed {
    On,
    Done,
    Stopped,
}

fn type_unseen() -> io::Result<String> {
    let _hidden = Hidden::begin()?;
    let mut line = String::new();
    loop {
        // Pasted text arrives as one key per character.
        let Event::Key(key) = event::read()? else { continue };
        match edit(&mut line, key) {
            Typed::On => {}
            Typed::Done => return Ok(line.trim().to_owned()),
            Typed::Stopped => return Err(io::ErrorKind::Interrupted.into()),
        }
    }
}

fn edit(line: &mut String, key: KeyEvent) -> Typed {
    if key.kind == KeyEventKind::Release {
        return Typed::On;
    }
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Enter => return Typed::Done,
        KeyCode::Char('j' | 'm') if control => return Typed::Done,
        KeyCode::Char('d') if control && line.is_empty() => return Typed::Done,
        KeyCode::Char('c') if control => return Typed::Stopped,
        KeyCode::Char('u') if control => line.clear(),
        KeyCode::Backspace => drop(line.pop()),
        KeyCode::Char('h') if control => drop(line.pop()),
        KeyCode::Char(c) if !control && (line.len() as u64) < MAX_TOKEN_BYTES => line.push(c),
        _ => {}
    }
    Typed::On
}

/// Disables echo until it is dropped.
struct Hidden;

impl Hidden {
    fn begin() -> io::Result<Self> {
        terminal::enable_raw_mode()?;
        Ok(Self)
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        // If this fails, too, there is no other way to restore the terminal.
        let _ = terminal::disable_raw_mode();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: &[KeyEvent]) -> (String, Typed) {
        let mut line = String::new();
        for key in keys {
            match edit(&mut line, *key) {
                Typed::On => {}
                end => return (line, end),
            }
        }
        (line, Typed::On)
    }

    fn key(code: KeyCode) -> KeyEvent {
        KeyEvent::new(code, KeyModifiers::NONE)
    }

    fn control(c: char) -> KeyEvent {
        KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL)
    }

    #[test]
    fn typing_without_echo_can_be_corrected() {
        let keys = [key(KeyCode::Char('a')), key(KeyCode::Char('b')), key(KeyCode::Backspace), key(KeyCode::Enter)];
        assert_eq!(typed(&keys), ("a".into(), Typed::Done));
        assert_eq!(typed(&[key(KeyCode::Char('a')), control('u'), control('d')]), (String::new(), Typed::Done));
        assert_eq!(typed(&[key(KeyCode::Char('a')), control('c')]).1, Typed::Stopped);
        assert_eq!(typed(&[key(KeyCode::Left), key(KeyCode::Backspace), control('x')]), (String::new(), Typed::On));
    }

    #[test]
    fn a_line_without_echo_has_a_longest_length() {
        let keys = vec![key(KeyCode::Char('a')); 5_000];
        assert_eq!(typed(&keys).0.len(), 4_096);
    }

    #[test]
    fn only_a_clear_yes_is_a_yes() {
        assert!(["y\n", "Yes", "c", "CÓ"].into_iter().all(is_yes));
        assert!(!["", "\n", "n", "không", "yy"].into_iter().any(is_yes));
    }
}
