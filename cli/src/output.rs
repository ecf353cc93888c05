//! Terminal output: data goes to stdout, messages go to stderr. Pipes and `NO_COLOR` disable colour.

use std::{
    cell::{Cell, RefCell},
    io::{ErrorKind, Write as _},
};

use anstream::{ColorChoice, Stderr, Stdout};
use anstyle::{AnsiColor, Style};
use serde::Serialize;

use super::{
    exit::{Exit, Failure},
    sanitize,
};
use duyet_locale::Locale;
use duyet_proto::Json;

const ERROR: Style = AnsiColor::Red.on_default().bold();

/// The destination of a command's results.
pub(super) struct Output {
    stdout: RefCell<Stdout>,
    stderr: RefCell<Stderr>,
    closed: Cell<bool>,
    pub(super) locale: Locale,
    /// True if data and errors are printed as JSON.
    pub(super) json: bool,
}

impl Output {
    pub(super) fn new(locale: Locale, json: bool) -> Self {
        let (stdout, stderr) = (RefCell::new(anstream::stdout()), RefCell::new(anstream::stderr()));
        Self { stdout, stderr, closed: Cell::new(false), locale, json }
    }

    /// Writes data and a line break.
    pub(super) fn data(&self, text: &str) -> Result<(), Failure> {
        let mut stdout = self.stdout.borrow_mut();
        match writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
            // The program at the other end of the pipe closed it, as in `duyet queue | head`.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.closed.set(true);
                Ok(())
            }
            written => written.map_err(|error| Failure::new(Exit::Failed, format!("stdout: {error}"))),
        }
    }

    /// Writes a value as indented JSON.
    pub(super) fn json(&self, value: &impl Serialize) -> Result<(), Failure> {
        self.rendered(serde_json::to_string_pretty(value))
    }

    /// Writes a value as one line of JSON.
    pub(super) fn json_line(&self, value: &impl Serialize) -> Result<(), Failure> {
        self.rendered(serde_json::to_string(value))
    }

    fn rendered(&self, json: serde_json::Result<String>) -> Result<(), Failure> {
        let json = json.map_err(|error| Failure::new(Exit::Failed, error.to_string()))?;
        self.data(&sanitize::json(&json))
    }

    /// Returns whether the program that reads stdout closed it.
    pub(super) fn is_closed(&self) -> bool {
        self.closed.get()
    }

    /// Prints a message to stderr. A closed stderr is ignored.
    pub(super) fn talk(&self, text: &str) {
        let _ = writeln!(self.stderr.borrow_mut(), "{text}");
    }

    /// Prints an error to stderr.
    pub(super) fn complain(&self, message: &str) {
        self.talk(&format!("{ERROR}{}{ERROR:#} {message}", self.locale.text("cli-error")));
    }

    /// Prints a failure to stderr: as one line of JSON if data is JSON, otherwise in words.
    pub(super) fn report(&self, failure: &Failure) {
        // A newer service may send details of types that this client does not know.
        if self.json
            && let Ok(json) = serde_json::to_string(&Json::status(&failure.status()))
        {
            return self.talk(&sanitize::json(&json));
        }
        self.complain(&failure.message);
    }

    /// Prints a question and leaves the cursor after it.
    pub(super) fn ask(&self, question: &str) {
        let _ = write!(self.stderr.borrow_mut(), "{question} ");
    }

    pub(super) fn is_coloured(&self) -> bool {
        self.stdout.borrow().current_choice() != ColorChoice::Never
    }
}
