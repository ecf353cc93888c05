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
    /// Run the server (default)
    Serve,
    /// Bring the database's schema up to date
    Migrate,
    /// Show how many rows depend on each key; a key without rows can be removed
    Doctor,
    /// Check or print the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Manage access tokens
    #[command(subcommand)]
    Token(TokenCommand),
    /// Manage the keys that protect stored data and tokens
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Draw captcha images
    #[command(subcommand)]
    Captcha(CaptchaCommand),
    /// Evaluate the spam score, without a server
    #[command(subcommand)]
    Spam(SpamCommand),
}

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Check everything that a start requires, except that nothing is served, and report all problems
    Check {
        /// Also connect to the database and to Redis
        #[arg(long)]
        connect: bool,
    },
    /// Print all settings in force as TOML, with secrets redacted
    Print,
}

#[derive(Debug, Subcommand)]
pub(super) enum TokenCommand {
    /// Create a token and print it; it is not shown again
    Create {
        /// portal, moderator, admin or metrics
        #[arg(long)]
        role: Role,
        /// The token's site, which must already have rows in the database unless `--new-site` is given; a metrics token
        /// belongs to the server and has no site
        #[arg(long)]
        site: Option<String>,
        /// Accept a site that the database does not know yet
        #[arg(long)]
        new_site: bool,
        /// Name of the user; the audit log shows it
        #[arg(long)]
        name: String,
        /// Days until the token expires [default: never]
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..=36_500))]
        days: Option<u32>,
    },
    /// List tokens, without their secrets
    List {
        /// Only tokens of this site
        #[arg(long)]
        site: Option<String>,
    },
    /// Revoke a token by its id; servers that reach the database notice within 5 seconds
    Revoke {
        /// Id of the token, as shown by `token list`
        id: uuid::Uuid,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// Print a new key for `DUYET_KEYS`
    Generate {
        /// Write the key to this new file, which only its owner can read
        #[arg(long)]
        out: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum CaptchaCommand {
    /// Draw images named `<n>_<answer>.png`, for inspection or for testing attacks
    Sample {
        /// Difficulty: 1 normal, 2 harder
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=2))]
        level: u8,
        /// STROKE, OUTLINE or BANDS [default: a random one for each image]
        #[arg(long)]
        profile: Option<Profile>,
        /// MIXED or DIGITS
        #[arg(long, default_value_t = Alphabet::Mixed)]
        alphabet: Alphabet,
        /// Number of images
        #[arg(long)]
        count: usize,
        /// Directory to write to
        #[arg(long)]
        out: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum SpamCommand {
    /// Train a model on labelled rows in their order, then score other rows; one row per line:
    /// `{"id","text","label":"spam"|"ham"}`
    Eval {
        /// File with rows to train on; can be repeated
        #[arg(long, required = true)]
        train: Vec<PathBuf>,
        /// File with rows to score
        #[arg(long)]
        test: PathBuf,
        /// Train only on this number of rows
        #[arg(long)]
        first: Option<usize>,
        /// File for the results, `{"id","score"}` per line [default: stdout]
        #[arg(long)]
        out: Option<PathBuf>,
    },
}

impl Arguments {
    /// Parses the arguments of this process. Exits, as clap does, if they are wrong or ask for help.
    pub fn of_process() -> Self {
        let command = config::without_empty_variables(Self::command());
        let matches = command.clone().try_get_matches().unwrap_or_else(|error| exit_with(&command, &error));
        Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
    }
}

/// Prints the error and exits as clap does. If the wrong value comes from an environment variable, prints its name
/// first, because clap names only the flag.
fn exit_with(command: &clap::Command, error: &clap::Error) -> ! {
    let mut command = command.clone();
    // The arguments have names only after the command was built.
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
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }
}
