//! The moderators' command-line client. Arguments are parsed here, a command's file does the work over the generated client, and
//! its result becomes the exit code. Data goes to stdout, talk to stderr; text from comments passes `sanitize` on every way out.

mod args;
mod article;
mod audit;
mod choices;
mod connection;
mod decide;
mod desk;
mod help;
mod json;
mod language;
mod login;
mod mark;
mod moment;
mod names;
mod outcome;
mod output;
mod queue;
mod sanitize;
mod show;
mod sign_in;
mod table;
mod terminal;

use std::process::ExitCode;

use chrono::{DateTime, Utc};
use clap::{CommandFactory as _, FromArgMatches as _};

use args::{Cli, Command};
use desk::Desk;
use outcome::{Failure, Outcome};
use output::Output;

/// Runs the client on the process's arguments and environment.
pub fn run() -> ExitCode {
    let locale = language::choose(std::env::args_os(), |name| std::env::var(name).ok());
    let command = help::translate(Cli::command(), locale);
    let cli = match command.try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => {
            // A closed stdout must not turn `--help` into a failure.
            let _ = error.print();
            return if error.use_stderr() { Outcome::Usage.into() } else { Outcome::Done.into() };
        }
    };
    let output = Output::new(locale, cli.json);
    let outcome = start(cli, &output).unwrap_or_else(|failure| {
        output.complain(&failure.message);
        failure.outcome
    });
    outcome.into()
}

fn start(cli: Cli, output: &Output) -> Result<Outcome, Failure> {
    let locale = output.locale;
    if cli.token.is_some() {
        return Err(Failure::new(Outcome::Usage, locale.text("cli-token-as-argument")));
    }
    if let Command::Completions { shell } = cli.command {
        output.data(&help::completions(shell))?;
        return Ok(Outcome::Done);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Outcome::Failed, error.to_string()))?;
    let desk = Desk { output, locale, now: now(), addr: cli.addr.filter(|addr| !addr.is_empty()) };
    runtime.block_on(dispatch(cli.command, &desk))
}

async fn dispatch(command: Command, desk: &Desk<'_>) -> Result<Outcome, Failure> {
    match command {
        Command::Login { token } => sign_in::run(desk, token.is_some()).await,
        Command::Queue(args) => queue::run(desk, args).await,
        Command::Show { id } => show::run(desk, id).await,
        Command::Approve(args) => decide::run(desk, args.into()).await,
        Command::Reject(args) => decide::run(desk, args.into()).await,
        Command::Spam(args) => decide::run(desk, args.into()).await,
        Command::Requeue(args) => decide::run(desk, decide::Orders::requeue(args)).await,
        Command::Close { article } => article::close(desk, article).await,
        Command::Open { article, mode } => article::open(desk, article, mode).await,
        Command::Audit(args) => audit::run(desk, args).await,
        // Answered before a connection is thought of.
        Command::Completions { .. } => Ok(Outcome::Done),
    }
}

#[expect(clippy::disallowed_methods, reason = "the client's one look at the clock")]
fn now() -> DateTime<Utc> {
    Utc::now()
}
