//! The moderators' command-line client. This file parses the arguments; the file of each command calls the service and
//! returns the exit code. Data goes to stdout, messages go to stderr. Text from comments always passes through
//! `sanitize`.

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
mod context;
mod decide;
mod exit;
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
mod typed;
mod undo;
mod usage;
mod watch;

use std::process::ExitCode;

use chrono::{DateTime, Utc};
use clap::{CommandFactory as _, FromArgMatches as _};

use args::{Cli, Command};
use context::Context;
use exit::{Exit, Failure};
use output::Output;

/// Runs the client on the process's arguments and environment.
pub fn run() -> ExitCode {
    let locale = language::choose(std::env::args_os(), |name| std::env::var(name).ok());
    let command = help::translate(Cli::command(), locale);
    let cli = match command.try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => {
            usage::print(&error, &Output::new(locale, false));
            return if error.use_stderr() { Exit::Usage.into() } else { Exit::Done.into() };
        }
    };
    let output = Output::new(locale, cli.json);
    let exit = start(cli, &output).unwrap_or_else(|failure| {
        output.report(&failure);
        failure.exit
    });
    exit.into()
}

fn start(cli: Cli, output: &Output) -> Result<Exit, Failure> {
    let locale = output.locale;
    if cli.token.is_some() {
        return Err(Failure::new(Exit::Usage, locale.text("cli-token-as-argument")));
    }
    match &cli.command {
        Command::Completions { shell } => return help::print_completions(output, *shell),
        Command::Man(args) => return man::run(output, args),
        _ => {}
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Failed, error.to_string()))?;
    let context = Context { output, locale, now: now(), addr: cli.addr.filter(|addr| !addr.is_empty()) };
    runtime.block_on(dispatch(cli.command, &context))
}

async fn dispatch(command: Command, context: &Context<'_>) -> Result<Exit, Failure> {
    match command {
        Command::Login { token } => sign_in::run(context, token.is_some()).await,
        Command::Queue(args) => queue::run(context, args).await,
        Command::Show { id } => show::run(context, id).await,
        Command::Approve(args) => decide::run(context, args.into()).await,
        Command::Reject(args) => decide::run(context, args.into()).await,
        Command::Spam(args) => decide::run(context, args.into()).await,
        Command::Requeue(args) => decide::run(context, decide::DecideCommand::requeue(args)).await,
        Command::Watch { filter } => watch::run(context, filter).await,
        Command::Bulk(args) => bulk::run(context, *args).await,
        Command::Undo(args) => undo::run(context, args).await,
        Command::Note(args) => remark::note(context, args).await,
        Command::Escalate(args) => remark::escalate(context, args).await,
        Command::Reveal(args) => remark::reveal(context, args).await,
        Command::Export(args) => person::export(context, args).await,
        Command::Erase(args) => person::erase(context, args).await,
        Command::Ban(args) => ban::create(context, *args).await,
        Command::Unban(args) => ban::revoke(context, args).await,
        Command::Bans(args) => ban::list(context, args).await,
        Command::Close(args) => article::close(context, args).await,
        Command::Open(args) => article::open(context, args).await,
        Command::ApprovePending(args) => approve_pending::run(context, args).await,
        Command::Site(args) => site::run(context, args).await,
        Command::Lockdown(args) => site::lockdown(context, args).await,
        Command::Terms(args) => term::list(context, args).await,
        Command::Term(args) => term::change(context, *args).await,
        Command::Assess(args) => assess::run(context, args).await,
        Command::Replay(args) => replay::run(context, args).await,
        Command::Stats(args) => stats::run(context, args).await,
        Command::Audit(args) => audit::run(context, args).await,
        Command::Triage(args) => triage::run(context, *args).await,
        // These commands are handled before a connection is opened.
        Command::Completions { .. } | Command::Man(_) => Ok(Exit::Done),
    }
}

#[expect(clippy::disallowed_methods, reason = "the client's only access to the clock")]
fn now() -> DateTime<Utc> {
    Utc::now()
}
