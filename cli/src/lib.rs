//! The moderators' command-line client. Arguments are parsed here, a command's file does the work over the generated client, and
//! its result becomes the exit code. Data goes to stdout, talk to stderr; text from comments passes `sanitize` on every way out.

mod age;
mod approve_pending;
mod args;
mod article;
mod assess;
mod audit;
mod ban;
mod bulk;
mod choices;
mod connection;
mod decide;
mod desk;
mod facts;
mod filter;
mod help;
mod items;
mod language;
mod login;
mod lookup;
mod man;
mod mark;
mod moment;
mod names;
mod outcome;
mod output;
mod person;
mod queue;
mod remark;
mod replay;
mod sanitize;
mod show;
mod sign_in;
mod site;
mod stats;
mod table;
mod term;
mod terminal;
mod triage;
mod undo;
mod usage;
mod watch;

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
            usage::tell(&error, &Output::new(locale, false));
            return if error.use_stderr() { Outcome::Usage.into() } else { Outcome::Done.into() };
        }
    };
    let output = Output::new(locale, cli.json);
    let outcome = start(cli, &output).unwrap_or_else(|failure| {
        output.report(&failure);
        failure.outcome
    });
    outcome.into()
}

fn start(cli: Cli, output: &Output) -> Result<Outcome, Failure> {
    let locale = output.locale;
    if cli.token.is_some() {
        return Err(Failure::new(Outcome::Usage, locale.text("cli-token-as-argument")));
    }
    match &cli.command {
        Command::Completions { shell } => return help::print_completions(output, *shell),
        Command::Man(args) => return man::run(output, args),
        _ => {}
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
        Command::Watch { filter } => watch::run(desk, filter).await,
        Command::Bulk(args) => bulk::run(desk, *args).await,
        Command::Undo(args) => undo::run(desk, args).await,
        Command::Note(args) => remark::note(desk, args).await,
        Command::Escalate(args) => remark::escalate(desk, args).await,
        Command::Reveal(args) => remark::reveal(desk, args).await,
        Command::Export(args) => person::export(desk, args).await,
        Command::Erase(args) => person::erase(desk, args).await,
        Command::Ban(args) => ban::create(desk, *args).await,
        Command::Unban(args) => ban::revoke(desk, args).await,
        Command::Bans(args) => ban::list(desk, args).await,
        Command::Close(args) => article::close(desk, args).await,
        Command::Open(args) => article::open(desk, args).await,
        Command::ApprovePending(args) => approve_pending::run(desk, args).await,
        Command::Site(args) => site::run(desk, args).await,
        Command::Lockdown(args) => site::lockdown(desk, args).await,
        Command::Terms(args) => term::list(desk, args).await,
        Command::Term(args) => term::change(desk, *args).await,
        Command::Assess(args) => assess::run(desk, args).await,
        Command::Replay(args) => replay::run(desk, args).await,
        Command::Stats(args) => stats::run(desk, args).await,
        Command::Audit(args) => audit::run(desk, args).await,
        Command::Triage(args) => triage::run(desk, *args).await,
        // Answered before a connection is thought of.
        Command::Completions { .. } | Command::Man(_) => Ok(Outcome::Done),
    }
}

#[expect(clippy::disallowed_methods, reason = "the client's only look at the clock")]
fn now() -> DateTime<Utc> {
    Utc::now()
}
