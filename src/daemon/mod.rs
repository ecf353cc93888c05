//! The commands of `duyetd`.

mod check;
mod commands;
mod doctor;
mod spam;
mod token;

use std::{path::PathBuf, process::ExitCode};

use clap::{
    Arg, CommandFactory as _, FromArgMatches as _, Parser, Subcommand,
    error::{ContextKind, ContextValue},
};

use crate::{
    captcha::Wish,
    config::{self, Config, Settings, UnknownVariable},
    domain::{access::Role, answer::Alphabet, level::Level, picture::Profile},
    ops::telemetry,
    server,
};

/// Comment moderation and anti-spam for news portals: the server.
#[derive(Debug, Parser)]
#[command(name = "duyetd", version)]
pub struct Arguments {
    /// TOML configuration file
    #[arg(long, env = "DUYET_CONFIG", global = true)]
    config: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve (the default)
    Serve,
    /// Bring the database's schema up to date
    Migrate,
    /// Show how many rows each key keys: when one has none, it can go
    Doctor,
    /// Look at the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Access tokens
    #[command(subcommand)]
    Token(TokenCommand),
    /// Keys that seal tokens
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Captcha pictures
    #[command(subcommand)]
    Captcha(CaptchaCommand),
    /// The spam score, without a server
    #[command(subcommand)]
    Spam(SpamCommand),
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Try everything that a start needs, up to listening, and say all that is wrong
    Check {
        /// Also connect to the database and to Redis
        #[arg(long)]
        connect: bool,
    },
    /// Print every setting in force as TOML, secrets redacted
    Print,
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    /// Make a token and print it, alone, this once
    Create {
        /// portal, moderator, admin or metrics
        #[arg(long)]
        role: Role,
        /// The site it works on; one that has rows in the database already, unless `--new-site` is given. A metrics token belongs to
        /// the server and has none
        #[arg(long)]
        site: Option<String>,
        /// Accept a site that the database does not know yet
        #[arg(long)]
        new_site: bool,
        /// Who will use it; the audit shows this name
        #[arg(long)]
        name: String,
        /// Days until it expires [default: never]
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..=36_500))]
        days: Option<u32>,
    },
    /// List tokens, without their secrets
    List {
        /// Of this site only
        #[arg(long)]
        site: Option<String>,
    },
    /// Revoke a token by its id; servers that reach the database notice within 5 seconds
    Revoke {
        /// As `token list` shows it
        id: uuid::Uuid,
    },
}

#[derive(Debug, Subcommand)]
enum KeysCommand {
    /// Print a new key for `DUYET_KEYS`
    Generate {
        /// Write it to this new file, which only its owner may read
        #[arg(long)]
        out: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
enum CaptchaCommand {
    /// Draw pictures named `<n>_<answer>.png`, to look at or to attack
    Sample {
        /// 1 normal, 2 harder
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=2))]
        level: u8,
        /// STROKE, OUTLINE or BANDS [default: a random one for each picture]
        #[arg(long)]
        profile: Option<Profile>,
        /// MIXED or DIGITS
        #[arg(long, default_value_t = Alphabet::Mixed)]
        alphabet: Alphabet,
        /// How many
        #[arg(long)]
        count: usize,
        /// Where to
        #[arg(long)]
        out: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
enum SpamCommand {
    /// Learn from rows in their order, then score others: `{"id","text","label":"spam"|"ham"}`, one a line
    Eval {
        /// Rows to learn from; may be given more than once
        #[arg(long, required = true)]
        train: Vec<PathBuf>,
        /// Rows to score
        #[arg(long)]
        test: PathBuf,
        /// Learn from the first so many only
        #[arg(long)]
        first: Option<usize>,
        /// Where `{"id","score"}` lines go [default: stdout]
        #[arg(long)]
        out: Option<PathBuf>,
    },
}

impl Arguments {
    /// The arguments of this process. Ends it, as clap does, when they are wrong or ask for help.
    pub fn of_process() -> Self {
        let command = config::without_empty_variables(Self::command());
        let matches = command.clone().try_get_matches().unwrap_or_else(|error| refuse(&command, &error));
        Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
    }
}

/// Ends the process as clap does. Where a variable of the environment is wrong, clap names the flag of the same setting only.
fn refuse(command: &clap::Command, error: &clap::Error) -> ! {
    let mut command = command.clone();
    // Only then its arguments can be named.
    command.build();
    if let Some(ContextValue::String(flag)) = error.get(ContextKind::InvalidArg)
        && let Some(variable) = command.get_arguments().find(|one| one.to_string() == *flag).and_then(Arg::get_env)
        && std::env::var_os(variable).is_some()
    {
        commands::complain(&anyhow::anyhow!("{} sets {flag}", variable.display()));
    }
    error.exit()
}

/// Runs the command.
pub fn run(arguments: Arguments) -> ExitCode {
    match dispatch(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            commands::complain(&error);
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: Arguments) -> anyhow::Result<()> {
    // These need no configuration.
    match &arguments.command {
        Some(Command::Keys(KeysCommand::Generate { out })) => return commands::generate_keys(out.as_deref()),
        Some(Command::Captcha(CaptchaCommand::Sample { level, profile, alphabet, count, out })) => {
            let level = if *level == 1 { Level::Normal } else { Level::Hard };
            let wish = Wish { alphabet: *alphabet, profile: *profile, level };
            return commands::draw_samples(wish, *count, out);
        }
        Some(Command::Spam(SpamCommand::Eval { train, test, first, out })) => {
            return spam::evaluate(train, test, *first, out.as_deref());
        }
        _ => {}
    }
    let config = arguments.settings.resolve(arguments.config).map_err(anyhow::Error::msg);
    if let Some(Command::Config(ConfigCommand::Check { connect })) = arguments.command {
        return check::check(&config, &unknown_variables(), connect);
    }
    let config = config?;
    telemetry::start_logs(&config.log).map_err(anyhow::Error::msg)?;
    match arguments.command {
        Some(Command::Config(ConfigCommand::Print)) => commands::print(&config),
        Some(Command::Doctor) => block_on(doctor::run(config)),
        Some(Command::Migrate) => block_on(commands::migrate(config)),
        Some(Command::Token(command)) => block_on(token::run(command, config)),
        _ => block_on(serve(config)),
    }
}

/// Variables of this process's environment that look like settings and are none.
fn unknown_variables() -> Vec<UnknownVariable> {
    let command = Arguments::command();
    let of_arguments = command.get_arguments().filter_map(|argument| argument.get_env());
    let settings: Vec<_> = of_arguments.map(|name| name.to_string_lossy().into_owned()).collect();
    let environment = std::env::vars_os()
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()));
    config::unknown_variables(environment, &settings)
}

async fn serve(config: Config) -> anyhow::Result<()> {
    for variable in unknown_variables() {
        tracing::warn!("{variable}");
    }
    let data_dir = config.data_dir.clone();
    server::serve(config, move |running| commands::greet(running, &data_dir)).await
}

fn block_on(deed: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let result = runtime.block_on(deed);
    // A blocking thread that hangs must not keep the process: everything promised is durable by now.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_hold_together() {
        Arguments::command().debug_assert();
    }
}
