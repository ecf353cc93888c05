//! The command line of `duyetd`.

use std::path::PathBuf;

use clap::{
    Arg, CommandFactory as _, FromArgMatches as _, Parser, Subcommand,
    error::{ContextKind, ContextValue},
};

use super::commands;
use crate::{
    config::{self, Settings},
    domain::{access::Role, captcha_answer::Alphabet, image_profile::Profile},
};

/// Comment moderation and anti-spam for news portals: the server.
#[derive(Debug, Parser)]
#[command(name = "duyetd", version)]
pub struct Arguments {
    /// TOML configuration file
    #[arg(long, env = "DUYET_CONFIG", global = true)]
    pub(super) config: Option<PathBuf>,
    #[command(flatten)]
    pub(super) settings: Settings,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
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
    /// Captcha images
    #[command(subcommand)]
    Captcha(CaptchaCommand),
    /// The spam score, without a server
    #[command(subcommand)]
    Spam(SpamCommand),
}

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
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
pub(super) enum TokenCommand {
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
pub(super) enum KeysCommand {
    /// Print a new key for `DUYET_KEYS`
    Generate {
        /// Write it to this new file, which only its owner may read
        #[arg(long)]
        out: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum CaptchaCommand {
    /// Draw images named `<n>_<answer>.png`, to look at or to attack
    Sample {
        /// 1 normal, 2 harder
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=2))]
        level: u8,
        /// STROKE, OUTLINE or BANDS [default: a random one for each image]
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
pub(super) enum SpamCommand {
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
        let matches = command.clone().try_get_matches().unwrap_or_else(|error| exit_with(&command, &error));
        Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
    }
}

/// Ends the process as clap does. Where a variable of the environment is wrong, clap names the flag of the same setting only.
fn exit_with(command: &clap::Command, error: &clap::Error) -> ! {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_hold_together() {
        Arguments::command().debug_assert();
    }
}
